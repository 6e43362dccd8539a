"""Which refused calls an expectation asks for: they are the proof of a role's limits, not a trouble. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# How harness.scenario.expectations.permissions.denied words its names.
_NAME = re.compile(
    r"(?P<role>.+?): (?P<action>[\w-]+:\w+)(?: on (?P<on>.+?))? denied(?: to (?P<program>.+))?"
)
_RANK = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One expectation that was met: this role is denied this action on what `on` names."""

    role: str
    action: str
    on: re.Pattern[str] | None
    program: str


class Expected:
    """The refusals that expectations ask for; those that were not met ask for nothing."""

    def __init__(self, checks: Iterable[dict[str, Any]] = ()) -> None:
        found = [_NAME.fullmatch(check["name"]) for check in checks if check["ok"]]
        self._wanted: Sequence[_Wanted] = [
            _Wanted(one["role"], one["action"].lower(), _glob(one["on"]), one["program"] or "")
            for one in found
            if one
        ]

    def covers(self, role: str, denial: dict[str, Any]) -> bool:
        """Return whether *denial* of *role* was to be, on each of its resources that the summary names."""
        program = _RANK.sub("", denial["program"])
        fits = [
            one
            for one in self._wanted
            if (one.role, one.action) == (role, denial["action"].lower()) and one.program in ("", program)
        ]
        return bool(fits) and all(
            any(one.on is None or one.on.fullmatch(resource.rpartition(":")[2]) for one in fits)
            for resource in denial["resources"]
        )


def _glob(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(re.escape(text).replace(r"\*", ".*"))
