"""One request in is one request out: what is meant to look like two is refused, or goes on as one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gateway_stand import Gateway, run_in, start_in
from recording_upstream import Recording
from smuggling_tricks import REFUSED, TAKEN, Trick
from toy_http import wait_for

CANARY = b"GET /canary HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording()


@pytest.fixture(scope="module")
def gateway(recording: Recording) -> Iterator[Gateway]:
    with ExitStack() as stack:
        yield start_in(stack)(run_in(stack)(recording.script))


def told(gateway: Gateway, data: bytes, answers: int) -> list[bytes]:
    """Return the first *answers* answers to *data*."""
    with gateway.client() as client:
        client.send(data)
        return [client.reply() for _ in range(answers)]


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("trick", REFUSED.values(), ids=REFUSED.keys())
def test_a_trick_is_refused(gateway: Gateway, recording: Recording, trick: Trick) -> None:
    """The emulator gets no whole request of it, and the next client's answer is its own."""
    data, expected, _ = trick
    recording.requests.clear()
    (answer,) = told(gateway, data, 1)
    assert [status_of(answer)] == expected
    (other,) = told(gateway, CANARY, 1)
    assert other.endswith(b"/canary")
    assert [each.target for each in recording.requests] == ["/canary"]
    assert not recording.faults


@pytest.mark.parametrize("trick", TAKEN.values(), ids=TAKEN.keys())
def test_what_is_taken_is_seen_alike_by_all(gateway: Gateway, recording: Recording, trick: Trick) -> None:
    """As many requests leave as came in, in their bytes and order, each with its own answer."""
    data, expected, targets = trick
    recording.requests.clear()
    gateway.recorded.clear()
    answers = told(gateway, data, len(expected))
    assert [status_of(each) for each in answers] == expected
    assert [each.partition(b"\r\n\r\n")[2].decode("latin-1") for each in answers] == targets
    (other,) = told(gateway, CANARY, 1)
    assert other.endswith(b"/canary")
    wait_for(lambda: len(gateway.recorded) == len(targets) + 1)
    assert [each.target for each in recording.requests] == [*targets, "/canary"]
    assert not recording.faults


def test_nobody_but_this_machine_is_listened_to(gateway: Gateway) -> None:
    """The gateway's port is bound to 127.0.0.1 alone (Linux tells: /proc/net/tcp, state 0A is listening)."""
    port = f":{gateway.server.address.port:04X}"
    rows = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
    ]
    assert [row[1] for row in rows if row[1].endswith(port) and row[3] == "0A"] == [f"0100007F{port}"]
