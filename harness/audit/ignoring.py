"""Findings that somebody leaves alone, with the reason: comments in a template or in code, and Metadata.

A comment is about what stands on its line, or on the next line with something in it where it stands alone:

    MaxReceiveCount: 1  # harness-ignore: max-receive-count-one: the worker never fails twice alike

In a resource's Metadata, where a language has no comments:

    Metadata: {Harness: {Ignore: [{Rule: max-receive-count-one, Reason: the worker never fails twice alike}]}}
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.audit.plain import inside, listed, members, text
from harness.templates.model import Resource

_COMMENT = re.compile(
    r"(?:#|//|/\*)\s*harness-ignore:\s*(?P<rule>[a-z0-9-]+)\s*(?:[:,-]\s*|\s+)?(?P<reason>.*?)\s*(?:\*/)?\s*$"
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """One rule left alone at one place. `covers` is the line below a comment that stands alone."""

    rule: str
    reason: str
    place: str
    line: int | None = None
    covers: int | None = None

    def takes(self, rule: str) -> bool:
        """Return whether it is about *rule*; without a reason it takes nothing out."""
        return self.rule == rule and bool(self.reason)

    def told(self) -> str:
        """Return what to say of it where it takes nothing out."""
        why = (
            "is found nowhere there"
            if self.reason
            else "is ignored without a reason, which takes nothing out"
        )
        return f"{self.place}: {self.rule} {why}"

    @classmethod
    def of_metadata(cls, resource: Resource) -> Iterator["Ignored"]:
        """Yield what the Metadata of *resource* leaves alone."""
        given = inside(resource.extra, "Metadata.Harness.Ignore")
        for each in listed(given):
            if members(each):
                yield cls(
                    text(each.get("Rule")), text(each.get("Reason")), resource.at() or resource.logical_id
                )


def ignored_in(source: str, file: str) -> Iterator[Ignored]:
    """Yield what the comments of the file *file* with the text *source* leave alone."""
    if "harness-ignore:" not in source:
        return
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        alone = not line[: found.start()].strip()
        covers = _next(lines, number) if alone else None
        yield Ignored(found["rule"], found["reason"], f"{file}:{number}", number, covers)


def _next(lines: list[str], number: int) -> int | None:
    """Return the first line after *number* that has more than a comment."""
    for later, line in enumerate(lines[number:], number + 1):
        if line.strip() and not line.lstrip().startswith(("#", "//", "/*")):
            return later
    return None
