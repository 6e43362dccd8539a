"""What a rule is, what it finds, and what a finding says in the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.templates.model import Resource

if TYPE_CHECKING:
    from harness.audit.view import View

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From the worst on. error: AWS refuses it, or it does not work there. warning: it works, and will hurt.
note: worth knowing."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule says of one resource. `path` is the property that it is about ("RedrivePolicy").

    `file` and `line` are given where the place is in the code of a function, not in the template.
    """

    resource: Resource
    message: str
    path: str = ""
    file: str = ""
    line: int | None = None


Check = Callable[["View"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `id` is its file's name with hyphens, `source` the AWS page that it rests on.

    `why` says what happens on AWS and what to do about it. `failing` and `passing` are CloudFormation
    templates, the first with what it finds and the second without: the tests and the reference are made of
    them.
    """

    id: str
    title: str
    severity: Severity
    why: str
    source: str
    check: Check
    failing: str
    passing: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken at one place. `resource` is the logical id; `line` is None where nobody knows it.

    `ignored` is the reason for which somebody took it out, None where it counts.
    """

    rule: str
    severity: Severity
    resource: str
    type: str
    message: str
    path: str
    file: str
    line: int | None
    source: str
    ignored: str | None = None

    @property
    def place(self) -> str:
        """ "file:line", or the file where there is no line."""
        return f"{self.file}:{self.line}" if self.line else self.file
