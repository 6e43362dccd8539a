"""A work team: who answers the tasks of labelling jobs here, and how long an answer takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

# Given the worker's number (from 0 on), what it is shown and the categories to choose from, it returns
# the worker's answer, or None for none.
Answers = Callable[[int, Any, Sequence[str]], Any]


@dataclass(frozen=True, slots=True)
class Team:
    """A team of *workers*, each of whom needs `seconds_s` model seconds for a task."""

    name: str
    answer: Answers = field(hash=False)
    workers: int = 3
    seconds_s: float = 30.0
