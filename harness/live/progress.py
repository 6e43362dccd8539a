"""How far the load of a run is, from the files that the harness and Locust meet over (`harness.load`)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.load_plan import BEGIN_FILE, PLAN_FILE

LOAD = "load"  # the folder in a run's directory


@dataclass(frozen=True, slots=True)
class LoadView:
    """Where the load of a run stands: moments in model seconds, `left_s` in seconds of this machine."""

    at_s: float
    ends_at_s: float
    left_s: float
    counts: dict[str, int]


class LoadFiles:
    """The files of a load below the run's *directory*; what does not change is read once."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / LOAD
        self._plan: dict[str, Any] | None = None
        self._ends_at_s: float | None = None

    def look(self, now: float) -> LoadView | None:
        """Return how far the load is at *now* on `time.monotonic()`; None when it has not begun."""
        plan = self._plan = self._plan or _read(self._folder / PLAN_FILE)
        if plan is None:
            return None
        if self._ends_at_s is None:
            begin = _read(self._folder / BEGIN_FILE)
            if begin is None:
                return None
            self._ends_at_s = begin["start_at"] + _duration_s(plan)
        at_s = (now - plan["clock_zero"]) * plan["speed"]
        left_s = max(self._ends_at_s - at_s, 0.0) / plan["speed"]
        return LoadView(at_s, self._ends_at_s, left_s, self._counts())

    def _counts(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for path in self._folder.glob("progress-*.json"):
            for name, count in (_read(path) or {}).items():
                total[name] = total.get(name, 0) + count
        return total


def _duration_s(plan: dict[str, Any]) -> float:
    """Return the model seconds of the longest traffic in *plan*; a piece of a rate is (from, to, over_s)."""
    return max(sum(float(piece[2]) for piece in model["pieces"]) for model in plan["models"])


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):  # not there yet, or half there: begin.json and the plan are written at once
        return None
    return found
