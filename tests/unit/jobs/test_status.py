"""The statuses of a job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.status import LAST, MESSAGES, History, Secondary, Status, primary_of

UNDER_WAY = [one for one in Secondary if primary_of(one) not in LAST]


def test_a_job_goes_through_its_statuses() -> None:
    """Each transition ends where the next begins; the last ends at once."""
    history = History()
    assert (history.secondary, history.changed_at, history.is_over) == (Secondary.STARTING, 0.0, False)
    history.enter(Secondary.STARTING, 1.0)
    history.enter(Secondary.TRAINING, 3.0, "now")
    history.enter(Secondary.COMPLETED, 9.0)
    spans = [(one.status, one.began_at, one.ended_at) for one in history.transitions]
    assert spans == [
        (Secondary.STARTING, 1.0, 3.0),
        (Secondary.TRAINING, 3.0, 9.0),
        (Secondary.COMPLETED, 9.0, 9.0),
    ]
    assert [one.message for one in history.transitions][1] == "now"
    assert (history.status, history.is_over) == (Status.COMPLETED, True)


def test_what_is_over_stays_so() -> None:
    """No status follows a last one."""
    history = History()
    history.enter(Secondary.FAILED, 1.0)
    with pytest.raises(ValueError, match="Failed does not become Training"):
        history.enter(Secondary.TRAINING, 2.0)


@given(st.lists(st.tuples(st.sampled_from(UNDER_WAY), st.floats(0, 100)), max_size=10))
def test_time_never_runs_back(entered: list[tuple[Secondary, float]]) -> None:
    """Whatever moments are given, transitions follow each other without gap or overlap."""
    history = History()
    for status, at in entered:
        history.enter(status, at)
    for before, after in zip(history.transitions, history.transitions[1:], strict=False):
        assert before.began_at <= after.began_at == before.ended_at


def test_each_secondary_status_has_its_sentence_and_its_primary_one() -> None:
    """Spot interruptions are in progress; every way to be stopped is Stopped."""
    assert set(MESSAGES) == set(Secondary)
    assert primary_of(Secondary.INTERRUPTED) is Status.IN_PROGRESS
    assert primary_of(Secondary.MAX_WAIT_TIME_EXCEEDED) is Status.STOPPED
    assert primary_of(Secondary.STOPPING) is Status.STOPPING
