"""The files of a simulated run, written at the end and in one step: a run is there whole, or not at all."""

import errno
import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFault
from harness.interrupts import Deferred
from harness.journal import Record, encode
from harness.run.results import JOURNAL, JUNIT, SUMMARY, draw
from harness.store import point_latest
from harness.summary import summarise

MOST_ATTEMPTS = 100


def leave(
    runs: Path, name: str, records: Sequence[Record], *, with_report: bool
) -> tuple[Path, dict[str, Any], str]:
    """Write the run of *records* below *runs*; return its directory, its summary, and why there is no report.

    The directory is named after what is in it, so that the same run again takes the place of the first.
    Raises EnvironmentFault where the disk refuses it; nothing is left then.
    """
    data = b"".join(map(encode, records))
    directory = runs / name / f"virtual-{hashlib.sha256(data).hexdigest()[:12]}"
    summary = summarise(records)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".part-", dir=directory.parent))
        try:
            # No moment in the header: the same records give the same bytes.
            (unfinished / JOURNAL).write_bytes(gzip.compress(data, compresslevel=3, mtime=0))
            (unfinished / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
            trouble = _drawn(unfinished, records, summary, with_report=with_report)
            unfinished.chmod(0o755)
            with Deferred():
                _put_in_place(unfinished, directory)
                point_latest(directory)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as error:
        raise EnvironmentFault(
            f"The run {directory} cannot be written: {error.strerror}; make room, or name a place with --runs"
        ) from error
    return directory, summary, trouble


def _drawn(directory: Path, records: Sequence[Record], summary: dict[str, Any], *, with_report: bool) -> str:
    """Write JUnit XML, and the report too if it is wanted: it takes longer than all the rest."""
    if with_report:
        return draw(directory, records, summary)
    from reports.junit import write_junit

    write_junit(summary, directory / JUNIT)
    return ""


def _put_in_place(unfinished: Path, directory: Path) -> None:
    """Move *unfinished* to *directory*, in the place of the same run that is there, of before or of another.

    Two that end at once may get in each other's way; the one that comes too late tries again.
    """
    before = unfinished / "before"
    for attempt in range(MOST_ATTEMPTS):
        with suppress(FileNotFoundError):
            os.replace(directory, before)
        try:
            os.replace(unfinished, directory)
        except OSError as error:
            shutil.rmtree(before, ignore_errors=True)
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or attempt + 1 == MOST_ATTEMPTS:
                raise
        else:
            shutil.rmtree(directory / "before", ignore_errors=True)
            return
