"""The smaller parts of the messaging scenarios: events of a run, detectors, permissions, questions."""

import json
import math
from typing import Any

import pytest

from harness.journal import FaultEnded, MessagePublished, ProgramChanged
from harness.scenario import Queue, Table, Topic
from harness.scenario.permissions import document
from scenarios._messaging.anomalies import ISOLATION_FOREST, SEVERE, Z_SCORE, alerts
from scenarios._messaging.permissions import consume, give_back, publish, receive, remember
from scenarios._messaging.questions import crashes, hits, throughput, without_key
from scenarios._messaging.training import Announcer, random_forest, summed_up
from scenarios._messaging.tuning import CANDIDATES, FOLDS, MESSAGES, PARAMETERS
from scenarios._messaging.tuning import summed_up as search_summed_up


class Topics:
    """What was published, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def publish(self, **call: Any) -> None:
        self.messages.append(json.loads(call["Message"]))


def announced(sns: Topics, error: Exception | None = None) -> None:
    """Announce a run that ends well, or with *error*."""
    with Announcer(sns, "arn", "run", lambda: 0.0).announced() as figures:
        if error is not None:
            raise error
        figures["accuracy"] = 0.9


def test_a_run_that_completes() -> None:
    """Started, then completed with duration and accuracy, numbered in the run."""
    sns = Topics()
    announced(sns)

    assert [(one["id"], one["event"]) for one in sns.messages] == [
        ("run/1", "started"),
        ("run/2", "completed"),
    ]
    assert sns.messages[-1] | {"duration_s": 0.0, "accuracy": 0.9} == sns.messages[-1]


def test_a_run_that_crashes() -> None:
    """Failed is published with the reason, and the error goes on."""
    sns = Topics()
    with pytest.raises(ValueError, match="no data"):
        announced(sns, ValueError("no data"))

    assert sns.messages[-1]["event"] == "failed"
    assert sns.messages[-1]["reason"] == "ValueError: no data"


def test_corrupt_data_crash_the_training() -> None:
    """An infinite value ends the training with scikit-learn's own error."""
    with pytest.raises(ValueError, match="infinity"):
        random_forest(1, corrupt=True)


def event(run: str, sequence: int, name: str) -> dict[str, Any]:
    """Return an event as a subscriber reads it."""
    return {"id": f"{run}/{sequence}", "run": run, "sequence": sequence, "event": name}


def test_events_out_of_order_and_twice() -> None:
    """A subscriber puts the events of each run in order by their numbers, and counts each once."""
    events = [event("b", 2, "failed"), event("a", 2, "completed"), event("a", 1, "started")]
    events += [event("b", 1, "started"), event("a", 2, "completed")]

    assert summed_up(events) == {
        "events": 5,
        "once": 4,
        "runs": 2,
        "in_order": 2,
        "completed": 1,
        "failed": 1,
    }


def test_a_run_with_a_gap() -> None:
    """A run whose first event is missing is in no order."""
    assert summed_up([event("a", 2, "completed")])["in_order"] == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_team_has_alerts(seed: int) -> None:
    """The detectors find outliers of both kinds, some of them severe and most of them not."""
    found = list(alerts(seed))

    assert {one.anomaly_type for one in found} == {ISOLATION_FOREST, Z_SCORE}
    assert 0 < sum(one.severity >= SEVERE for one in found) < len(found)
    assert all(0 <= one.severity <= 10 and len(one.point) == 5 for one in found)


def test_the_search_of_the_original() -> None:
    """20 candidates by 3 folds and the best make 61 messages; 144 combinations are more than 20."""
    assert (CANDIDATES, FOLDS, MESSAGES) == (20, 3, 61)
    assert math.prod(map(len, PARAMETERS.values())) == 144


def test_candidates_without_a_score() -> None:
    """A candidate with one fold that failed has no score, and is not counted."""

    class Search:
        cv_results_ = {"mean_test_score": [0.8, math.nan, 0.9]}
        best_score_ = 0.9

    assert search_summed_up(Search()) == {"scored": 2, "best_score": 0.9}


def test_permissions_name_one_thing_each() -> None:
    """A program may touch the topic, queue or table that it works with, by its AWS name, and no other."""
    fifo = Topic("answers", fifo=True)
    statements = [publish(fifo), consume(Queue("q")), give_back(Queue("q")), receive(Queue("q"))]
    statements.append(remember(Table("t")))

    written = document(statements, "eu-west-1", "123456789012")["Statement"]
    assert [one["Resource"] for one in written] == [
        ["arn:aws:sns:eu-west-1:123456789012:answers.fifo"],
        *[["arn:aws:sqs:eu-west-1:123456789012:q"]] * 3,
        ["arn:aws:dynamodb:eu-west-1:123456789012:table/t"],
    ]
    assert all(action not in ("*", "sns:*", "sqs:*") for one in statements for action in one.actions)


def test_messages_without_a_key() -> None:
    """Messages to the topic that name no piece of work are counted; without any message nothing is."""
    sent = [
        MessagePublished(0.0, 0.0, str(number), "t", [], key=key) for number, key in enumerate(["a", "", "b"])
    ]
    question = without_key(Topic("t"))

    assert question.measure(sent)[0] == 1
    assert question.measure([])[0] is None


def test_crashes_are_not_kills() -> None:
    """A process that ended with an error has crashed, with its error told; a killed one has not."""
    changes = [
        ProgramChanged(1.0, "w", 0, "killed", -9),
        ProgramChanged(2.0, "w", 0, "ended", 1, "KeyError: 'input'"),
        ProgramChanged(3.0, "w", 0, "ended", 0),
        ProgramChanged(3.0, "other", 0, "ended", 1),
    ]
    value, sentence = crashes("w").measure(changes)

    assert value == 1
    assert "KeyError: 'input'" in sentence
    assert crashes("absent").measure(changes)[0] is None


def test_hits_of_a_fault() -> None:
    """What all faults of a kind have hit is added up; a kind that was not there is not measured."""
    ended = [FaultEnded(9.0, "throttle", "sns", 100, 7), FaultEnded(9.0, "throttle", "sqs", 50, 5)]

    assert hits("throttle").measure(ended)[0] == 12
    assert hits("latency").measure(ended)[0] is None


def test_throughput_leaves_copies_aside() -> None:
    """Three answers in two seconds are one a second, however often one of them was published again."""
    sent = [MessagePublished(float(at), 0.0, str(at), "t", []) for at in range(3)]
    again = MessagePublished(9.0, 9.0, "0", "t", [], deduplicated=True)

    assert throughput(Topic("t")).measure([*sent, again])[0] == 1.0
    assert throughput(Topic("t")).measure(sent[:1])[0] is None
