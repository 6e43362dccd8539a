"""Where a stack's traffic comes in, and events that match a rule."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.messaging.filters import compile_filter
from harness.rehearse.entrances import entrances, sample_event
from harness.scenario import Stack

DATA = Path(__file__).parents[2] / "data" / "stacks"


def ways(path: Path) -> list[tuple[str, str]]:
    """Return logical id and how, of each way in."""
    return [(one.logical_id, one.how) for one in entrances(Stack(path))]


@pytest.mark.parametrize(
    ("stack", "wanted"),
    [
        ("sns_fanout", [("OrderTopic", "load")]),
        ("sqs_worker", [("Jobs", "load")]),
        ("s3_to_lambda", [("UploadBucket.LambdaConfigurations[0]", "objects")]),
        ("endpoint_scaling", [("Endpoint", "load")]),
    ],
)
def test_only_what_nothing_feeds_gets_traffic(stack: str, wanted: list[tuple[str, str]]) -> None:
    """No dead-letter queue, no queue behind a topic, no function behind a queue."""
    assert ways(DATA / stack / "template.yaml") == wanted


def test_a_function_alone_is_invoked_and_one_behind_a_timer_is_not(tmp_path: Path) -> None:
    """A timer fires by itself; a rule with a pattern gets events."""

    def function(name: str) -> dict[str, Any]:
        given = {"FunctionName": name, "Runtime": "python3.11", "Handler": "i.h", "Role": "r"}
        return {"Type": "AWS::Lambda::Function", "Properties": given}

    def rule(target: str, **given: Any) -> dict[str, Any]:
        targets = [{"Id": "1", "Arn": {"Fn::GetAtt": [target, "Arn"]}}]
        return {"Type": "AWS::Events::Rule", "Properties": {"Targets": targets, **given}}

    resources = {
        "Alone": function("alone"),
        "Timed": function("timed"),
        "Told": function("told"),
        "Hourly": rule("Timed", ScheduleExpression="rate(1 hour)"),
        "Sold": rule("Told", EventPattern={"source": ["shop"]}),
    }
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"Resources": resources}))

    assert ways(path) == [("Alone", "load"), ("Sold", "events")]


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["shop"], "detail-type": ["sold"]},
        {"detail": {"price": [{"numeric": [">", 10, "<=", 20]}], "state": [{"anything-but": ["lost"]}]}},
        {
            "detail": {
                "price": [{"numeric": [">", 10]}],
                "of": [{"numeric": ["=", 3]}],
                "n": [{"exists": True}],
            }
        },
        {"detail": {"price": [{"numeric": ["<", 10]}], "at": [{"numeric": [">=", 5]}]}},
        {"detail": {"name": [{"prefix": "a-"}], "end": [{"suffix": ".csv"}], "deep": {"er": ["x"]}}},
        {"detail": {"name": [{"equals-ignore-case": "abc"}], "glob": [{"wildcard": "in/*.json"}]}},
    ],
)
def test_the_sample_matches_the_pattern(pattern: dict[str, Any]) -> None:
    """As the filters of a message body see it, whose words the two services share."""
    event = sample_event(pattern)
    for name, part in (pattern | pattern.get("detail", {})).items():
        if name == "detail" or isinstance(part, dict):
            continue
        value = event[name] if name in event else event["detail"][name]
        assert compile_filter({name: part}, "MessageBody").matches({}, json.dumps({name: value}))


def test_what_no_sample_is_known_for() -> None:
    """Gets a word, so that whoever looks at the run sees where it comes from."""
    assert sample_event(
        {"a": [{"cidr": "10.0.0.0/8"}], "b": [], "c": [{"prefix": {"equals-ignore-case": "x"}}]}
    ) == {
        "a": "rehearsal",
        "b": "rehearsal",
        "c": "rehearsal",
    }
