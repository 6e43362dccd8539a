"""Timers before a backend: calls that make them, when they are due, what is told of their firing."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqs_server import House

from harness import journal
from harness.aws.event_sources.timer_calls import TimerCalls
from harness.aws.event_sources.timers import Timers
from harness.clock import Clock, ClockSpec
from harness.gateway.chain import Address, Exchange, ReadBody, Reply

HEAD = "{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n"


class Dispatcher:
    """The house's paths of an emulator: answers each firing with what `told` returns."""

    def __init__(self, told: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.told = told
        self.asked: list[dict[str, Any]] = []
        self.address = Address("emulator", "127.0.0.1", 1, "password")

    async def __aenter__(self) -> "Dispatcher":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = Address("emulator", "127.0.0.1", self._server.sockets[0].getsockname()[1], "password")
        return self

    async def __aexit__(self, *_given: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
                body = await reader.readexactly(length)
                assert "X-Harness-Judged: password" in head
                answer: dict[str, Any] = {}
                if head.startswith("POST /_harness/schedules/fire "):
                    self.asked.append(json.loads(body))
                    answer = self.told(self.asked[-1])
                said = json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def fired(asked: dict[str, Any]) -> dict[str, Any]:
    return {"exists": True, "enabled": True, "expression": asked["expression"], "targets": 2}


class Routed(House):
    def __init__(self, address: Address) -> None:
        super().__init__("")
        self.address = address

    @property
    def route(self) -> Callable[[str], Address]:
        return lambda _service: self.address


def call(
    service: str, operation: str, given: dict[str, Any], method: str = "POST", path: str = "/"
) -> Exchange:
    exchange = Exchange.from_head(
        HEAD.format(method=method, path=path).encode(), body=json.dumps(given).encode()
    )
    exchange.service, exchange.operation = service, operation
    return exchange


async def handled(timers: Timers, exchange: Exchange) -> Reply | None:
    """Return the refusal of a call, None for one that goes on to the backend."""
    outcome = timers.handlers[0](exchange)
    assert isinstance(outcome, ReadBody)
    answer = outcome.then(exchange)
    found = await answer if asyncio.iscoroutine(answer) else answer
    assert found is None or isinstance(found, Reply)
    return found


def put_rule(**given: Any) -> Exchange:
    return call("events", "PutRule", {"Name": "r", **given})


def put_schedule(**given: Any) -> Exchange:
    members = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": "a", "RoleArn": "r"}} | given
    return call("scheduler", "POST", members, path="/schedules/nightly")


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5.0):
        while not true():
            await asyncio.sleep(0.005)


def test_ticks() -> None:
    """A rule fires a minute after it was put and every minute from then on, on the clock of the run."""

    async def run() -> None:
        async with Dispatcher(fired) as emulator:
            house = Routed(emulator.address)
            house.clock = Clock(ClockSpec(600.0))
            timers = Timers(house)
            assert await handled(timers, put_rule(ScheduleExpression="rate(1 minute)")) is None
            await until(lambda: len(house.records) >= 3)
            await timers.close()
            ticks = [each for each in house.records if isinstance(each, journal.TimerFired)]
            assert [round(each.due_at - ticks[0].due_at) for each in ticks[:3]] == [0, 60, 120]
            assert {(each.rule, each.targets) for each in ticks} == {("r", 2)}
            assert emulator.asked[0]["kind"] == "rule"

    asyncio.run(run())


def test_a_schedule_that_fires_at_once_waits_for_the_backend() -> None:
    """It is due as it is made, which may be before the backend has it: it is asked again."""

    async def run() -> None:
        answers = [{"exists": False, "enabled": False, "expression": "", "targets": 0}] * 2
        async with Dispatcher(lambda asked: answers.pop() if answers else fired(asked)) as emulator:
            house = Routed(emulator.address)
            timers = Timers(house)
            assert await handled(timers, put_schedule(ScheduleExpression="rate(1 hours)")) is None
            await until(lambda: bool(house.records))
            assert len(emulator.asked) == 3
            assert emulator.asked[0]["group"] == "default"
            await timers.close()

    asyncio.run(run())


@pytest.mark.parametrize("change", [{"enabled": False}, {"expression": "rate(2 minutes)"}])
def test_what_does_not_stand_is_not_told(change: dict[str, Any]) -> None:
    """A rule that is disabled, or was put again with another schedule, has not fired."""

    async def run() -> None:
        async with Dispatcher(lambda asked: fired(asked) | change) as emulator:
            house = Routed(emulator.address)
            house.clock = Clock(ClockSpec(1_000.0))
            timers = Timers(house)
            await handled(timers, put_rule(ScheduleExpression="rate(1 minute)"))
            await until(lambda: len(emulator.asked) >= 2)
            assert house.records == []
            await timers.close()

    asyncio.run(run())


def test_a_deleted_timer_is_forgotten() -> None:
    """What the backend has no more is not asked for again; a rule put without a schedule neither."""

    async def run() -> None:
        stands = [fired]
        gone = {"exists": False, "enabled": False, "expression": "", "targets": 0}
        async with Dispatcher(lambda asked: stands[0](asked) if stands else gone) as emulator:
            house = Routed(emulator.address)
            house.clock = Clock(ClockSpec(1_000.0))
            timers = Timers(house)
            await handled(timers, put_rule(ScheduleExpression="rate(1 minute)"))
            await until(lambda: bool(house.records))
            stands.clear()
            await until(lambda: timers.next_due() is None)
            await handled(timers, put_rule(ScheduleExpression="rate(1 minute)"))
            assert timers.next_due() is not None
            await handled(timers, put_rule(EventPattern="{}"))
            assert timers.next_due() is None
            await timers.close()

    asyncio.run(run())


def test_a_backend_that_cannot_be_told() -> None:
    """Its timers do not fire on the clock of the run, and that is a finding."""

    async def run() -> None:
        house = Routed(Address("moto", "127.0.0.1", 1))
        timers = Timers(house)
        await handled(timers, put_rule(ScheduleExpression="rate(1 minute)"))
        await until(lambda: bool(house.findings))
        assert house.findings[0][:3] == ("timer-not-fired", "error", "r")
        assert "moto fires rules" in house.findings[0][3]
        await timers.close()

    asyncio.run(run())


def test_an_emulator_that_is_down() -> None:
    """It does not hang, and says why."""

    async def run() -> None:
        house = Routed(Address("emulator", "127.0.0.1", 1, "password"))
        timers = Timers(house)
        await handled(timers, put_rule(ScheduleExpression="rate(1 minute)"))
        await until(lambda: bool(house.findings))
        assert house.findings[0][:3] == ("timer-not-fired", "error", "r")
        assert "emulator at 127.0.0.1:1" in house.findings[0][3]
        await timers.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        (put_rule(), "EventPattern or ScheduleExpression must be specified"),
        (put_rule(ScheduleExpression="rate(1 minutes)"), "Parameter ScheduleExpression is not valid."),
        (put_rule(ScheduleExpression="rate(1 minute)", EventBusName="own"), "only on the default event bus"),
        (put_schedule(ScheduleExpression="often"), "Invalid Schedule Expression often."),
        (put_schedule(ScheduleExpression="rate(1 hour)", StartDate="soon"), "A timestamp is a number"),
        (
            put_schedule(ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "FLEXIBLE"}),
            "MaximumWindowInMinutes must be from 1 to 1440",
        ),
        (call("scheduler", "POST", [], path="/schedules/x"), "not a JSON object"),  # type: ignore[arg-type]
    ],
)
def test_refusals(exchange: Exchange, words: str) -> None:
    """In AWS's words, before the backend hears of it, and no timer is made."""

    async def run() -> None:
        timers = Timers(Routed(Address("moto", "127.0.0.1", 1)))
        reply = await handled(timers, exchange)
        assert reply is not None
        assert reply.status == 400
        assert words in reply.body.decode()
        assert timers.next_due() is None

    asyncio.run(run())


def test_other_calls_are_left_alone() -> None:
    """Only what makes timers is read."""
    calls = TimerCalls(House(""), lambda _timer: None, lambda _key: None)
    others = [
        call("events", "PutTargets", {}),
        call("scheduler", "GET", {}, "GET", "/schedules/x"),
        call("scheduler", "POST", {}, path="/schedule-groups/x"),
        call("sqs", "SendMessage", {}),
    ]
    assert [calls.handle(each) for each in others] == [None] * 4
