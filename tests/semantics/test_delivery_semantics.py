"""Random histories of SNS and SQS on every backend, held against what AWS documents: `delivery-semantics`.

HARNESS_HISTORIES says how many a backend (100 without it). They are the same ones every time; another
HARNESS_HISTORIES_SEED gives others. What differs and is not in harness/messaging/differences.toml fails, with
the shortest history that shows it.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from connecting import connect_to
from driver import drive, shortest
from histories import History, histories
from hypothesis import HealthCheck, Phase, given, seed, settings
from known import Known
from rules import known_of
from steps import CreateQueue, Delete, Message, Receive, Send
from subject import Failure, Stage, Subject

from harness.aws.stage import Stage as GatewayStage
from harness.aws.thread import Gateway
from harness.backends import Backend
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.journal import Record

HISTORIES = int(os.environ.get("HARNESS_HISTORIES", "100"))
SEED = int(os.environ.get("HARNESS_HISTORIES_SEED", "1"))
LOST = Message("lost")
# Through the gateway: enough to show that it changes nothing.
SHARE = 10
# A machine that is too busy for more of them than this has not tested anything.
SLOW_RATIO = 0.1


def play(subject: Subject, number: int, known: Known) -> Counter[str]:
    """Play *number* histories; fail with the shortest story of what is new. Return what was played."""
    tally: Counter[str] = Counter()

    @seed(SEED)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @given(histories())
    def histories_agree(history: History) -> None:
        outcome = drive(subject, history, known)
        tally.update(histories=1, steps=outcome.steps, slow=outcome.slow)
        if outcome.new is not None:
            _, least = shortest(subject, history, outcome, known)
            assert least.new is not None
            raise AssertionError(
                f"{subject.name} differs from AWS: {least.new.remark.sentence}\n{least.story}"
            )

    histories_agree()
    return tally


@pytest.mark.timeout(0 if HISTORIES > 100 else 300)
def test_histories_go_as_aws_documents(
    subject: Subject, record_property: Callable[[str, object], None]
) -> None:
    """Every answer, every message and every count of every history is one that AWS may give, or is known."""
    known = known_of(subject.name)
    tally = play(subject, HISTORIES, known)

    for name, value in tally.items():
        record_property(name, value)
    print(f"{subject.name} {subject.version}: {dict(tally)}, known: {dict(known.met)}")
    assert tally["histories"] >= HISTORIES
    assert tally["slow"] <= SLOW_RATIO * tally["histories"], "the machine is too busy to say"


def test_the_gateway_changes_nothing(subject: Subject, backend: Backend) -> None:
    """Histories go through the gateway as they go past it."""
    records: list[Record] = []
    stage = GatewayStage(Clock(ClockSpec(1.0)), records.append, backend.route, Settings(), seed=1)
    with Gateway(stage) as gateway:
        through = connect_to(backend, gateway.url, subject.clock)
        try:
            assert play(through, SHARE, known_of(through.name))["histories"] >= SHARE
        finally:
            through.close()


class Forgetful(Stage):
    """A backend that loses every other message that it takes, and answers as if it had it."""

    def on_queue(self, operation: str, queue: str, **parameters: Any) -> dict[str, Any] | Failure:
        answer = super().on_queue(operation, queue, **parameters)
        if operation == "send_message" and parameters["MessageBody"] == "lost":
            super().on_queue("purge_queue", queue)
        return answer


class ForgetfulSubject(Subject):
    @contextmanager
    def stage(self) -> Iterator[Stage]:
        with super().stage() as stage:
            stage.__class__ = Forgetful
            yield stage


def test_a_loss_is_found_and_told_in_its_shortest_history(subject: Subject, backend: Backend) -> None:
    """The machine sees a backend that loses a message, and leaves out all that has nothing to do with it."""
    forgetful = ForgetfulSubject(
        subject.name,
        subject.version,
        subject.url,
        subject.clock,
        account_id=backend.account_id,
        lag_s=subject.lag_s,
        patience_s=subject.patience_s,
    )
    noise = (CreateQueue("other"), Send("other"), Receive("other"), Delete("other"))
    history = (CreateQueue("jobs"), *noise, Send("jobs"), Receive("jobs"), Send("jobs", LOST), *noise)
    known = known_of(subject.name)
    least, outcome = shortest(forgetful, history, drive(forgetful, history, known), known)
    forgetful.close()

    assert least == (CreateQueue("jobs"), Send("jobs", LOST))
    assert outcome.new is not None
    assert outcome.new.rule == "lost"
    assert "send_message(QueueUrl='jobs', MessageBody='lost')" in outcome.story
