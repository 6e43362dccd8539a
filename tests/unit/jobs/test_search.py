"""Search finds what its expression says, and refuses what SageMaker refuses."""

from typing import Any

import pytest

from harness.jobs.search import Query, search
from harness.jobs.search_values import Kind, kind_of, number, values
from harness.jobs.unacceptable import Unacceptable

SCHEMA = {
    "TrainingJobName": Kind.TEXT,
    "TrainingJobStatus": Kind.TEXT,
    "CreationTime": Kind.TIMESTAMP,
    "LastModifiedTime": Kind.TIMESTAMP,
    "TrainingTimeInSeconds": Kind.NUMBER,
    "EnableManagedSpotTraining": Kind.BOOLEAN,
    "HyperParameters": Kind.STRUCTURE,
    "HyperParameters.*": Kind.FREE,
    "InputDataConfig": Kind.STRUCTURE,
    "InputDataConfig.ChannelName": Kind.TEXT,
    "InputDataConfig.DataSource.S3DataSource.S3Uri": Kind.TEXT,
    "TrainingJobArn": Kind.TEXT,
}


def job(name: str, rmse: float | None, *, at: float = 0.0, **more: Any) -> dict[str, Any]:
    metrics = [] if rmse is None else [{"MetricName": "validation:rmse", "Value": rmse, "Timestamp": at}]
    return {
        "TrainingJobName": name,
        "CreationTime": 1_700_000_000.0 + at,
        "LastModifiedTime": 1_700_000_000.0 + at,
        "FinalMetricDataList": metrics,
        **more,
    }


def channel(name: str, uri: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}}


JOBS = [
    job(
        "first",
        12.5,
        at=10,
        TrainingJobStatus="Completed",
        HyperParameters={"eta": "0.7", "tree.depth": "6"},
        InputDataConfig=[channel("train", "s3://b/cats/"), channel("test", "s3://b/dogs/")],
        Tags=[{"Key": "Project", "Value": "turbofan"}],
        TrainingTimeInSeconds=30,
        EnableManagedSpotTraining=True,
    ),
    job(
        "second",
        8.0,
        at=30,
        TrainingJobStatus="Stopped",
        HyperParameters={"eta": "1.9", "kind": "deep"},
        InputDataConfig=[channel("train", "s3://b/dogs/")],
        TrainingTimeInSeconds=60,
        EnableManagedSpotTraining=False,
    ),
    job("third", None, at=20, TrainingJobStatus="Failed", HyperParameters=None),
]


def names(expression: dict[str, Any] | None, **query: Any) -> list[str]:
    asked = Query("TrainingJob", expression, **query)
    return [each["TrainingJobName"] for each in search(JOBS, asked, SCHEMA)]


def one(name: str, operator: str | None = None, value: str | None = None) -> dict[str, Any]:
    condition = {"Name": name, "Operator": operator, "Value": value}
    return {"Filters": [{key: each for key, each in condition.items() if each is not None}]}


@pytest.mark.parametrize(
    ("name", "operator", "value", "found"),
    [
        ("TrainingJobStatus", "Equals", "Stopped", ["second"]),
        ("TrainingJobStatus", None, "Stopped", ["second"]),
        ("TrainingJobStatus", "NotEquals", "Stopped", ["third", "first"]),
        ("TrainingJobStatus", "In", "Stopped, Failed", ["second", "third"]),
        ("TrainingJobName", "Contains", "ir", ["third", "first"]),
        ("Metrics.validation:rmse", "LessThan", "10", ["second"]),
        ("Metrics.validation:rmse", "LessThanOrEqualTo", "8", ["second"]),
        ("Metrics.validation:rmse", "GreaterThan", "8", ["first"]),
        ("Metrics.validation:rmse", "GreaterThanOrEqualTo", "8", ["second", "first"]),
        ("Metrics.validation:rmse", "NotExists", None, ["third"]),
        ("TrainingTimeInSeconds", "Equals", "60", ["second"]),
        ("TrainingTimeInSeconds", "Exists", None, ["second", "first"]),
        ("HyperParameters.eta", None, None, ["second", "first"]),
        ("HyperParameters.eta", "LessThan", "1.0", ["first"]),
        ("HyperParameters.eta", "Equals", "1", ["second"]),
        ("HyperParameters.tree.depth", "Equals", "6", ["first"]),
        ("HyperParameters.kind", "Equals", "deep", ["second"]),
        ("HyperParameters.kind", "GreaterThan", "3", []),
        ("HyperParameters.kind", "Contains", "ee", ["second"]),
        ("Tags.Project", "Equals", "turbofan", ["first"]),
        ("Tags.Owner", "Exists", None, []),
        ("EnableManagedSpotTraining", "Equals", "TRUE", ["first"]),
        ("CreationTime", "GreaterThan", "2023-11-14T22:13:35", ["second", "third"]),
        ("CreationTime", "LessThan", "2023-11-14T23:13:35+01:00", ["first"]),
        ("InputDataConfig.ChannelName", "Equals", "test", ["first"]),
    ],
)
def test_each_operator_finds_what_it_says(
    name: str, operator: str | None, value: str | None, found: list[str]
) -> None:
    """The newest first, as SageMaker orders them by default."""
    assert names(one(name, operator, value)) == found


def test_one_object_of_a_list_must_satisfy_all_filters_of_a_nested_filter() -> None:
    """The training channel of the first job holds cats; its other channel, with the dogs, does not count."""

    def nested(uri: str) -> dict[str, Any]:
        conditions = [
            {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": "train"},
            {"Name": "DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": uri},
        ]
        return {"NestedFilters": [{"NestedPropertyName": "InputDataConfig", "Filters": conditions}]}

    assert names(nested("dogs")) == ["second"]
    assert names(nested("cats")) == ["first"]


def test_expressions_are_joined_by_and_unless_or_is_said() -> None:
    """Sub-expressions are conditions among the others."""
    low, done = (
        one("Metrics.validation:rmse", "LessThan", "10"),
        one("TrainingJobStatus", "Equals", "Completed"),
    )
    assert names({"SubExpressions": [low, done]}) == []
    assert names({"SubExpressions": [low, done], "Operator": "Or"}) == ["second", "first"]
    assert names({**low, "SubExpressions": [one("TrainingJobName", "Contains", "sec")]}) == ["second"]


def test_a_ranking_puts_what_has_no_metric_last() -> None:
    """Ascending and descending alike."""
    assert names(None, sort_by="Metrics.validation:rmse", descending=False) == ["second", "first", "third"]
    assert names(None, sort_by="Metrics.validation:rmse") == ["first", "second", "third"]
    assert names(None, sort_by="TrainingJobName", descending=False) == ["first", "second", "third"]
    assert names(None, sort_by="TrainingJobName") == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ({}, "at least one"),
        (one("Colour", "Equals", "red"), "Unknown property name: Colour"),
        (one("Metrics", "Exists"), "Unknown property name"),
        (one("Tags", "Exists"), "Unknown property name"),
        (one("TrainingJobName", "Like", "x"), "Invalid operator"),
        (one("TrainingJobName", "Equals"), "value is required"),
        (one("TrainingJobName", "GreaterThan", "x"), "not supported for the text"),
        (one("TrainingTimeInSeconds", "Contains", "3"), "only supported for text"),
        (one("TrainingTimeInSeconds", "Equals", "soon"), "is numeric"),
        (one("HyperParameters.eta", "LessThan", "soon"), "is numeric"),
        (one("HyperParameters", "Equals", "x"), "is a structure"),
        (one("CreationTime", "LessThan", "yesterday"), "Invalid date-time"),
        ({"Filters": [{"Name": "TrainingJobName", "Value": "x"}], "Operator": "Xor"}, "Boolean operator"),
        ({"Filters": one("TrainingJobName", "Contains", "a")["Filters"] * 2}, "'CONTAINS' operator usage"),
        ({"Filters": one("TrainingJobName", "Equals", "a")["Filters"] * 21}, "more than 20"),
        ({"SubExpressions": [{"Filters": one("TrainingJobName", None, "a")["Filters"] * 17}] * 3}, "51 cond"),
    ],
)
def test_what_search_refuses(expression: dict[str, Any], words: str) -> None:
    """The refusal names what is wrong."""
    with pytest.raises(Unacceptable, match=words):
        names(expression)


def test_some_names_may_be_searched_by_contains_more_than_once() -> None:
    """Filter, Operator: DisplayName of an experiment is one of them."""
    both = [{"Name": "DisplayName", "Operator": "Contains", "Value": part} for part in ("a", "b")]
    query = Query("Experiment", {"Filters": both}, sort_by="DisplayName")
    found = search([{"DisplayName": "ab"}, {"DisplayName": "a"}], query, {"DisplayName": Kind.TEXT})
    assert found == [{"DisplayName": "ab"}]


def test_a_trial_component_has_statistics_and_parameters() -> None:
    """Metrics.<name>.<statistic>, the last value without one; a parameter is its number or text."""
    component = {
        "Metrics": [{"MetricName": "loss", "Last": 0.5, "Min": 0.1}],
        "Parameters": {"eta": {"NumberValue": 0.3}, "kind": {"StringValue": "deep"}},
        "Parents": [{"TrialName": "t"}, {"TrialName": "u"}],
    }
    assert values(component, "Metrics.loss.Min") == [0.1]
    assert values(component, "Metrics.loss") == [0.5]
    assert values(component, "Metrics.other") == []
    assert values(component, "Parameters.eta") == [0.3]
    assert values(component, "Parameters.kind") == ["deep"]
    assert values(component, "Parents.TrialName") == ["t", "u"]
    assert values(component, "Parents") == [{"TrialName": "t"}, {"TrialName": "u"}]
    assert values(component, "Nothing.here") == []
    assert values({"A": "text"}, "A.b") == []


def test_the_kind_of_a_property_inside_a_map_is_the_maps() -> None:
    """Also where the key has dots; a truth value is no number."""
    assert kind_of("HyperParameters.a.b", SCHEMA) is Kind.FREE
    assert kind_of("Tags.any", SCHEMA) is Kind.TEXT
    assert number(True) is None
