"""summary.json's schema, which every summary of the tests is held to."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/summary.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def valid(summary: dict[str, Any]) -> dict[str, Any]:
    """Return *summary*, which has every field that the schema asks for and no other."""
    errors = VALIDATOR.iter_errors(json.loads(json.dumps(summary)))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []
    return summary
