"""Which resource of a template a value names: by a token, its name, its ARN, or the address of a queue."""

from typing import Any

from harness.templates.model import TOKEN, Resource, Template
from harness.templates.references import arn_of, namings


def name_of(resource: Resource) -> str:
    """Return the name that its service knows *resource* by, "" where the template does not say it."""
    naming = namings().get(resource.type)
    # API Gateway draws the id that Ref gives, and its APIs have a name beside it.
    given = resource.properties.get(naming.name if naming is not None and naming.name else "Name", "")
    return str(given or resource.physical_id)


def resource_of(template: Template, value: Any, *types: str) -> Resource | None:
    """Return the resource of *types* (any, without) that *value* names, None where the template has none."""
    if not isinstance(value, str) or not value:
        return None
    found = TOKEN.fullmatch(value)
    if found is not None:
        named = template.resources.get(found["logical_id"])
        return named if named is not None and (not types or named.type in types) else None
    candidates = template.of_type(*types) if types else list(template.resources.values())
    return next((one for one in candidates if _is_named(template, one, value)), None)


def _is_named(template: Template, resource: Resource, value: str) -> bool:
    name, arn = name_of(resource), arn_of(template, resource)
    if value.startswith("arn:"):
        # A function's ARN may have a qualifier behind it, and a SageMaker ARN is in small letters.
        return bool(arn) and (value.lower() == arn.lower() or value.startswith(f"{arn}:"))
    if not name:
        return False
    # A queue's URL ends in its name; a function's name may have its qualifier behind it.
    return name in (value, value.rstrip("/").rpartition("/")[2], value.partition(":")[0])
