"""One AWS call as a value, and how a later call names what an earlier one was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FromAnswer:
    """Stands in an argument for *member* of the answer to the earlier call whose `what` is *what*, in the
    place of `{}` in *form*."""

    what: str
    member: str
    form: str = "{}"


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: boto3's service and method names and its arguments. `what` is for people."""

    service: str
    method: str
    arguments: Mapping[str, Any]
    what: str

    def filled(self, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Return the arguments, each `FromAnswer` looked up in *answers* by the `what` of its call."""
        return {name: _filled(value, answers) for name, value in self.arguments.items()}


def _filled(value: Any, answers: Mapping[str, Mapping[str, Any]]) -> Any:
    if isinstance(value, FromAnswer):
        found = answers[value.what][value.member]
        return found if value.form == "{}" else value.form.replace("{}", str(found))
    if isinstance(value, list):
        return [_filled(each, answers) for each in value]
    return value
