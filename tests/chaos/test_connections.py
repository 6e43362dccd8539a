"""Clients that hold connections and do nothing good with them, at a gateway under traffic: `harness serve`.

Two thousand that are idle, some hundreds that stop in the middle, one that reads slowly. All others are
answered as if those were not there; in the end the journal has each call once.
"""

import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from command import none_left

from harness import journal, sessions
from harness.gateway.splice import IDLE_PER_UPSTREAM

IDLE = 2_000
HALF = 100
FEW = 10  # descriptors that come and go with calls
# What a system gives a process at first (most: 1,024); far more may be had for the asking.
USUAL_LIMIT = 1_024
MEMORY_OF_ONE_BYTES = 20_000
OBJECT_BYTES = 24 * 1024 * 1024
# What a client does not read is in the buffers of sockets, and a little of it in the gateway.
UNREAD_BYTES = 12 * 1024 * 1024


@dataclass
class Serving:
    """A running `harness serve`, and how many calls of which operation were answered well."""

    process: "subprocess.Popen[str]"
    url: str
    journal: Path
    answered: Counter[str] = field(default_factory=Counter)

    def client(self, service: str) -> Any:
        return sessions.client(service, self.url)

    def connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        return socket.create_connection((parts.hostname or "", parts.port or 0), 20.0)

    def descriptors(self) -> int:
        """Return how many it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_bytes(self) -> int:
        """Return how much of it is in memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def cpu_s(self) -> float:
        """Return the CPU time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Serve with as many descriptors as is usual; at its end all calls are accounted for."""
    runs = tmp_path_factory.mktemp("runs")
    words = f'ulimit -Sn {USUAL_LIMIT}; exec "$0" -m harness serve --port 0 --json --runs "$1"'
    process = subprocess.Popen(
        ["/bin/sh", "-c", words, sys.executable, str(runs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        made = Serving(process, told["endpoint_url"], Path(told["journal"]))
        yield made
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert time.monotonic() - began < 20.0
        assert none_left(process.pid)
        all_accounted_for(made)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def all_accounted_for(serving: Serving) -> None:
    """The journal has an exchange for each call that was answered, and an end for each that was not."""
    records = journal.read(serving.journal)
    assert isinstance(records[-1], journal.RunEnded)
    calls = [one for one in records if isinstance(one, journal.Exchange)]
    good = Counter(one.operation for one in calls if one.status == 200)
    assert {name: good[name] for name in serving.answered} == dict(serving.answered)
    assert all(one.error for one in calls if one.status == 0)


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Let this process have as many connections as the test needs, or skip it loudly."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"a process may have {hard} descriptors here, {wanted} are needed; raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def calls(serving: Serving, count: int) -> list[float]:
    """Make *count* calls one after the other, which must all be answered; return the seconds of each."""
    sqs = serving.client("sqs")
    took = []
    for _ in range(count):
        began = time.monotonic()
        sqs.list_queues()
        took.append(time.monotonic() - began)
        serving.answered["ListQueues"] += 1
    return took


def eventually(holds: Any, patience_s: float = 10.0) -> bool:
    """Return whether *holds* does within *patience_s*."""
    deadline = time.monotonic() + patience_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(holds())


@pytest.mark.usefixtures("many_descriptors")
def test_two_thousand_idle_connections_cost_nothing(serving: Serving) -> None:
    """No more than some kilobytes each, no time, no delay to others; and all is given back."""
    alone_s = median(calls(serving, 60))
    before, memory = serving.descriptors(), serving.memory_bytes()
    with ExitStack() as stack:
        idle = [stack.enter_context(serving.connect()) for _ in range(IDLE)]
        assert eventually(lambda: serving.descriptors() >= before + IDLE - FEW)
        for one in idle[::2]:  # half of them have asked for something once
            one.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        for one in idle[::2]:
            assert one.recv(4096).startswith(b"HTTP/1.1 ")
        used = serving.cpu_s()
        time.sleep(1.0)
        assert serving.cpu_s() - used < 0.3
        assert median(calls(serving, 60)) < 3 * alone_s + 0.005
        assert serving.memory_bytes() - memory < IDLE * MEMORY_OF_ONE_BYTES
    assert eventually(lambda: serving.descriptors() <= before + IDLE_PER_UPSTREAM + FEW)


HALVES = {
    "nothing": b"",
    "half a head": b"POST / HTTP/1.1\r\nHost: x\r\nX-Am",
    "half a body": b"POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 99\r\n\r\n{",
    "half a chunk": b"PUT /a/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
}


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES.keys())
def test_connections_that_stop_in_the_middle_hold_nobody_up(serving: Serving, sent: bytes) -> None:
    """A hundred that say no more, some of them gone: others are answered, and all is given back.

    But for connections to the emulator, of which some are kept for whoever comes next.
    """
    before = serving.descriptors()
    with ExitStack() as stack:
        halves = [stack.enter_context(serving.connect()) for _ in range(HALF)]
        for number, one in enumerate(halves):
            one.sendall(sent)
            if number % 3 == 1:
                one.shutdown(socket.SHUT_WR)
            if number % 3 == 2:  # gone with a reset
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()
        assert max(calls(serving, 30)) < 5.0
    assert eventually(lambda: serving.descriptors() <= before + IDLE_PER_UPSTREAM + FEW)


def test_a_slow_reader_gets_it_all_and_holds_nobody_up(serving: Serving) -> None:
    """Who takes an object in small pieces gets it whole; it does not pile up in the gateway meanwhile."""
    s3 = serving.client("s3")
    content = os.urandom(1024) * (OBJECT_BYTES // 1024)
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="object", Body=content)
    memory = serving.memory_bytes()
    body = s3.get_object(Bucket="large", Key="object")["Body"]
    others, over = [], Event()

    def traffic() -> None:
        while not over.is_set():
            others.extend(calls(serving, 10))

    thread = Thread(target=traffic)
    thread.start()
    try:
        first = b"".join(body.read(64 * 1024) for _ in range(10) if not over.wait(0.1))
        grown = serving.memory_bytes() - memory
        rest = body.read()
    finally:
        over.set()
        thread.join()
    assert first + rest == content
    assert grown < UNREAD_BYTES
    assert len(others) >= 10
    assert max(others) < 5.0
