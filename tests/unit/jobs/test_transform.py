"""Batch transform cuts, fills and joins as its guide says."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.json_path import select
from harness.jobs.transform_records import (
    assembled,
    output_key,
    payload,
    records,
    requests,
    result,
)
from harness.jobs.transform_request import MB, plan_of
from harness.jobs.unacceptable import Unacceptable


def asked(**more: Any) -> dict[str, Any]:
    """CreateTransformJob's arguments; a member of TransformInput or -Output is given as "input.Name"."""
    plain = {name: value for name, value in more.items() if "." not in name}
    inside = {name: value for name, value in more.items() if "." in name}
    return {
        "TransformJobName": "t",
        "ModelName": "m",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
            **{name[6:]: value for name, value in inside.items() if name.startswith("input.")},
        },
        "TransformOutput": {
            "S3OutputPath": "s3://b/out",
            **{name[7:]: value for name, value in inside.items() if name.startswith("output.")},
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **plain,
    }


PLAN = plan_of(asked())
JSON = replace(PLAN, content_type="application/jsonlines")


def test_a_plan_has_the_defaults_of_the_api() -> None:
    """6 MB, as many records as fit, nothing joined."""
    assert (PLAN.limit_bytes, PLAN.single_record, PLAN.by_line) == (6 * MB, False, True)
    assert not PLAN.processes_data
    assert plan_of(asked(DataProcessing=FILTER)).processes_data
    assert plan_of(asked(MaxPayloadInMB=100)).limit_bytes == 100 * MB


def test_lines_are_records() -> None:
    """Without their ends and without empty ones; an object that is not split is one record."""
    assert records(b"1,2\r\n3,4\n\n", by_line=True) == [b"1,2", b"3,4"]
    assert records(b"1,2\n3,4\n", by_line=False) == [b"1,2\n3,4\n"]


@given(st.lists(st.binary(max_size=9), max_size=30), st.integers(9, 40), st.booleans())
def test_requests_hold_every_record_once_and_fit(found: list[bytes], limit: int, single: bool) -> None:
    """In order; a single record each where that was asked for."""
    made = list(requests(found, replace(PLAN, limit_bytes=limit, single_record=single)))
    assert [each for one in made for each in one] == found
    assert all(len(payload(one, PLAN)) <= limit for one in made)
    assert not single or all(len(one) == 1 for one in made)


def test_a_record_above_the_limit_is_refused() -> None:
    """No request could carry it."""
    with pytest.raises(Unacceptable, match="12 bytes is larger"):
        list(requests([b"x" * 12], replace(PLAN, limit_bytes=10)))


def test_answers_are_put_together_as_asked() -> None:
    """AssembleWith Line ends each answer with one new line, whatever the model ended it with."""
    lines = replace(PLAN, line_after_each=True)
    assert assembled([result([b"1"], b"0.5\n", lines), b"0.7"], lines) == b"0.5\n0.7\n"
    assert assembled([result([b"1"], b"0.5\n", PLAN), b"0.7"], PLAN) == b"0.5\n0.7"


def test_rows_of_csv_are_filtered_and_joined() -> None:
    """An id is kept from the model and comes back beside its answer."""
    plan = replace(PLAN, input_filter="$[1:]", output_filter="$[0,-1]", joins_input=True)
    rows = [b'"a,b",1,2', b"c,3,4"]
    assert payload(rows, plan) == b"1,2\n3,4"
    assert result(rows, b"10\n20\n", plan) == b'"a,b",10\nc,20'
    assert result(rows, b"10\n20", replace(plan, output_filter="$")) == b'"a,b",1,2,10\nc,3,4,20'
    assert result([b"1"], b"7,8", replace(PLAN, output_filter="$[1]")) == b"8"


def test_objects_of_json_are_joined_under_their_own_names() -> None:
    """SageMakerOutput beside what was there, SageMakerInput around what is no object."""
    plan = replace(JSON, joins_input=True)
    assert result([b'{"id": 1}'], b"[0.5]", plan) == b'{"id": 1, "SageMakerOutput": [0.5]}'
    assert result([b"[1]"], b"[0.5]", plan) == b'{"SageMakerInput": [1], "SageMakerOutput": [0.5]}'
    whole = replace(plan, by_line=False)
    assert result([b"[1]"], b"[0.5]", whole) == b'{"SageMakerInput": [1], "SageMakerOutput": [0.5]}'
    assert payload([b'{"id": 1, "x": [2]}'], replace(JSON, input_filter="$.x")) == b"[2]"


def test_what_cannot_be_joined() -> None:
    """Another number of answers, or a record that is no JSON."""
    with pytest.raises(Unacceptable, match="2 answers to 1 records"):
        result([b"1"], b"5\n6", replace(PLAN, joins_input=True))
    with pytest.raises(Unacceptable, match="no JSON: soon"):
        result([b"soon"], b"5", replace(JSON, joins_input=True))


@pytest.mark.parametrize(
    ("prefix", "key", "output", "where"),
    [
        ("in/", "in/data.csv", "out", "out/data.csv.out"),
        ("in", "in/a/data.csv", "out/", "out/a/data.csv.out"),
        ("in/data.csv", "in/data.csv", "out", "out/data.csv.out"),
        ("in/da", "in/data.csv", "", "data.csv.out"),
        ("", "data.csv", "out", "out/data.csv.out"),
    ],
)
def test_answers_lie_in_the_same_subfolder(prefix: str, key: str, output: str, where: str) -> None:
    """With .out at the end."""
    assert output_key(prefix, key, output) == where


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": {"b-c": [1, 2, 3]}}),
        ("$.a.b-c", [1, 2, 3]),
        ("$['a']['b-c'][0]", 1),
        ("$.a.b-c[-1]", 3),
        ("$.a.b-c[0, 2]", [1, 3]),
        ("$.a.b-c[1:]", [2, 3]),
        ("$.a.b-c[:-1]", [1, 2]),
    ],
)
def test_a_path_selects(path: str, found: Any) -> None:
    """The operators that the guide lists."""
    assert select({"a": {"b-c": [1, 2, 3]}}, path) == found


@pytest.mark.parametrize(
    ("path", "words"),
    [("a", "begin with"), ("$.*", "not supported from '.*'"), ("$.x", "no '.x'"), ("$[0]", "no '[0]'")],
)
def test_a_path_that_selects_nothing(path: str, words: str) -> None:
    """The message tells the step."""
    with pytest.raises(Unacceptable, match=re.escape(words)):
        select({"a": 1}, path)


FILTER = {"InputFilter": "$[1:]"}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked(**{"input.SplitType": "TFRecord"}), "not covered"),
        (asked(**{"input.SplitType": None}, BatchStrategy="SingleRecord"), "To enable BatchStrategy"),
        (asked(MaxPayloadInMB=0), "chunked"),
        (asked(MaxPayloadInMB=50, MaxConcurrentTransforms=3), "150 MB; it cannot exceed"),
        (asked(**{"input.SplitType": None}, DataProcessing=FILTER), "needs SplitType Line"),
        (asked(**{"input.ContentType": "image/png"}, DataProcessing=FILTER), "takes CSV"),
        (
            asked(**{"output.Accept": "application/json"}, DataProcessing={"JoinSource": "Input"}),
            "must be the same",
        ),
    ],
)
def test_what_a_transform_job_refuses(request_: dict[str, Any], words: str) -> None:
    """With the member that is wrong."""
    with pytest.raises(Unacceptable, match=words):
        plan_of(request_)
