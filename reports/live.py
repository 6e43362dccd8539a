"""The pages of the live view that are no report: before a run has anything to show, and of several runs.

The report itself is drawn by `html.render` with a `Live`, which puts the strip and the script of this room's
templates (`live.html.j2`, `live.css`, `live.js`) on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports import environment

INDEX = 0  # the number of the page that lists a command's runs; the runs count from 1
TONES = {"Pass": "ok", "Fail": "bad", "Invalid": "warn", "Running": "good"}


@dataclass(frozen=True, slots=True)
class Live:
    """Which page of a live view is drawn: the number of the run, and the version the page will have."""

    run: int
    version: int


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One run on the index: its number, the scenario, how it stands in a word, and more in a few."""

    run: int
    name: str
    badge: str
    detail: str = ""

    @property
    def tone(self) -> str:
        """The class of its chip."""
        return TONES.get(self.badge, "plain")


def waiting_page(live: Live, name: str) -> str:
    """Return what stands in for the report of *name* until its journal has begun."""
    lede = "The emulators start. The report takes this place as soon as there is something to show."
    return _page(live, title=name, lede=lede, rows=(), waiting=True)


def index_page(live: Live, rows: Sequence[IndexRow], expected: int) -> str:
    """Return the list of the runs of a command that will make *expected* of them."""
    over = sum(row.badge not in ("Starting", "Running") for row in rows)
    lede = f"{over} of {expected} runs are over."
    return _page(live, title="Runs of this command", lede=lede, rows=rows, waiting=False)


def _page(live: Live, **context: Any) -> str:
    script = environment.own("live.js")
    policy = environment.policy([script], connects=True)
    template = environment.environment().get_template("live_page.html.j2")
    return template.render(live=live, script=script, policy=policy, **context)
