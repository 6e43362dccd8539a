"""What a master tells workers that may be on other hosts: their share, the plan, the time, and when to begin.

A worker shares no folder and no clock with the harness. Its orders hold its share and the plan's files; it
asks the master for the time until it knows by how much the two clocks differ, and says what it sent in
messages, which the master writes into the files that the harness reads.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.load_plan import PLAN_FILE, LoadPlan, read_plan, write_plan
from locustfiles.schedule import Share

ORDERS, DONE = "harness-orders", "harness-done"
TIME, BEGIN = "harness-time", "harness-begin"
# Of so many answers the quickest one tells the time best; on a busy machine most take some milliseconds.
ASKED_FOR_THE_TIME = 25


@dataclass(frozen=True, slots=True)
class Orders:
    """What one worker is to do: its *share* of the plan in *files*, and whether it waits to be told when."""

    share: Share
    files: Mapping[str, str]
    told: bool

    def to_message(self) -> dict[str, Any]:
        """Return it as Locust sends it."""
        share = {"index": self.share.index, "of": self.share.of}
        return {"share": share, "files": dict(self.files), "told": self.told}

    @classmethod
    def from_message(cls, values: Mapping[str, Any]) -> "Orders":
        """Return the orders that `to_message` wrote."""
        return cls(Share(**values["share"]), values["files"], values["told"])

    def plan(self, gateway_url: str | None, allowed: tuple[str, ...], ahead_s: float) -> LoadPlan:
        """Return the plan for a worker whose clock is *ahead_s* seconds ahead of the master's.

        *gateway_url* is the gateway's address from where the worker is, None for the plan's own. Raises
        ScenarioError for an address that is neither on this machine nor *allowed*.
        """
        with tempfile.TemporaryDirectory() as folder:
            for name, text in self.files.items():
                (Path(folder) / Path(name).name).write_text(text)
            plan = read_plan(Path(folder) / PLAN_FILE)
        return replace(
            plan,
            gateway_url=gateway_url or plan.gateway_url,
            allowed_endpoints=(*plan.allowed_endpoints, *allowed),
            clock_zero=plan.clock_zero + ahead_s,
        )


def packed(plan: LoadPlan) -> dict[str, str]:
    """Return the files that `read_plan` makes *plan* of, by their names."""
    with tempfile.TemporaryDirectory() as folder:
        write_plan(replace(plan, results_dir=Path(folder)))
        return {path.name: path.read_text() for path in Path(folder).iterdir()}


@dataclass(slots=True)
class Ahead:
    """By how many seconds this process's `time.monotonic()` is ahead of the master's, and how surely.

    Cristian's algorithm: the master looked at its clock somewhere between question and answer, so that half
    of the quickest round trip is the most by which the middle can be wrong. A difference that is no larger
    than that is none: on one machine all processes read the same clock.
    """

    _middle_s: float = 0.0
    _sure_to_s: float = field(default=float("inf"))

    def heard(self, asked_at: float, masters_at: float, heard_at: float) -> None:
        """Take one answer: the master read *masters_at* between this process's *asked_at* and *heard_at*."""
        half = (heard_at - asked_at) / 2.0
        if half < self._sure_to_s:
            self._sure_to_s = half
            self._middle_s = asked_at + half - masters_at

    @property
    def seconds(self) -> float:
        """Return the difference, 0 where none can be seen."""
        return 0.0 if abs(self._middle_s) <= self._sure_to_s else self._middle_s
