"""The requests of a run out of its journal: no other line is decoded."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from harness.compare.windows import Requests
from harness.summary.load import INVOKE, MESSAGES

_LOAD = b'{"type":"LoadRequest"'
_EXCHANGE = b'{"type":"Exchange"'
BLOCK_BYTES = 1 << 20


def read_requests(journal: Path) -> Requests | None:
    """Return the requests of the *journal*; None where it keeps none one by one, or cannot be read.

    They are those that the summary's latency is of (`harness.summary.load.latency`): of the load where there
    was one, else the InvokeEndpoint calls through the gateway.
    """
    load: list[bytes] = []
    calls: list[bytes] = []
    for line in _lines(journal):
        if line.startswith(_LOAD):
            load.append(line)
        elif line.startswith(_EXCHANGE) and INVOKE.encode() in line:
            calls.append(line)
    try:
        return requests_of_load(map(orjson.loads, load)) or requests_of_calls(map(orjson.loads, calls))
    except (ValueError, KeyError, TypeError):
        return None  # records of another version


def requests_of_load(rows: Iterable[dict[str, Any]]) -> Requests | None:
    """Return the requests of LoadRequest records, as plain rows; None where none asked for an answer."""
    return _requests(
        (row["due_at"], row["lag_s"] + row["queue_s"] + row["service_s"], row["service_s"], _is_good(row))
        for row in rows
        if row.get("target", "endpoint") not in MESSAGES
    )


def requests_of_calls(rows: Iterable[dict[str, Any]]) -> Requests | None:
    """Return the requests of Exchange records, as plain rows; None where none invoked an endpoint."""
    return _requests(
        (row["at"], row["queue_s"] + row["service_s"], row["service_s"], 200 <= row["status"] < 300)
        for row in rows
        if row["operation"] == INVOKE
    )


def _is_good(row: dict[str, Any]) -> bool:
    return bool(
        row["outcome"] == "ok" and (row.get("target", "endpoint") == "endpoint" or row["service_s"] > 0.0)
    )


def _requests(rows: Iterable[tuple[float, float, float, bool]]) -> Requests | None:
    columns = list(zip(*rows, strict=True))
    if not columns:
        return None
    due = np.asarray(columns[0], dtype=np.float64)
    order = np.argsort(due, kind="stable")
    response, service = (np.asarray(column, dtype=np.float64)[order] for column in columns[1:3])
    return Requests(due[order] - due.min(), response, service, np.asarray(columns[3], dtype=bool)[order])


def _lines(journal: Path) -> Iterator[bytes]:
    """Yield the whole lines of *journal*, as far as they can be read."""
    left = b""
    try:
        with gzip.open(journal) as stream:
            while block := stream.read1(BLOCK_BYTES):
                *lines, left = (left + block).split(b"\n")
                yield from lines
    except (OSError, EOFError, zlib.error):
        return  # what a killed run did not finish
