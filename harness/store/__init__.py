"""The runs that are kept: which there are, which is the newest, which go."""

from harness.store.listing import LATEST, baseline, like, newest, point_latest, rows
from harness.store.lock import is_being_written, writing
from harness.store.pins import is_pinned, pin, unpin
from harness.store.prune import KEEP, prune
from harness.store.row import Row, is_run, read_row
from harness.store.trend import Series, Trend, trend

__all__ = [
    "KEEP",
    "LATEST",
    "Row",
    "Series",
    "Trend",
    "baseline",
    "is_being_written",
    "is_pinned",
    "is_run",
    "like",
    "newest",
    "pin",
    "point_latest",
    "prune",
    "read_row",
    "rows",
    "trend",
    "unpin",
    "writing",
]
