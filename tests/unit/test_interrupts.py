"""Signals interrupt at once, or at the end of what must not be cut in two."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from harness.interrupts import SIGNALS, Deferred, ignore_further, interrupt_on_signals


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    interrupt_on_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_every_signal_does_what_ctrl_c_does(number: signal.Signals) -> None:
    """CI ends a job with SIGTERM, a closed terminal with SIGHUP."""
    with pytest.raises(KeyboardInterrupt):
        send(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_deferred_signal_is_raised_at_the_end(number: signal.Signals) -> None:
    """What runs inside is carried to its end."""
    done = []
    with pytest.raises(KeyboardInterrupt), Deferred() as deferred:  # noqa: PT012
        send(number)
        done.append(deferred.came)
    assert done == [True]


def test_a_second_signal_interrupts_at_once() -> None:
    """Somebody who presses Ctrl-C twice does not want to wait."""
    with pytest.raises(KeyboardInterrupt), Deferred():  # noqa: PT012
        send(signal.SIGINT)
        send(signal.SIGTERM)
        pytest.fail("not interrupted")


def test_an_error_inside_is_not_hidden() -> None:
    """The error goes on; the signal would only hide why."""
    with pytest.raises(ValueError, match="mine"), Deferred():  # noqa: PT012
        send(signal.SIGINT)
        raise ValueError("mine")


def test_afterwards_signals_are_as_before() -> None:
    """Nothing is left of the block."""
    before = signal.getsignal(signal.SIGINT)
    with Deferred() as deferred:
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
    assert not deferred.came


def test_an_ignored_signal_stays_ignored() -> None:
    """nohup, and shells that start a job in the background, rely on it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupt_on_signals()
    with Deferred() as deferred:
        send(signal.SIGHUP)
    assert not deferred.came


def test_in_another_thread_nothing_changes() -> None:
    """Only the main thread gets signals, and only it may say what they do."""
    before, seen = signal.getsignal(signal.SIGINT), []

    def block() -> None:
        with Deferred() as deferred:
            seen.append((signal.getsignal(signal.SIGINT), deferred.came))

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert seen == [(before, False)]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_end_of_a_command_is_not_cut_in_two(number: signal.Signals) -> None:
    """Who presses Ctrl-C ten times gets the same end as who presses it once."""
    ignore_further()
    send(number)
    assert signal.getsignal(number) is signal.SIG_IGN
