"""The metrics of a job: figures that regular expressions find in its log.

SageMaker developer guide, "Define Metrics": each definition has a name and a regular expression, whose first
group is the figure; a metric's final value is the last one seen (FinalMetricDataList).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What is looked at of a line: an expression that backtracks on a longer one must not hold up the log.
MOST_CHARACTERS = 2_048


@dataclass(frozen=True, slots=True)
class Definitions:
    """The metrics of one job: their names, each with its expression."""

    expressions: tuple[tuple[str, "re.Pattern[str]"], ...] = ()

    @classmethod
    def of(cls, given: Iterable[Mapping[str, Any]]) -> "Definitions":
        """Return those of MetricDefinitions; raise ValueError that names one whose Regex cannot be read."""
        found = []
        for one in given:
            try:
                found.append((str(one["Name"]), re.compile(str(one["Regex"]))))
            except re.error as error:
                raise ValueError(f"the Regex of metric {one['Name']!r} cannot be read: {error}") from error
        return cls(tuple(found))

    def read(self, line: str) -> list[tuple[str, float]]:
        """Return the figures in *line*, each with the name of its metric, in the order of the definitions."""
        line = line[:MOST_CHARACTERS]
        found = []
        for name, expression in self.expressions:
            for match in expression.finditer(line):
                value = _figure(match)
                if value is not None:
                    found.append((name, value))
        return found


def _figure(match: "re.Match[str]") -> float | None:
    """Return the first group (all of it where there is no group) as a figure, None where it is none."""
    text = match[1] if match.re.groups else match[0]
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
