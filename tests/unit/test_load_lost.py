"""What a dead client process told nothing of: each request of the schedule once, lost or never due."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import load
from harness.load_lost import untold
from harness.load_plan import LoadPlan
from harness.load_result import Counts, ProcessReport, merge, read_rows
from harness.scenario import Constant, Endpoint, Model, OpenModel, Role
from harness.scenario.workload import schedule

MODEL = Model("m", build=lambda context: b"", role=Role("r"))
PLAN = LoadPlan(
    gateway_url="http://127.0.0.1:1",
    models=(OpenModel(Endpoint("echo", MODEL), Constant(5.0, 4.0)),),
    results_dir=Path("nowhere"),
    clock_zero=0.0,
    seed=3,
)
DUE = list(schedule(PLAN.models, PLAN.seed))
BEGAN_AT = 7.0


def told(folder: Path, numbers: set[int]) -> list[Path]:
    """Return the file of a client process that has told of the requests *numbers*."""
    found = [
        [due.number, "echo", BEGAN_AT + due.at, 8.0, 8.1, 0.0, "ok", 200, "", None, None, None, None, 1, 1]
        for due in DUE
        if due.number in numbers
    ]
    path = folder / "results-1.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return [path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("load")


@given(numbers=st.sets(st.sampled_from([due.number for due in DUE])), ended_at=st.floats(6.0, 12.0))
def test_each_request_is_told_lost_or_never_due(folder: Path, numbers: set[int], ended_at: float) -> None:
    """None is missing, none is there twice; lost is what came due before the end."""
    files = told(folder, numbers)
    rest = untold(PLAN, files, BEGAN_AT, ended_at, client_died=True)
    lost = [row.number for row in rest.lost]

    assert sorted([*numbers, *lost]) == sorted({*numbers, *lost})
    assert len(numbers) + len(lost) + rest.never_due == len(DUE)
    assert all(row.due_at <= ended_at + 1e-6 and row.sent_at is None for row in rest.lost)


def test_who_lives_has_told_all_that_it_had_begun(folder: Path) -> None:
    """What has no row then was never due, whatever the moment."""
    rest = untold(PLAN, told(folder, {0, 1}), BEGAN_AT, 99.0, client_died=False)
    assert (rest.lost, rest.never_due) == ((), len(DUE) - 2)


def test_what_is_lost_is_a_part_of_the_load_and_speaks_against_it(folder: Path) -> None:
    """It has a row, is counted, is not said to have been sent, and makes the load prove nothing."""
    files = told(folder, {due.number for due in DUE[:5]})
    rest = untold(PLAN, files, BEGAN_AT, 9.0, client_died=True)
    found = merge(
        [], files, lag_limit_s=1.0, began_at=BEGAN_AT, ended_at=9.0, troubles=["It died."],
        lost_rows=rest.lost, never_due=rest.never_due,
    )  # fmt: skip

    assert (found.lost, found.sent, found.offered) == (len(rest.lost), 5, 5 + len(rest.lost))
    assert [row.number for row in found.rows()] != [row.number for row in read_rows(files[0])]
    assert found.why[:2] == ("It died.", f"{rest.never_due} of {len(DUE)} requests never came due.")
    assert (
        f"{len(rest.lost)} of {found.offered} requests were due and the client process is gone"
        in found.why[2]
    )


def test_a_client_that_was_stopped_before_its_end_makes_the_load_none(tmp_path: Path) -> None:
    """Both accounts are there, and say that the schedule was not walked to its end: it is no whole load."""
    told(tmp_path, {due.number for due in DUE[:4]})
    for process, finished in ((1, True), (2, False)):
        account = ProcessReport(process, "lean", Counts(2), 0.0, 0.0, 0.0, 0.1, 0.1, 7.0, 8.0, finished)
        (tmp_path / f"report-{process}.json").write_text(json.dumps(account.to_json()))

    found = load._collect(replace(PLAN, results_dir=tmp_path), BEGAN_AT, 2, [])

    assert found.why == (
        "1 of 2 client processes were stopped before their end; see Locust's log.",
        f"{len(DUE) - 4} of {len(DUE)} requests never came due.",
    )
    assert (found.lost, found.never_due, found.saturated) == (0, len(DUE) - 4, True)
