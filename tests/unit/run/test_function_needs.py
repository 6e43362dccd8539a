"""Where functions, and what triggers them, cannot be played it is said why."""

from typing import Any

from lone_functions import nothing_at_all

from harness.gateway.chain import Address
from harness.run.function_needs import lacking
from harness.scenario import (
    Bucket,
    EventSource,
    Function,
    HttpApi,
    Notification,
    Queue,
    Role,
    Scenario,
    Subscription,
    Timer,
    Topic,
    result,
)

SCORE = Function("score", nothing_at_all, Role("runs", service="lambda.amazonaws.com"))
JOBS = Queue("jobs")
TRIGGERS = (
    Subscription(Topic("news"), SCORE),
    Notification(Bucket("images"), SCORE),
    Timer("tick", "rate(1 minute)", (SCORE,)),
    HttpApi("api", SCORE),
)


def scenario(*resources: Any) -> Scenario:
    return Scenario("s", "d", list(resources), [result("p", "k").at_least(0)])


def lacks(scenario: Scenario, *, name: str = "ministack", password: str = "secret") -> list[str]:
    return list(lacking(scenario, lambda _: Address(name, "127.0.0.1", 1, password), "linux"))


def test_our_own_ministack_plays_every_trigger() -> None:
    """And only the one that the rehearsal started itself: it tells the gateway what to run."""
    assert lacks(scenario(*TRIGGERS)) == []
    assert lacks(scenario(*TRIGGERS), password="") == ["sns", "s3", "events", "apigateway"]
    assert lacks(scenario(*TRIGGERS), name="moto") == ["sns", "s3", "events", "apigateway"]


def test_what_the_rehearsal_plays_needs_nobody() -> None:
    """A queue that feeds a function, a timer that sends messages, a scenario without functions."""
    by_itself = scenario(EventSource(JOBS, SCORE), Timer("tick", "rate(1 minute)", (JOBS,)))
    assert lacks(by_itself, name="moto") == []
    assert lacking(scenario(JOBS), lambda _: Address("moto", "h", 1), "darwin") == {}


def test_functions_run_on_linux() -> None:
    """Elsewhere AWS's own client cannot be installed."""
    found = lacking(scenario(SCORE), lambda _: Address("ministack", "h", 1), "darwin")
    assert found == {"lambda": "AWS's runtime client runs on Linux alone, and this is darwin"}
