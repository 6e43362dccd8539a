"""What EventBridge Scheduler sends under a schedule's role."""

import asyncio
import json
from typing import Any

import pytest
from sqs_server import House, Sqs

from harness.aws.event_sources.schedule_targets import ScheduleTargets, payload
from harness.aws.permission import Mode
from harness.clock import Clock, ClockSpec
from harness.config import Credentials
from harness.errors import BackendError
from harness.refusal import Refusal

SCHEDULE = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
DUE = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def delivered(sqs: Sqs, house: House, **target: Any) -> bool:
    """Return whether the schedule's target took what it is sent."""

    async def run() -> bool:
        await sqs.start()
        house.gateway_url = house.gateway_url or sqs.url
        try:
            given = {"Arn": QUEUE, "RoleArn": "arn:aws:iam::123456789012:role/s", **target}
            return await ScheduleTargets(house).deliver("nightly", SCHEDULE, given, DUE)
        finally:
            await sqs.stop()

    return asyncio.run(run())


def test_input_with_context_attributes() -> None:
    """The attributes in angle brackets are filled in."""
    given = {"Input": '{"at": "<aws.scheduler.scheduled-time>", "try": <aws.scheduler.attempt-number>}'}
    text = payload(given, SCHEDULE, DUE, 2, House(""))
    assert json.loads(text) == {"at": "2026-01-01T00:00:00Z", "try": 2}
    whole = payload({"Input": "<aws.scheduler.schedule-arn>"}, SCHEDULE, DUE, 1, House(""))
    assert whole == SCHEDULE


def test_the_default_event() -> None:
    """Without an Input the target gets the scheduled event, its detail an empty object in a text."""
    event = json.loads(payload({}, SCHEDULE, DUE, 1, House("")))
    assert (event["source"], event["resources"], event["time"]) == (
        "aws.scheduler",
        [SCHEDULE],
        "2026-01-01T00:00:00Z",
    )
    assert event["detail"] == "{}"


def test_a_queue_with_a_group() -> None:
    """SqsParameters name the group of a FIFO queue."""
    sqs, house = Sqs(), House("")
    assert delivered(sqs, house, Input="x", SqsParameters={"MessageGroupId": "g"})
    (call,) = sqs.named("sendmessage")
    assert (call["MessageBody"], call["MessageGroupId"]) == ("x", "g")
    assert call["QueueUrl"].endswith("/123456789012/jobs")


def test_a_throttle_passes() -> None:
    """Scheduler tries again."""
    sqs = Sqs(refusals={"sendmessage": [(400, "RequestThrottled"), (503, "ServiceUnavailable")]})
    assert delivered(sqs, House("", clock=Clock(ClockSpec(1_000.0))), Input="x")
    assert len(sqs.named("sendmessage")) == 3


@pytest.mark.parametrize(
    ("refusals", "words"),
    [([(403, "AccessDenied")], "AccessDenied"), ([(500, "InternalError")] * 6, "errors of its own")],
)
def test_what_is_not_taken_is_a_finding(refusals: list[tuple[int, str]], words: str) -> None:
    """A role without the right, and a target that stays broken."""
    house = House("", clock=Clock(ClockSpec(1_000.0)))
    assert not delivered(Sqs(refusals={"sendmessage": refusals}), house, Input="x")
    ((rule, _, name, message, _),) = house.findings
    assert (rule, name) == ("schedule-not-delivered", "nightly")
    assert words in message


class Roles(House):
    """Permission that does not give credentials out."""

    answer: Refusal | BackendError = Refusal("ValidationException", "no trust")

    async def credentials_for(self, *_given: str, **_more: str) -> Credentials | Refusal:
        if isinstance(self.answer, BackendError):
            raise self.answer
        return self.answer


def test_it_is_told_once() -> None:
    """A schedule whose target refuses every minute is one finding."""
    house = Roles("", mode=Mode.ENFORCE)
    targets = ScheduleTargets(house)

    async def run() -> None:
        for _ in range(3):
            await targets.deliver("nightly", SCHEDULE, {"Arn": QUEUE, "RoleArn": "r"}, DUE)

    asyncio.run(run())
    assert len(house.findings) == 1


def test_a_role_that_does_not_trust_scheduler() -> None:
    """Nothing is sent as it."""
    sqs, house = Sqs(), Roles("", mode=Mode.ENFORCE)
    assert not delivered(sqs, house, Input="x")
    assert sqs.calls == []
    assert "no trust" in house.findings[0][3]


def test_a_role_that_there_is_not() -> None:
    """Under enforcement it is refused, without it does not matter."""
    for mode, taken in ((Mode.ENFORCE, False), (Mode.OFF, True)):
        house = Roles("", mode=mode)
        house.answer = BackendError("no such role")
        assert delivered(Sqs(), house, Input="x") is taken
