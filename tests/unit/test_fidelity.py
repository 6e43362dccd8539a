"""What the report says a run is worth."""

import pytest

from harness.fidelity import fidelities
from harness.scenario import Queue, Scenario, find, result

MINISTACK = {"ministack": "1.5.33", "moto": "5.2.5"}
DONE = result("p", "done").at_least(1)


def test_every_topic_is_told_once_in_known_words() -> None:
    """Enforced, modelled, forwarded or not covered, and on what ground."""
    rows = fidelities("embedded", MINISTACK)
    assert len({row.topic for row in rows}) == len(rows)
    assert {row.how for row in rows} == {"enforced", "modelled", "forwarded", "not covered"}
    assert all(row.probed for row in rows)


def test_what_is_kept_names_the_backend() -> None:
    """Whose answers these are."""
    kept = [row for row in fidelities("my-backend", {}) if "kept by the backend 'my-backend'" in row.probed]
    assert [row.how for row in kept] == ["forwarded"] * 3


def test_what_is_not_covered_is_said() -> None:
    """A rehearsal that is silent about permissions and storage would be taken to cover them."""
    uncovered = " ".join(row.topic for row in fidelities("x", {}) if row.how == "not covered")
    assert "permissions" in uncovered
    assert "storage, data transfer" in uncovered


def test_a_run_claims_nothing_about_what_it_has_not() -> None:
    """Queues without endpoints say nothing of scaling, endpoints without queues nothing of delivery."""
    queues = Scenario("s", "", [Queue("q")], [DONE])
    topics = {row.topic for row in fidelities("embedded", MINISTACK, queues)}
    assert "delivery semantics of SNS and SQS" in topics
    assert not any("scaling" in topic for topic in topics)
    endpoint = find("endpoint-autoscaling-3")
    topics = {row.topic for row in fidelities("embedded", MINISTACK, endpoint)}
    assert "delivery semantics of SNS and SQS" not in topics


def test_a_run_without_functions_says_nothing_of_them() -> None:
    """Neither of handlers nor of pollers and schedules; all of it where nobody knows what will run."""
    queues = Scenario("s", "", [Queue("q")], [DONE])
    words = ("function", "event source mapping", "schedule")

    def told(scenario: Scenario | None) -> list[bool]:
        topics = [
            row.topic for row in fidelities("embedded", MINISTACK, scenario) if "policies of" not in row.topic
        ]
        return [any(word in topic for topic in topics) for word in words]

    assert told(queues) == [False, False, False]
    assert told(None) == [True, True, True]


def test_what_of_functions_is_not_aws_is_said() -> None:
    """CPU, isolation and what is not rehearsed at all."""
    uncovered = " ".join(row.topic for row in fidelities("x", {}) if row.how == "not covered")
    for word in ("CPU of a function", "isolation of functions", "SnapStart", "container images"):
        assert word in uncovered


def test_known_differences_of_the_emulator_are_named() -> None:
    """Of the one that answers SQS and SNS; one that nobody has tested says so."""
    row = next(row for row in fidelities("embedded", MINISTACK) if row.topic.startswith("delivery semantics"))
    assert "kept by ministack" in row.probed
    assert "known differences" in row.probed
    row = next(row for row in fidelities("x", {"endpoint": "?"}) if row.topic.startswith("delivery"))
    assert "nobody has held" in row.probed


@pytest.mark.parametrize(
    ("iam", "how"), [("enforce", "enforced"), ("observe", "modelled"), ("off", "not covered")]
)
def test_permissions_are_worth_what_is_done_about_them(iam: str, how: str) -> None:
    """A run that looks away says so."""
    row = next(
        row for row in fidelities("x", {}, iam=iam) if row.topic.startswith("permissions of the caller")
    )
    assert row.how == how
