"""Processes as rows, and what the story tells of them, of refusals, of faults and of the inventory."""

from dataclasses import replace

import message_sample
import pytest
from test_html import page

from harness import journal as j
from harness.journal import Record
from harness.summary import ByType
from reports import processes, story

CLEAN, UNHEARD = message_sample.clean_run(40), message_sample.unheard_run()
REFUSED = message_sample.refused_run()


def test_every_process_has_its_row() -> None:
    """How often it was started and killed, how it ended, where its log is."""
    rows = {one.name: one for one in processes.processes(ByType(CLEAN))}
    assert list(rows) == ["workers-0", "workers-1", "workers-2", "workers-3"]
    killed = rows["workers-2"]
    assert (killed.starts, killed.kills, killed.restarts, killed.ended, killed.tone) == (
        2,
        1,
        1,
        "exit 0",
        "ok",
    )
    assert "logs/program-workers-2.log" in page(CLEAN).all("href")
    (alone,) = processes.processes(ByType(UNHEARD))
    assert (alone.name, alone.log) == ("training", "logs/program-training.log")


@pytest.mark.parametrize(
    ("what", "code", "ended", "tone", "detail"),
    [
        ("started", None, "not seen to end", "plain", ""),
        ("ended", -15, "ended by SIGTERM", "ok", ""),
        ("ended", 3, "exit 3", "bad", "why"),
        ("ended", None, "no exit code", "bad", "why"),
        ("killed", -9, "killed at 00:09", "warn", "why"),
    ],
)
def test_how_a_process_ended_is_told(what: str, code: int | None, ended: str, tone: str, detail: str) -> None:
    """By its last life; the reason where it is none that was asked for."""
    changes = [j.ProgramChanged(1.0, "p", 0, "started"), j.ProgramChanged(2.0, "p", 0, "frozen")]
    (row,) = processes.processes(ByType([*changes, j.ProgramChanged(9.0, "p", 0, what, code, "why")]))
    assert (row.ended, row.tone, row.detail, row.freezes) == (ended, tone, detail, 1)


# -- the story -----


def told(*records: Record) -> list[tuple[str, str, str]]:
    """Return kind, tone and text of the story's rows."""
    return [(row.kind, row.tone, row.text) for row in story.rows(ByType(records))]


def test_the_same_change_of_several_processes_is_one_line() -> None:
    """With their ranks; a program of one process has none."""
    rows = [text for kind, _, text in told(*CLEAN) if kind == "program"]
    assert rows[0] == "Program workers, processes 0, 1, 2 and 3: started."
    assert rows[1].startswith("Program workers, process 2: killed (exit -9): by a fault;")
    assert rows[-1] == "Program workers, processes 0, 1, 2 and 3: ended (exit 0): as it should."
    rows = [text for kind, _, text in told(*UNHEARD) if kind == "program"]
    assert rows == ["Program training: started.", "Program training: ended (exit 0): as it should."]


def test_changes_that_take_their_time_have_an_end() -> None:
    """From the first process to the last."""
    changes = [j.ProgramChanged(0.9 * rank, "p", rank, "ended", 1, "crashed") for rank in range(2)]
    (row,) = story.rows(ByType(changes))
    assert (row.at, row.until, row.tone) == (0.0, 0.9, "bad")


def test_refusals_faults_and_the_inventory_are_told() -> None:
    """In words of their own."""
    rows = told(*REFUSED)
    assert rows[0][:2] == ("delivery", "bad")
    assert rows[0][2].startswith(
        "AWS would deliver nothing from coordination to ranks: queue ranks has no policy;"
    )
    assert any(
        tone == "good" and text.startswith("AWS would deliver from coordination to late")
        for _, tone, text in rows
    )
    assert rows[-1] == ("inventory", "plain", "Inventory of 3 queues: nothing was left.")
    found = told(j.InventoryTaken(1.0, "q", 2, 5))
    assert found == [
        ("inventory", "warn", "Inventory of queue q: 2 in q; 3 more were counted and could not be read.")
    ]
    many = told(*[j.InventoryTaken(1.0, f"q{number}", number, number) for number in range(9)])
    assert (
        many[0][2]
        == "Inventory of 9 queues: 8 in q8, 7 in q7, 6 in q6, 5 in q5, 4 in q4, and 3 more with some."
    )
    ended = j.FaultEnded(9.0, "throttle", "10 % of the calls", 1_244, 120)
    assert told(ended) == [("fault", "plain", "throttle ended: 10 % of the calls; it hit 120 of 1,244.")]
    nothing = replace(ended, matching=0, hit=0)
    assert told(nothing)[0][2].endswith("nothing came that it could hit.")
