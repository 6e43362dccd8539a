"""What may be said of timers, rules, notifications and HTTP APIs."""

from typing import Any

import pytest
from lone_handlers import echo

from harness.errors import ScenarioError
from harness.scenario import Bucket, Function, HttpApi, Notification, Queue, Role, Rule, Timer, Topic

SCORE = Function("score", echo, Role("runs", service="lambda.amazonaws.com"))
IMAGES = Bucket("images")


@pytest.mark.parametrize("schedule", ["rate(1 minute)", "rate(2 hours)", "cron(0 8 * * ? *)"])
def test_a_timer_takes_what_eventbridge_takes(schedule: str) -> None:
    """Rates and cron expressions."""
    timer = Timer("tick", schedule, [SCORE], input={"pages": 3})
    assert timer.arn("r", "1") == "arn:aws:events:r:1:rule/tick"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("tick", "rate(1 minutes)", [SCORE]), "EventBridge refuses its schedule"),
        (("tick", "every minute", [SCORE]), r"write it as 'rate\(5 minutes\)'"),
        (("a tick", "rate(1 day)", [SCORE]), "1 to 64 letters"),
        (("tick", "rate(1 day)", []), "it has 0 targets"),
        (("tick", "rate(1 day)", [SCORE] * 6), "it has 6 targets"),
        (("tick", "rate(1 day)", [SCORE], {"at": {1}}), "input is no JSON value"),
    ],
)
def test_a_timer_that_aws_would_refuse_is_refused(given: Any, sentence: str) -> None:
    """With a sentence that shows how it is written."""
    with pytest.raises(ScenarioError, match=sentence):
        Timer(*given)


def test_a_rule_matches_something() -> None:
    """An empty pattern is none."""
    rule = Rule("made", {"source": ["aws.s3"]}, [SCORE])
    assert rule.arn("r", "1") == "arn:aws:events:r:1:rule/made"
    with pytest.raises(ScenarioError, match="pattern is empty"):
        Rule("made", {}, [SCORE])
    with pytest.raises(ScenarioError, match="pattern is no JSON value"):
        Rule("made", {"source": {1}}, [SCORE])


def test_a_notification_is_of_events_that_s3_has() -> None:
    """One may be given as text."""
    assert Notification(IMAGES, SCORE, "s3:ObjectRemoved:*").events == ("s3:ObjectRemoved:*",)
    for events, sentence in (((), "events is empty"), (("created",), "is no S3 event")):
        with pytest.raises(ScenarioError, match=sentence):
            Notification(IMAGES, SCORE, events)
    for target in (Queue("jobs", fifo=True), Topic("news", fifo=True)):
        with pytest.raises(ScenarioError, match="S3 tells standard ones only"):
            Notification(IMAGES, target)


@pytest.mark.parametrize(
    ("route", "method", "path"),
    [("GET /scores", "GET", "/scores"), ("ANY /{proxy+}", "POST", "/{proxy+}"), ("$default", "POST", "/")],
)
def test_an_api_is_called_by_its_route(route: str, method: str, path: str) -> None:
    """Where any method will do the load posts."""
    api = HttpApi("predict", SCORE, route)
    assert (api.method, api.path) == (method, path)


def test_an_api_that_aws_would_refuse_is_refused() -> None:
    """Without a name, or with a path for a route."""
    for given, sentence in ((("", SCORE), "1 to 128"), (("api", SCORE, "/predict"), "write method and path")):
        with pytest.raises(ScenarioError, match=sentence):
            HttpApi(*given)
