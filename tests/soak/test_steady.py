"""Three minutes of a soak; an hour of it, `python tests/soak/soak.py`, shows the same with more certainty."""

from pathlib import Path

import pytest
from soak import document, judge, report_again, run_soak


@pytest.mark.timeout(900)
def test_three_minutes_leave_everything_as_it_was(tmp_path: Path) -> None:
    """Memory, descriptors, threads, lag and CPU time a request do not grow; the report can be drawn again."""
    soak = run_soak(3.0, 200.0, tmp_path, every_s=1.0)
    held = [*judge(soak), *report_again(soak.directory)]

    assert document(soak, held, {})["load_s"] > 175.0
    assert [one for one in held if not one.ok] == []
