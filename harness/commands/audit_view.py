"""Findings and rules on a terminal: compilers' lines, of which editors make links, and colours."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from harness.terminal import QUIET, STYLES, Column, Line, Table

if TYPE_CHECKING:
    from harness.audit.model import Rule

_FINDING = re.compile(r": ((error|warning|note) [\w.-]+): ")
_ASIDES = ("not covered: ", "ignored in vain: ")


def coloured(lines: Iterable[str]) -> Iterator[Line]:
    """Yield the *lines* of `harness.audit.told`, with the severity of each finding in its colour."""
    for line in lines:
        if found := _FINDING.search(line):
            yield Line(line, STYLES[found[2]], found[1])
        else:
            yield Line(line, QUIET if line.startswith(_ASIDES) else "")


def rule_table(rules: "Sequence[Rule]", lines: Sequence[str]) -> Table:
    """Return *rules*, whose plain form is *lines*, for people."""
    columns = (Column("rule", whole=True), Column("severity", whole=True), Column("what it finds"))
    return Table(columns, [(rule.id, rule.severity, rule.title) for rule in rules], lines)
