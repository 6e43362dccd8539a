"""Logs of SARIF 2.1.0, which GitHub, GitLab and editors read: the parts that every log here is made of.

OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub, "SARIF support for code
scanning".
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from harness import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def log(
    tool: str, rules: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]], notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the log of one run of *tool*; *notes* are what it could not look at."""
    driver = {
        "name": tool,
        "version": __version__,
        "semanticVersion": _semantic(__version__),
        "rules": list(rules),
    }
    told = [{"level": "note", "message": {"text": text}} for text in notes]
    results = [{**one, "message": {"text": _without_links(one["message"]["text"])}} for one in results]
    notifications = {"toolExecutionNotifications": told} if told else {}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, **notifications}],
        "results": list(results),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _without_links(text: str) -> str:
    """Return *text* with no link in it: section 3.11.6 has `[words](address)` in plain messages.

    What they say has come from anywhere.
    """
    return text.replace("](", "] (")


def _semantic(version: str) -> str:
    """Return *version* in the three numbers that a semantic version has."""
    numbers = [part for part in version.split(".") if part.isdigit()][:3]
    return ".".join([*numbers, *["0"] * (3 - len(numbers))])


def physical(file: str, line: int | None) -> dict[str, Any]:
    """Return the place *file*, at *line* where it is known."""
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if line:
        place["region"] = {"startLine": line}
    return place


def fingerprint(told: Iterable[str]) -> str:
    """Return what tells one result from others: a digest of *told*, which must outlive a change of lines."""
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:32]


def _uri(file: str) -> str:
    path = quote(file.replace("\\", "/"))
    return f"file://{path}" if path.startswith("/") else path
