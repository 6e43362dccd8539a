"""Topics, queues and subscriptions: what SNS and SQS would refuse is refused when it is declared."""

from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scenario import (
    Constant,
    OpenModel,
    Program,
    Queue,
    Scenario,
    Subscription,
    Table,
    Topic,
    Webhook,
)
from harness.scenario.expectations.expectation import result

EVENTS = Topic("events")
JOBS = Queue("jobs")
DONE = result("p", "done").at_least(1)


def pipeline(**fields: Any) -> Scenario:
    given = {"name": "s", "description": "", "resources": [EVENTS], "expectations": [DONE]}
    return Scenario(**given | fields)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Topic("a b"), "Topic 'a b': a name has 1 to 256 letters"),
        (lambda: Topic("t.fifo"), "'.fifo' is added where fifo=True"),
        (lambda: Topic("t" * 257), "1 to 256"),
        (lambda: Queue("q" * 76, fifo=True), "1 to 75"),
        (lambda: Queue(""), "1 to 80"),
        (lambda: Webhook("w", refuses=-1), "refuses is -1"),
        (lambda: Table("a/b"), "Table 'a/b'"),
        (lambda: Topic("t", content_based_deduplication=True), "needs fifo=True"),
        (
            lambda: Queue("q", visibility_timeout_s=43_201),
            "is 43201; SQS takes 0 to 43200",
        ),
        (lambda: Queue("q", retention_s=59), "retention_s is 59"),
        (lambda: Queue("q", delay_s=901), "delay_s is 901"),
        (lambda: Queue("q", receive_wait_s=21), "receive_wait_s is 21"),
        (lambda: Queue("q", max_receive_count=0), "max_receive_count is 0"),
        (lambda: Queue("q", maximum_message_bytes=1_048_577), "maximum_message_bytes"),
        (lambda: Queue("q", dead_letter=Queue("d", fifo=True)), "must be a standard queue"),
        (lambda: Queue("q", fifo=True, dead_letter=Queue("d")), "must be a FIFO queue"),
        (lambda: Queue("q", accepts=[EVENTS], policy={}), "accepts and policy are both given"),
        (lambda: Subscription(EVENTS, JOBS, filter_policy={"a": {1}}), "no JSON value"),
        (lambda: Subscription(EVENTS, JOBS, filter_policy={"a": "b"}), '"a" must be an object or an array'),
    ],
)
def test_what_aws_refuses_is_refused_when_built(make: Any, says: str) -> None:
    """The sentence names the thing and what may be."""
    with pytest.raises(ScenarioError, match=says):
        make()


def test_names_of_fifo_topics_and_queues_end_in_fifo() -> None:
    """The ending is added, never written by hand."""
    assert (Topic("t", fifo=True).aws_name, Queue("q", fifo=True).aws_name) == ("t.fifo", "q.fifo")
    assert (EVENTS.aws_name, JOBS.aws_name) == ("events", "jobs")


def test_what_is_named_comes_with_the_scenario() -> None:
    """Queues of programs, topics of policies and of the load, dead-letter queues: each once, undeclared."""
    dead = Queue("dead")
    other, third = Topic("other"), Topic("third")
    work = Queue("work", accepts=[other], dead_letter=dead)
    hook, direct = Webhook("hook"), Queue("direct")
    made = pipeline(
        resources=[JOBS, Subscription(EVENTS, work), Subscription(EVENTS, hook), hook, Table("t")],
        programs=[Program("p", lambda context: None, reads=(work,))],
        workload=[OpenModel(third, Constant(1, 1)), OpenModel(direct, Constant(1, 1))],
    )
    assert made.queues == [JOBS, work, dead, direct]
    assert made.topics == [EVENTS, other, third]
    assert made.webhooks == [hook]
    assert [table.name for table in made.tables] == ["t"]
    assert made.endpoints == []


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ([], "declare at least one Endpoint, Topic, Queue or Function"),
        ([JOBS, Queue("jobs", delay_s=1)], "2 queues are called 'jobs'"),
        ([Topic("t"), Topic("t", key="run")], "2 topics are called 't'"),
        ([Webhook("w"), Webhook("w", refuses=1)], "2 webhooks are called 'w'"),
        ([Table("t"), Table("t", key="k")], "2 tables are called 't'"),
    ],
)
def test_two_things_of_one_name_are_refused(resources: list[Any], says: str) -> None:
    """The same thing twice is one thing; two different ones would share a name on AWS."""
    with pytest.raises(ScenarioError, match=says):
        pipeline(resources=resources)


def test_a_subscription_is_named_by_both_ends() -> None:
    """An ARN names itself."""
    assert Subscription(EVENTS, JOBS).label == "subscription of jobs to events"
    assert Subscription(EVENTS, "arn:aws:sqs:r:1:q").label == "subscription of arn:aws:sqs:r:1:q to events"
