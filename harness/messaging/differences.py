"""What each emulator is known to do otherwise than AWS with messages: differences.toml, read once.

The rows are found by random histories (tests/semantics), and tests hold them true in both directions: a
difference that is not here fails, and so does a row whose history no longer differs.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Who answers SQS and SNS where several run, the first of these that is there (backends/__init__.py).
ANSWERS = ("ministack", "localstack", "moto")
KINDS = {
    "lost": "a message does not come, or late",
    "extra": "a message comes that must not, or too soon",
    "accepted": "a call succeeds that AWS refuses",
    "refused": "a call is refused that AWS accepts",
    "answer": "an answer says something else",
}


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One way in which an emulator differs from AWS, with the shortest history that shows it.

    `history` has plain tables as in tests/semantics/steps.py.
    """

    id: str
    emulator: str
    version: str
    kind: str
    aws: str
    source: str
    does: str
    history: Sequence[Mapping[str, Any]]


@cache
def known_differences() -> tuple[KnownDifference, ...]:
    """Return every row, in the order of the file."""
    text = files("harness.messaging").joinpath("differences.toml").read_text("utf-8")
    return tuple(KnownDifference(**row) for row in tomllib.loads(text)["difference"])


def answering(emulators: Mapping[str, str]) -> str | None:
    """Return the name of the emulator that answers SQS and SNS, None for one that nobody has tested."""
    return next((name for name in ANSWERS if name in emulators), None)


def differences(emulators: Mapping[str, str]) -> tuple[KnownDifference, ...]:
    """Return the rows of a backend, given its emulators (name -> version)."""
    return tuple(row for row in known_differences() if row.emulator == answering(emulators))


def fidelity_of_messages(emulators: Mapping[str, str]) -> str:
    """Return what a report says of the delivery semantics of a backend, given its emulators."""
    name = answering(emulators)
    if name is None:
        return "kept by the backend; nobody has compared it with AWS's documents"
    rows = differences(emulators)
    tested = next((row.version for row in rows), emulators[name])
    other = "" if tested == emulators[name] else f", found at {tested}: this is {emulators[name]}"
    listed = ", ".join(row.id for row in rows if row.kind != "answer")
    return (
        f"kept by {name}, held against a model of AWS's documents; {len(rows)} known differences{other}"
        f" (docs/explanation/delivery-semantics.md): {listed}"
    )


def in_toml(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return plain tables as the `history` of a row."""
    return "history = [\n" + "".join(f"  {_value(step)},\n" for step in steps) + "]"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each >= " " else f"\\u{ord(each):04x}" for each in escaped) + '"'
