"""What a killed rehearsal had not journalled yet is found beside its journal, each request once."""

import json
from collections import Counter
from pathlib import Path

import pytest

from harness import journal
from harness.journal import Record
from harness.load_plan import LoadPlan, write_plan
from harness.run.recovering import CUT_OFF, recovered
from harness.scenario import Constant, Endpoint, Model, OpenModel, Role
from harness.scenario.workload import schedule
from harness.store.lock import writing

MODEL = Model("m", build=lambda context: b"", role=Role("r"))
LOAD = OpenModel(Endpoint("echo", MODEL), Constant(5.0, 4.0))
SCHEDULE = list(schedule((LOAD,), 1))
BEGAN_AT, STOPPED_AT = 2.0, 4.0
STARTED = journal.RunStarted(0.0, "s", "corrected", "", "wall", 1, 0.0, "moto", {}, {}, "harness run")
LAST = journal.PhaseStarted(STOPPED_AT, "load")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A run whose client had told of its first three requests when all of it was killed."""
    write_plan(LoadPlan("http://127.0.0.1:1", (LOAD,), tmp_path / "load", clock_zero=0.0, seed=1))
    (tmp_path / "load" / "begin.json").write_text(json.dumps({"start_at": BEGAN_AT}))
    rows = [
        [
            due.number,
            "echo",
            round(BEGAN_AT + due.at, 6),
            3.0,
            3.1,
            0.0,
            "ok",
            200,
            "",
            0.1,
            0.0,
            0.1,
            0.0,
            1,
            1,
        ]
        for due in SCHEDULE[:3]
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "load" / "results-7.jsonl").write_text(text + '[3, "ec')
    return tmp_path


def requests(records: list[Record]) -> Counter[str]:
    return Counter(one.outcome for one in records if isinstance(one, journal.LoadRequest))


def test_each_request_is_answered_lost_or_never_due(directory: Path) -> None:
    """What the clients wrote, what had come due without a word of theirs, and the rest in number."""
    found = recovered(directory, [STARTED, LAST])
    ended = found[-1]
    assert isinstance(ended, journal.LoadEnded)
    assert (requests(found)["ok"], requests(found)["lost"]) == (3, ended.lost)
    assert ended.lost > 0
    assert ended.offered + ended.never_due == len(SCHEDULE)
    assert (ended.saturated, ended.why[0]) == (True, CUT_OFF)
    assert all(one.due_at <= STOPPED_AT for one in found if isinstance(one, journal.LoadRequest))


def test_requests_that_were_being_journalled_are_there_once(directory: Path) -> None:
    """The runner was killed while it journalled them."""
    half = journal.LoadRequest(2.1, "echo", "ok", 200)
    assert requests(recovered(directory, [STARTED, LAST, half])) == requests(
        recovered(directory, [STARTED, LAST])
    )


def test_a_run_that_is_under_way_is_left_alone(directory: Path) -> None:
    """Its load may yet come to an end."""
    with writing(directory):
        assert recovered(directory, [STARTED, LAST]) == [STARTED, LAST]


def test_a_journal_that_tells_the_end_needs_nothing(directory: Path) -> None:
    """Nor does one without a load, or an empty one."""
    ended = recovered(directory, [STARTED, LAST])[-1]
    assert recovered(directory, [STARTED, ended]) == [STARTED, ended]
    assert recovered(directory, []) == []
    (directory / "load" / "begin.json").unlink()
    assert recovered(directory, [STARTED, LAST]) == [STARTED, LAST]


def test_what_cannot_be_read_leaves_the_journal_as_it_is(directory: Path) -> None:
    """A plan of another version, say."""
    (directory / "load" / "plan.json").write_text("{}")
    assert recovered(directory, [STARTED, LAST]) == [STARTED, LAST]
