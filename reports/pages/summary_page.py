"""The page docs/reference/summary.md: every property of a run's summary.json, from its JSON Schema."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "summary.schema.json"

HEAD = """# summary.json

<!-- Made by `python -m reports.pages` from summary.schema.json. Do not edit. -->

{description}

The [JSON Schema](summary.schema.json) is the contract; this page shows it to people. Parts with an asterisk
are always there."""

Schema = Mapping[str, Any]


def page() -> str:
    """Return the page."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    rows = ["| property | type | what it is |", "|---|---|---|"]
    rows += [f"| {_link(name, schema)} | {_kind(each)} | {_cell(each)} |" for name, each in _of(schema)]
    parts = [HEAD.format(description=schema["description"]), "\n".join(rows)]
    for name, each in _of(schema):
        if inner := list(_inner(name, each, schema)):
            parts += [f"## {name}", _cell(each), _table(inner)]
    return "\n\n".join(parts) + "\n"


def _link(name: str, schema: Schema) -> str:
    star = "\\*" if name in schema.get("required", ()) else ""
    inner = any(True for _ in _inner(name, schema["properties"][name], schema))
    return f"[`{name}`](#{name}){star}" if inner else f"`{name}`{star}"


def _of(schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield from schema.get("properties", {}).items()


def _inner(path: str, schema: Schema, root: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield path and schema of everything below *schema*, depth first."""
    schema = _resolved(schema, root)
    for name, each in _of(schema):
        yield f"{path}.{name}", each
        yield from _inner(f"{path}.{name}", each, root)
    for key, below in (("items", f"{path}[]"), ("additionalProperties", f"{path}.NAME")):
        if isinstance(schema.get(key), Mapping):
            yield from _inner(below, schema[key], root)


def _resolved(schema: Schema, root: Schema) -> Schema:
    if reference := schema.get("$ref"):
        return dict(root["$defs"][reference.rpartition("/")[2]])
    return schema


def _table(inner: list[tuple[str, Schema]]) -> str:
    rows = [f"| `{path}` | {_kind(each)} | {_cell(each)} |" for path, each in inner]
    return "\n".join(["| property | type | what it is |", "|---|---|---|", *rows])


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kinds = schema.get("type", "object")
    return " or ".join([kinds] if isinstance(kinds, str) else kinds)


def _cell(schema: Schema) -> str:
    return str(schema.get("description", "")).replace("|", "\\|").replace("<", "&lt;")
