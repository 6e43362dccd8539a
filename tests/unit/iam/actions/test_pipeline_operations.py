"""What each call of the pipelines needs: from boto3's bytes, through the reader, to actions and resources."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from wire import written

from harness.aws.permission.reading import Reader
from harness.iam.actions import Place, exists, needs_of

PLACE = Place("us-east-1", "000000000000")
ROWS = tomllib.loads((Path(__file__).parent / "pipeline_operations.toml").read_text())["operation"]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['service']}-{row['operation']}" for row in ROWS])
def test_a_call_of_the_pipelines_needs_what_its_row_says(row: dict[str, Any]) -> None:
    """Actions, resources and condition keys, in order and nothing beside them."""
    exchange = written(row["service"], row["operation"], row["members"])
    reader = Reader()
    if not reader.wants_body(exchange):
        exchange.body = b""
    call = reader.read(exchange)
    needs = None if call is None else needs_of(call, PLACE)
    assert needs is not None
    assert [(need.action, need.resource, dict(need.context)) for need in needs] == [
        (action, resource, {key: tuple(values) for key, values in context.items()})
        for action, resource, context in row["needs"]
    ]


def test_at_least_56_operations_are_proven() -> None:
    """As many different operations as are asked for have words that were read at their source."""
    assert len({(row["service"], row["operation"]) for row in ROWS if row["seen"]}) >= 56
    assert all(row["source"].startswith("https://docs.aws.amazon.com/") for row in ROWS)


def test_every_action_of_the_table_exists() -> None:
    """No row expects an action that AWS does not know."""
    assert all(exists(action) for row in ROWS for action, _resource, _context in row["needs"])
