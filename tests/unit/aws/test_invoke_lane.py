"""The short way of an invocation is the long one: same answers, same records, whatever becomes of it."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness import journal
from harness.aws.artefacts import Loaded
from harness.aws.catalogue import EndpointPlan, PlannedVariant
from harness.aws.stage import Assumptions, Stage
from harness.aws.thread import Gateway
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.endpoint import Constant, EndpointSettings
from harness.gateway.chain import Address, Chain
from harness.gateway.connection import Connection
from harness.gateway.handlers import handlers
from harness.gateway.house import House
from harness.inference import EchoModel

QUICK = EndpointSettings(
    launch_time=Constant(0.0), join_stagger=Constant(0.0), settle_s=0.0, invocation_timeout_s=0.5
)
# What no two answers, or records, have in common. A refusal for its date tells the time.
STAMP = r"20\d{6}T\d{6}Z"
DIFFERS = re.compile(rb"(RequestId: |Overhead-Time: |Queue-Time: |Service-Time: |Modelled-Time: )[^\r]*")


class Socket(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...


class Fails:
    """A model that refuses every second request."""

    name, features = "fails", 1

    def __init__(self) -> None:
        self.asked = 0

    def predict(self, rows: Any) -> Any:
        self.asked += 1
        if self.asked % 2 == 0:
            raise ValueError("no")
        return rows.reshape(-1)


class Stand:
    """A stage with one endpoint behind a connection that is fed by hand."""

    def __init__(self, service_s: float, queue_limit: int, model: Any) -> None:
        self.records: list[journal.Record] = []
        gone = Address("gone", "127.0.0.1", 1)
        assumed = Assumptions(lambda _type: service_s, concurrency=2, queue_limit=queue_limit)
        self.stage = Stage(
            Clock(ClockSpec(10.0)),
            self.records.append,
            lambda _service: gone,
            Settings(),
            seed=1,
            assumptions={"ranker": assumed},
            endpoint_settings=QUICK,
        )
        self.plan = EndpointPlan("c", (_variant(model),))
        self.socket = Socket()
        self.connection: Connection

    async def open(self, *, short: bool) -> None:
        stage = self.stage
        if not short:
            stage.handlers.insert(0, lambda _exchange: None)
        stage.create("ranker", self.plan)
        async with asyncio.timeout(5.0):
            while (view := stage.view("ranker")) is None or view.status.value != "InService":
                await asyncio.sleep(0.001)
        chain = Chain(handlers(stage.handlers, stage.route), Gateway._recorder(stage))
        loop = asyncio.get_running_loop()
        self.connection = Connection(House(chain, stage.clock, stage.pool, loop))
        self.connection.connection_made(self.socket)

    async def send(self, data: bytes, answers: int) -> None:
        """Hand over *data* and wait until *answers* more were written."""
        wanted = self.socket.written.count(b"HTTP/1.1 ") + answers
        self.connection.data_received(data)
        async with asyncio.timeout(5.0):
            while self.socket.written.count(b"HTTP/1.1 ") < wanted:
                await asyncio.sleep(0.001)

    def exchanges(self) -> list[journal.Record]:
        kept = [one for one in self.records if isinstance(one, journal.Exchange)]
        found: list[journal.Record] = []
        for one in kept:
            served_s = one.service_s if one.status == 200 else 0.0
            queued = float(one.queue_s > 0.0)
            error = re.sub(STAMP, "", one.error)
            timed = replace(one, at=0.0, overhead_s=0.0, predict_s=0.0)
            found.append(replace(timed, queue_s=queued, service_s=served_s, error=error))
        return found


def _variant(model: Any) -> PlannedVariant:
    return PlannedVariant("AllTraffic", "ml.m5.large", 1, 1.0, "", "RANDOM", Loaded(model))


def request(body: bytes = b"1", *more: bytes, stamp: str = "") -> bytes:
    date = stamp or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    lines = [
        b"POST /endpoints/ranker/invocations HTTP/1.1",
        b"Host: here",
        b"Content-Type: text/csv",
        b"X-Amz-Date: " + date.encode(),
        b"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260301/us-east-1/sagemaker/aws4_request, "
        b"SignedHeaders=host, Signature=" + b"ab" * 32,
        b"Content-Length: %d" % len(body),
        *more,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def many(stand: Stand) -> None:
    """One after the other, several at once, of other lengths and bodies, with their heads in pieces."""
    for body in (b"1", b"2", b"3\n4", b"5"):
        await stand.send(request(body), 1)
    await stand.send(request(b"6") + request(b"7\n8") + request(b"9", b"Accept: text/csv"), 3)
    whole = request(b"10")
    for cut in (10, len(whole) - 1):
        stand.connection.data_received(whole[:cut])
        await stand.send(whole[cut:], 1)
    await stand.send(request(b"x" * 10), 1)


async def dated(stand: Stand) -> None:
    """A date that is too old is refused, and the next right one is taken."""
    for stamp in ("", "", "", "20200101T000000Z", ""):
        await stand.send(request(stamp=stamp), 1)


async def deleted(stand: Stand) -> None:
    """The endpoint goes away between two requests."""
    for _ in range(3):
        await stand.send(request(), 1)
    stand.stage.delete("ranker")
    await stand.send(request(), 1)


async def hung_up(stand: Stand) -> None:
    """The client goes away before it is answered; the model's answer is nobody's."""
    for _ in range(3):
        await stand.send(request(), 1)
    stand.connection.data_received(request())
    stand.connection.connection_lost(None)
    await asyncio.sleep(0.05)


async def lost(stand: Stand) -> None:
    """The instance fails while it works."""
    for _ in range(3):
        await stand.send(request(), 1)
    stand.connection.data_received(request())
    world = stand.stage.living.world
    (instance,) = world.endpoints["ranker"].instances("AllTraffic")
    stand.stage.living.call(
        lambda now: world.fail_instance("ranker", "AllTraffic", instance.instance_id, now)
    )
    await stand.send(b"", 0)


async def modelless(stand: Stand) -> None:
    """The container has nothing to answer with any more."""
    for _ in range(3):
        await stand.send(request(), 1)
    stand.stage.models.clear()
    await stand.send(request(), 1)


def played(story: Callable[[Stand], Any], *, short: bool, **made: Any) -> tuple[bytes, list[journal.Record]]:
    async def play() -> Stand:
        stand = Stand(**({"service_s": 0.05, "queue_limit": 10} | made))
        await stand.open(short=short)
        await story(stand)
        assert bool(stand.connection._alikes.last and stand.connection._alikes.last.take) is short
        return stand

    stand = asyncio.run(play())
    written = re.sub(STAMP.encode(), b"", stand.socket.written)
    return DIFFERS.sub(rb"\1", written), stand.exchanges()


@pytest.mark.parametrize("story", [many, dated, deleted, hung_up, lost, modelless])
def test_the_short_way_is_the_long_one(story: Callable[[Stand], Any]) -> None:
    """Answers and records are equal but for what no two have in common."""
    assert played(story, short=True, model=EchoModel()) == played(story, short=False, model=EchoModel())


@pytest.mark.parametrize(
    "made",
    [
        {"queue_limit": 0, "service_s": 0.3, "model": EchoModel()},
        {"service_s": 0.6, "model": EchoModel()},
        {"model": None},
    ],
    ids=["full", "too slow", "no model"],
)
def test_so_is_what_fails(made: dict[str, Any]) -> None:
    """A full queue, an answer that comes too late, a container that cannot answer."""

    async def story(stand: Stand) -> None:
        for _ in range(4):
            await stand.send(request(), 1)

    short, long = played(story, short=made["model"] is not None, **made), played(story, short=False, **made)
    assert short == long


def test_so_is_a_model_that_fails_now_and_then() -> None:
    """Whatever the model says, the endpoint passes it on alike."""

    async def story(stand: Stand) -> None:
        for _ in range(6):
            await stand.send(request(), 1)

    assert played(story, short=True, model=Fails()) == played(story, short=False, model=Fails())
