"""A program that is asked to end goes on as long as it likes; one wait is cut short for it, and only one."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest
from botocore.session import Session

from harness.stopping import SLICE_S, Stopping, cut_receives_short, on_first_call


@pytest.fixture
def stopping() -> Iterator[Stopping]:
    """One that listens; SIGTERM is what it was afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    made = Stopping()
    made.listen()
    yield made
    signal.signal(signal.SIGTERM, before)


def ask() -> str:
    """Ask as the runner does, in the middle of a call."""
    signal.raise_signal(signal.SIGTERM)
    return "done"


def test_nobody_has_asked(stopping: Stopping) -> None:
    """Then a call returns what it returns."""
    assert not stopping.look()
    assert stopping.within(lambda: "done", "cut") == "done"


def test_the_call_that_is_under_way_is_cut_short(stopping: Stopping) -> None:
    """The next one is not."""
    assert stopping.within(ask, "cut") == "cut"
    assert stopping.look()
    assert stopping.within(lambda: "done", "cut") == "done"


def test_a_second_signal_cuts_nothing(stopping: Stopping) -> None:
    """Whoever ends the run may ask again."""
    stopping.within(ask, "cut")
    assert stopping.within(ask, "cut") == "done"


def test_the_next_call_is_cut_short_where_none_is_under_way(stopping: Stopping) -> None:
    """The signal came between a look and the call: without this, the call would last its 20 s."""
    ask()
    assert stopping.within(lambda: "done", "cut") == "cut"
    assert stopping.within(lambda: "done", "cut") == "done"


def test_who_knows_is_not_interrupted(stopping: Stopping) -> None:
    """A program that has seen that it should end may still fetch what is left."""
    ask()
    assert stopping.look()
    assert stopping.within(lambda: "done", "cut") == "done"
    assert stopping.within(ask, "cut") == "done"


def test_what_is_no_wait_is_never_interrupted(stopping: Stopping) -> None:
    """Work on a message is done to its end."""
    assert ask() == "done"


def test_another_thread_waits_to_the_end(stopping: Stopping) -> None:
    """A signal interrupts the main thread alone."""
    ask()
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(stopping.within(lambda: "done", "cut")))
    thread.start()
    thread.join()
    assert found == ["done"]


def test_a_pause_ends_early_once(stopping: Stopping) -> None:
    """And lasts as long as it should before and after that."""
    began = time.monotonic()
    stopping.sleep(SLICE_S / 2)
    assert time.monotonic() - began >= SLICE_S / 2
    ask()
    stopping.sleep(600.0)
    began = time.monotonic()
    stopping.sleep(SLICE_S / 2)
    assert time.monotonic() - began >= SLICE_S / 2


@pytest.fixture
def initializers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions made after the test know nothing of what it has registered."""
    monkeypatch.setattr("botocore._INITIALIZERS", [])


@pytest.mark.usefixtures("initializers")
def test_a_long_poll_comes_back_empty(stopping: Stopping) -> None:
    """Through any session made afterwards; nothing is sent for it, so that no message is lost by it."""
    cut_receives_short(stopping)
    ask()
    sqs = Session().create_client(
        "sqs",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    answer = sqs.receive_message(QueueUrl="http://127.0.0.1:9/1/q", WaitTimeSeconds=20)
    assert answer.get("Messages", []) == []
    sqs.close()


@pytest.mark.usefixtures("initializers")
def test_the_first_call_is_told_once() -> None:
    """Whatever service it is for."""
    told: list[int] = []
    on_first_call(lambda: told.append(1))
    session = Session()
    session.get_component("event_emitter").emit("before-send.sns.Publish", request=None)
    session.get_component("event_emitter").emit("before-send.sqs.SendMessage", request=None)
    assert told == [1]
