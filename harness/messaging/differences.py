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

# Who answers SQS and SNS where several run: the first of these that is there (harness/backends).
ANSWERS = ("ministack", "localstack", "moto")
KINDS: Mapping[str, str] = {
    "lost": "a message does not come, or not whole, or not in its order",
    "extra": "a message comes that must not",
    "accepted": "a call succeeds that AWS refuses",
    "refused": "a call fails that AWS answers",
    "answer": "an answer says something else",
}


@dataclass(frozen=True, slots=True)
class KnownDifference:
    """One way in which emulators differ from AWS, with the shortest history that shows it.

    `emulators`: name -> the version that was seen to. `history`: plain tables, see tests/semantics/steps.py.
    """

    id: str
    emulators: Mapping[str, str]
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
    """Return who of *emulators* answers SQS and SNS, None where it is one that nobody has tested."""
    return next((name for name in ANSWERS if name in emulators), None)


def differences(emulators: Mapping[str, str]) -> tuple[KnownDifference, ...]:
    """Return the rows of a backend, given its emulators (name -> version, as `Backend.emulators`)."""
    name = answering(emulators)
    return tuple(row for row in known_differences() if name in row.emulators)


def fidelity_of_messages(emulators: Mapping[str, str]) -> str:
    """Return what the fidelity table of a run says of delivery semantics, given the backend's emulators."""
    name = answering(emulators)
    if name is None:
        return "kept by the backend, which nobody has held against AWS's documents"
    rows = differences(emulators)
    seen = next((row.emulators[name] for row in rows), emulators[name])
    other = "" if emulators[name].startswith(seen) else f", seen at {seen} while this is {emulators[name]}"
    listed = ", ".join(row.id for row in rows if row.kind in ("lost", "extra"))
    return (
        f"kept by {name}: {len(rows)} known differences from AWS{other}"
        + (f", of these with what comes and what does not: {listed}" if listed else "")
        + "; docs/explanation/delivery-semantics.md"
    )
