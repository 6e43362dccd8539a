"""What references to attributes of a resource give: known texts, or tokens until it is made."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from harness.templates.model import token
from harness.templates.names import generated_name
from harness.templates.place import Place
from harness.templates.provider.table import KindOf, pascal
from harness.templates.references import chosen_name

Argument = Callable[[str], Any]
"""Returns an argument of a resource, None where it is not given."""

_FIELD = re.compile(r"\{(\w+)\}")


def name_of(kind: KindOf, address: str, argument: Argument, place: Place) -> str:
    """Return the name of a resource: its own, its prefix with letters behind it, or one made for it.

    Terraform and Pulumi draw letters for a name that nobody gave; here they come from stack and address, so
    that the same files give the same names.
    """
    own = argument(kind.named_by) if kind.named_by else None
    if own not in (None, ""):
        return str(own)
    prefix = argument(f"{kind.named_by}_prefix") or argument("name_prefix")
    fifo = argument("fifo_queue") is True or argument("fifo_topic") is True
    if prefix:
        letters = hashlib.sha256(f"{place.stack}/{address}".encode()).hexdigest()[:7]
        return f"{prefix}{letters}.fifo" if fifo else f"{prefix}{letters}"
    return chosen_name(kind.type, address, fifo, place.stack) or generated_name(
        place.stack, address, longest=64
    )


def attribute_of(kind: KindOf, address: str, attribute: str, argument: Argument, place: Place) -> Any:
    """Return an attribute that the tables know, None for any other: an argument, or only the service's."""
    template = _template(kind, attribute)
    return None if template is None else filled(template, kind, address, argument, place)


def _template(kind: KindOf, attribute: str) -> str | None:
    if attribute in kind.at:
        return kind.at[attribute]
    if attribute == kind.named_by:
        return "{name}"
    if attribute == "id":
        return "{" + kind.by[0] + "}" if kind.by else kind.ref or "@Ref"
    return "@Arn" if attribute == "arn" else None


def filled(template: str, kind: KindOf, address: str, argument: Argument, place: Place) -> str:
    """Return *template* with its fields filled in; "@Arn" is a token of that attribute."""
    if template.startswith("@"):
        return token(address, template[1:])

    def put_in(found: re.Match[str]) -> str:
        field = found[1]
        if field == "name" and kind.named_by:
            return name_of(kind, address, argument, place)
        if field == "lower_name":  # as in SageMaker's ARNs
            return name_of(kind, address, argument, place).lower()
        if hasattr(place, field):
            return str(getattr(place, field))
        value = argument(field)
        if value in (None, ""):
            value = kind.default.get(field)
        if value is None:
            value = attribute_of(kind, address, field, argument, place) if _own(kind, field) else None
        return token(address, pascal(field)) if value is None else str(value)

    return _FIELD.sub(put_in, template)


def _own(kind: KindOf, field: str) -> bool:
    return field in kind.at or field == "id"


def physical_id(kind: KindOf, address: str, argument: Argument, place: Place) -> str:
    """Return what Ref gives, "" where only the service knows."""
    found = filled(kind.ref, kind, address, argument, place) if kind.ref else ""
    return "" if "${Token[" in found else found
