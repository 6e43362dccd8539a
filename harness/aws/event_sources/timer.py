"""A rule with a schedule, or a schedule of EventBridge Scheduler, as the gateway fires it."""

from dataclasses import dataclass
from random import Random
from typing import Any

from harness.functions.schedules import Timetable, fires_late_by_s, is_once

RULE, SCHEDULE = "rule", "schedule"
# The services whose targets a schedule reaches under its role; others are left to the backend.
DELIVERED = ("sqs", "lambda", "sns")


# Not frozen: it goes on. Compared by identity.
@dataclass(slots=True, eq=False)
class Timer:
    """What fires by itself: `kind` is RULE (in the bus `place`) or SCHEDULE (in the group `place`).

    `due_epoch_s` is the next moment by its timetable, None after the last; `wakes_epoch_s` is when the
    target is invoked, later by a part of a flexible time window.
    """

    kind: str
    place: str
    name: str
    expression: str
    timetable: Timetable
    window_minutes: int | None = None
    due_epoch_s: float | None = None
    wakes_epoch_s: float | None = None
    was_seen: bool = False  # the backend has had it
    was_told: bool = False  # that its role is not judged

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by."""
        return self.kind, self.place, self.name

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after what is due."""
        return self.due_epoch_s is None or self.timetable.next_after(self.due_epoch_s) is None

    def go_on(self, after_epoch_s: float, random: Random) -> None:
        """Set what is due next after that moment."""
        due = self.due_epoch_s = self.timetable.next_after(after_epoch_s)
        self.wakes_epoch_s = None if due is None else due + fires_late_by_s(self.window_minutes, random)

    def asked(self, account: str, region: str) -> dict[str, Any]:
        """Return what the backend is told to fire."""
        place = {"bus": self.place} if self.kind == RULE else {"group": self.place}
        return {
            "kind": self.kind,
            "name": self.name,
            "expression": self.expression,
            "time": self.due_epoch_s,
            "account": account,
            "region": region,
            "last": self.is_last and is_once(self.timetable.schedule),
            "tells": DELIVERED if self.kind == SCHEDULE else (),
            **place,
        }
