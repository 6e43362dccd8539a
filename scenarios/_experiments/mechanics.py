"""The mechanics who label engines: they know the overhaul's report, and one of them is not careful."""

import zlib
from collections.abc import Sequence
from typing import Any

from scenarios._experiments.engines import WORN_WITHIN

WORKERS, CARELESS = 6, 5
# How often the careless one errs: one time in so many.
ERRS_IN = 3


def judge(worker: int, shown: Any, categories: Sequence[str]) -> str:
    """Return what mechanic *worker* says of an engine: worn when its life was nearly over."""
    worn = float(shown["overhauled-after"]) <= WORN_WITHIN
    if worker == CARELESS and zlib.crc32(str(shown["source"]).encode()) % ERRS_IN == 0:
        worn = not worn
    return categories[int(worn)]
