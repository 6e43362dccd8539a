"""The live pollers against an SQS of a few lines: what they call, when they stop, that they never spin."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from sqs_server import House, Sqs

from harness import journal
from harness.aws.event_sources.house import calls_of
from harness.aws.event_sources.mapping import Mapping
from harness.aws.event_sources.poller import Poller
from harness.aws.functions.results import Result
from harness.config import Credentials
from harness.functions.event_sources_arguments import source_config
from harness.functions.event_sources_settings import EventSourceSettings


def received(*names: str) -> list[dict[str, Any]]:
    return [
        {"MessageId": name, "ReceiptHandle": f"h-{name}", "Body": name, "MD5OfBody": ""} for name in names
    ]


def polling(house: House, **given: Any) -> Poller:
    mapping = Mapping(
        uuid="u", queue_arn="arn:aws:sqs:us-east-1:123456789012:q", queue_url="http://q", function="f",
        qualifier="", function_arn="arn", role="r", given=given, config=source_config(given, fifo=False),
        visibility_s=30.0, enabled=True, modified_epoch_s=0.0,
    )  # fmt: skip

    async def renewed() -> Credentials:
        return Credentials()

    return Poller(house, calls_of(house), mapping, Credentials(), renewed, EventSourceSettings())


def with_sqs(test: Callable[[Sqs, House], Coroutine[Any, Any, None]], sqs: Sqs) -> None:
    async def run() -> None:
        await sqs.start()
        try:
            await test(sqs, House(sqs.url))
        finally:
            await sqs.stop()

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5.0):
        while not true():
            await asyncio.sleep(0.005)


def deleted(sqs: Sqs) -> list[list[str]]:
    return [[each["ReceiptHandle"] for each in call["Entries"]] for call in sqs.named("deletemessagebatch")]


def test_received_invoked_deleted() -> None:
    """A batch is invoked with its records, then deleted; the next poll waits, and ends at once when asked."""

    async def run(sqs: Sqs, house: House) -> None:
        poller = polling(house)
        poller.start()
        await until(lambda: deleted(sqs) == [["h-a", "h-b"]] and poller.backlog == 0)
        (event,) = map(json.loads, house.payloads)
        assert [each["body"] for each in event["Records"]] == ["a", "b"]
        polls = sqs.named("receivemessage")
        assert [(each["WaitTimeSeconds"], each["MaxNumberOfMessages"]) for each in polls] == [(20, 10)] * len(
            polls
        )
        began = time.monotonic()
        await poller.stop()
        assert time.monotonic() - began < 1.0
        assert [each.in_flight for each in house.records if isinstance(each, journal.EventSourceSampled)] == [
            0,
            1,
            0,
        ]

    with_sqs(run, Sqs(received("a", "b")))


def test_only_what_succeeded_is_deleted() -> None:
    """Of a partial failure the rest; of a failed invocation nothing."""

    async def run(sqs: Sqs, house: House) -> None:
        failures = b'{"batchItemFailures": [{"itemIdentifier": "a"}]}'
        house.results = [Result("ok", failures), Result("error", b"{}", "ValueError")]
        poller = polling(house, FunctionResponseTypes=["ReportBatchItemFailures"], BatchSize=2)
        poller.start()
        await until(lambda: len(house.payloads) == 2 and poller.backlog == 0)
        assert deleted(sqs) == [["h-b"]]
        await poller.stop()

    with_sqs(run, Sqs(received("a", "b", "c", "d")))


def test_filtered_messages_are_deleted_unseen() -> None:
    """The function gets what passes."""

    async def run(sqs: Sqs, house: House) -> None:
        poller = polling(house, FilterCriteria={"Filters": [{"Pattern": '{"body": ["a"]}'}]})
        poller.start()
        await until(lambda: len(deleted(sqs)) == 2 and poller.backlog == 0)
        assert sorted(deleted(sqs)) == [["h-a"], ["h-b"]]
        (event,) = map(json.loads, house.payloads)
        assert len(event["Records"]) == 1
        await poller.stop()

    with_sqs(run, Sqs(received("a", "b")))


def test_a_throttled_batch_is_invoked_again() -> None:
    """After the backoff, on the clock of the run."""

    async def run(sqs: Sqs, house: House) -> None:
        house.results = [Result("throttled", reason="x"), Result("throttled", reason="x")]
        poller = polling(house)
        began = house.clock.now()
        poller.start()
        await until(lambda: deleted(sqs) == [["h-a"]])
        assert len(house.payloads) == 3
        assert house.clock.now() - began >= 3.0
        await poller.stop()

    with_sqs(run, Sqs(received("a")))


def test_a_window_on_a_compressed_clock() -> None:
    """Messages that come within the window are one batch; ten seconds are half a second at 20."""

    async def run(sqs: Sqs, house: House) -> None:
        poller = polling(house, BatchSize=100, MaximumBatchingWindowInSeconds=10)
        poller.start()
        await until(lambda: poller.backlog == 1)
        sqs.waiting += received("b", "c")
        await until(lambda: poller.backlog == 0)
        (event,) = map(json.loads, house.payloads)
        assert [each["body"] for each in event["Records"]] == ["a", "b", "c"]
        await poller.stop()

    with_sqs(run, Sqs(received("a")))


def test_a_deletion_is_tried_again() -> None:
    """SQS that is throttled, or errs itself, is asked again."""

    async def run(sqs: Sqs, house: House) -> None:
        poller = polling(house)
        poller.start()
        await until(lambda: len(deleted(sqs)) == 3 and poller.backlog == 0)
        await poller.stop()

    refusals = {"deletemessagebatch": [(500, "InternalError"), (400, "RequestThrottled")]}
    with_sqs(run, Sqs(received("a"), refusals))


def test_a_refused_poll_is_told_once() -> None:
    """A role without the right: a finding, the state of the mapping, and ever longer waits."""

    async def run(sqs: Sqs, house: House) -> None:
        poller = polling(house)
        poller.start()
        await until(lambda: len(sqs.calls) == 3)
        await poller.stop()
        ((rule, severity, queue, message, _),) = house.findings
        assert (rule, severity, queue) == ("event-source-not-polled", "warning", "q")
        assert "AccessDenied" in message

    with_sqs(run, Sqs(refusals={"receivemessage": [(403, "AccessDenied")] * 10}))


def test_without_a_gateway_it_neither_spins_nor_hangs() -> None:
    """Nobody answers: a few tries a second, and an end when it is asked to."""

    async def run() -> None:
        house = House("http://127.0.0.1:1")
        poller = polling(house)
        poller.start()
        cpu_began = time.process_time()
        await asyncio.sleep(0.3)
        assert time.process_time() - cpu_began < 0.2
        began = time.monotonic()
        await poller.stop(at_once=True)
        assert time.monotonic() - began < 1.0
        assert poller.backlog == 0

    asyncio.run(run())


def test_stopping_at_once_gives_up_what_runs() -> None:
    """A function that never returns does not hold up the end of a run."""

    class Stuck(House):
        async def invoke(self, *_given: Any, **_more: Any) -> Result:
            await asyncio.sleep(60.0)
            raise AssertionError("it was given up before")

    async def run(sqs: Sqs, house: House) -> None:
        poller = polling(Stuck(sqs.url))
        poller.start()
        await until(lambda: poller.backlog == 1)
        await poller.stop(at_once=True)
        assert poller.backlog == 0

    with_sqs(run, Sqs(received("a")))
