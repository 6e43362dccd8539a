"""AWS::Include of a file beside the template: its content takes the place of the transform.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
"""

from collections.abc import Mapping
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.input_files import read_text
from harness.templates.documents import Document, parse_document

_NAME = "AWS::Include"
_KEY = "Fn::Transform"


def with_includes(document: Document, value: Any, where: str = "") -> Any:
    """Return *value*, which stands at the path *where*, with the content of each file that it includes.

    Members beside the transform stay and come after the file's. An address of S3, another macro and a
    location that is a function stay as they are. Raises ScenarioError for a file that is not there.
    """
    if isinstance(value, list):
        return [with_includes(document, each, f"{where}[{index}]") for index, each in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    included = _included(document, value.get(_KEY), f"{where}.{_KEY}")
    if included is None:
        return {name: with_includes(document, each, _inner(where, name)) for name, each in value.items()}
    beside = {name: with_includes(document, each, _inner(where, name)) for name, each in value.items()}
    del beside[_KEY]
    return {**included, **beside}


def _included(document: Document, transform: Any, where: str) -> Mapping[str, Any] | None:
    """Return what the file of a *transform* holds; None where it is no local file."""
    if not isinstance(transform, Mapping) or transform.get("Name") != _NAME:
        return None
    parameters = transform.get("Parameters")
    location = parameters.get("Location") if isinstance(parameters, Mapping) else None
    if not isinstance(location, str) or "://" in location:
        return None
    path = document.path.parent / location
    if not path.is_file():
        raise ScenarioError(f"{document.at(where)}: {where} includes {location!r}, and {path} is not there")
    return parse_document(path, read_text(path)).value


def _inner(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
