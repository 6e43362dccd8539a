"""Rows of a table as DynamoDB takes them."""

from decimal import Decimal
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scenario import Table
from harness.scenario.rows import attributes


def test_every_kind_of_value_has_its_type() -> None:
    """As DynamoDB's AttributeValue has them."""
    row = {
        "a": "x",
        "b": 1,
        "c": 2.5,
        "d": Decimal("0.1"),
        "e": True,
        "f": None,
        "g": b"y",
        "h": [1],
        "i": {"j": 0},
    }
    assert attributes(row) == {
        "a": {"S": "x"},
        "b": {"N": "1"},
        "c": {"N": "2.5"},
        "d": {"N": "0.1"},
        "e": {"BOOL": True},
        "f": {"NULL": True},
        "g": {"B": b"y"},
        "h": {"L": [{"N": "1"}]},
        "i": {"M": {"j": {"N": "0"}}},
    }


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"name": "a"}], "item 0 has no text for its key 'id'"),
        ([{"id": ""}], "item 0 has no text"),
        (["a"], "item 0 has no text"),
        ([{"id": "a"}, {"id": "a"}], "two items have the key 'a'"),
        ([{"id": "a", "x": {1}}], "DynamoDB has no type for set"),
        ([{"id": "a", "x": float("inf")}], "no number to DynamoDB"),
    ],
)
def test_rows_that_dynamodb_would_refuse_are_refused(rows: list[Any], sentence: str) -> None:
    """The row is named."""
    with pytest.raises(ScenarioError, match=sentence):
        Table("items", items=rows)
