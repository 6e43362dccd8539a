"""Records to bytes and back: which kinds there are, and which JSON a field may hold."""

import gzip
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Union, get_args, get_origin

import orjson

from harness.errors import JournalError
from harness.journal.function_records import (
    ConcurrencySet,
    EventSourceDeclared,
    EventSourceSampled,
    FunctionDeclared,
    FunctionEventEnded,
    FunctionInvoked,
    FunctionMinute,
    FunctionThrottled,
    TimerFired,
)
from harness.journal.iam_records import PermissionTotal, PermissionUsed, ResourcePolicy, RolePolicies
from harness.journal.job_records import (
    ComputeChanged,
    JobChanged,
    JobCreated,
    JobEnded,
    JobMetric,
    SpotRequestChanged,
    StackChanged,
)
from harness.journal.message_records import (
    DeliveryRefused,
    InventoryTaken,
    MessageEnded,
    MessageFound,
    MessagePublished,
    MessageReceived,
    ProgramChanged,
    QueueDeclared,
    QueueSampled,
)
from harness.journal.run_records import (
    Exchange,
    Expectation,
    FaultEnded,
    FaultInjected,
    Fidelity,
    Finding,
    LoadEnded,
    LoadRequest,
    NotJudged,
    PhaseStarted,
    Predicted,
    ProgramEnded,
    RunEnded,
    RunStarted,
)
from harness.journal.scaling_records import (
    ActivityRange,
    AlarmChanged,
    CapacityChanged,
    CooldownStarted,
    EndpointChanged,
    InstanceChanged,
    MetricPublished,
    PolicyPut,
    ScalingActivity,
    ScalingEvaluated,
    TargetRegistered,
)
from harness.journal.served_records import FunctionServed, ServedMinute, ServedTotal

SCHEMA_VERSION = 1
MOST_LINE_BYTES = 16 << 20
"""No record is longer; a file of a few kilobytes could otherwise inflate to one line of any length."""

Record = (
    RunStarted
    | PhaseStarted
    | Exchange
    | EndpointChanged
    | CapacityChanged
    | InstanceChanged
    | TargetRegistered
    | PolicyPut
    | MetricPublished
    | AlarmChanged
    | ScalingEvaluated
    | ScalingActivity
    | CooldownStarted
    | ActivityRange
    | FaultInjected
    | FaultEnded
    | LoadRequest
    | LoadEnded
    | ConcurrencySet
    | EventSourceDeclared
    | EventSourceSampled
    | FunctionDeclared
    | FunctionEventEnded
    | FunctionInvoked
    | FunctionMinute
    | FunctionThrottled
    | TimerFired
    | ServedMinute
    | FunctionServed
    | ServedTotal
    | ProgramEnded
    | Predicted
    | Finding
    | Fidelity
    | Expectation
    | NotJudged
    | RunEnded
    | DeliveryRefused
    | InventoryTaken
    | MessageEnded
    | MessageFound
    | MessagePublished
    | MessageReceived
    | ProgramChanged
    | QueueDeclared
    | QueueSampled
    | PermissionUsed
    | PermissionTotal
    | RolePolicies
    | ResourcePolicy
    | ComputeChanged
    | JobChanged
    | JobCreated
    | JobEnded
    | JobMetric
    | SpotRequestChanged
    | StackChanged
)
TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Record)}
_FIELDS = {name: tuple(f.name for f in fields(kind)) for name, kind in TYPES.items()}
# What JSON may hold in each field, by exact type: a bool is no number, a whole number may be a float's value.
_JSON_TYPES: dict[Any, tuple[type[Any], ...]] = {
    float: (float, int),
    int: (int,),
    bool: (bool,),
    str: (str,),
    dict: (dict,),
    list: (list,),
    types.NoneType: (types.NoneType,),
}


def _allowed(hint: Any) -> frozenset[type[Any]]:
    """Return the exact types that a value, fresh from JSON, may have in a field of type *hint*."""
    if get_origin(hint) in (Union, types.UnionType):
        return frozenset().union(*map(_allowed, get_args(hint)))
    return frozenset(_JSON_TYPES[get_origin(hint) or hint])


_ALLOWED = {
    name: tuple(
        (key, _allowed(hint)) for key, hint in typing.get_type_hints(kind).items() if key in _FIELDS[name]
    )
    for name, kind in TYPES.items()
}


_TEXTS = {name: tuple(key for key, kinds in allowed if kinds == {str}) for name, allowed in _ALLOWED.items()}


def _rower(name: str, keys: tuple[str, ...]) -> Callable[[Record], dict[str, Any]]:
    """Return the function that makes a record of the type *name* a row.

    Written out and compiled, as dataclasses do with theirs: one is made for each request, and a loop over
    the fields takes twice as long.
    """
    written = "".join(f", {key!r}: record.{key}" for key in keys)
    made: Callable[[Record], dict[str, Any]] = eval(f"lambda record: {{'type': {name!r}{written}}}")
    return made


_ROWS = {TYPES[name]: _rower(name, keys) for name, keys in _FIELDS.items()}


def encode(record: Record) -> bytes:
    """Return *record* as one JSON line, newline included; the same record gives the same bytes."""
    return orjson.dumps(_ROWS[type(record)](record), option=orjson.OPT_APPEND_NEWLINE)


# Between two records in a list of them. In a text of a record its quotes would be escaped.
_BETWEEN, _BETWEEN_LINES = b'},{"type":', b'}\n{"type":'


def encode_all(records: Sequence[Record]) -> bytes:
    """Return *records* as `encode` does each, for less than half: a call of orjson costs as much as a record.

    One that holds rows with a `type` of their own could be cut in the middle: then each is encoded by itself.
    """
    joined = orjson.dumps([_ROWS[type(record)](record) for record in records])
    if joined.count(_BETWEEN) != len(records) - 1:
        return b"".join(map(encode, records))
    return joined[1:-1].replace(_BETWEEN, _BETWEEN_LINES) + b"\n"


def decode(line: bytes, number: int, strings: dict[str, str] | None = None) -> Record:
    """Return the record on *line*; raise JournalError with *number* when it is none.

    Equal texts of records that are read with the same *strings* are one object: it halves what they take.
    """
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise JournalError(f"not JSON ({error})", line=number) from error
    name = row.pop("type", None) if isinstance(row, dict) else None
    if not isinstance(name, str) or name not in TYPES:
        raise JournalError("no known record type", line=number)
    if strings is not None:
        for key in _TEXTS[name]:
            if type(text := row.get(key)) is str:
                row[key] = strings.setdefault(text, text)
    try:
        record = TYPES[name](**row)
    except TypeError as error:
        raise JournalError(f"{name}: {error}", line=number) from error
    for key, allowed in _ALLOWED[name]:
        if type(getattr(record, key)) not in allowed:
            raise JournalError(f"{name}.{key} is {getattr(record, key)!r}", line=number)
    return typing.cast(Record, record)


def decode_all(lines: Iterable[bytes]) -> Iterator[Record]:
    """Yield the records of *lines* in order; raise JournalError at the first that is none."""
    strings: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        yield decode(line, number, strings)


def decode_member(data: bytes, strings: dict[str, str]) -> list[Record]:
    """Return the records in *data*, a whole gzip member of a journal; *strings* as for `decode`."""
    lines = gzip.decompress(data).split(b"\n")[:-1]
    return [decode(line, number, strings) for number, line in enumerate(lines, start=1)]


def read(path: Path) -> list[Record]:
    """Return the records of the journal at *path* (`.jsonl.gz`).

    A journal whose run was killed may end in the middle of a line or a compressed block: the whole records
    before it are returned. A broken record before the last raises JournalError.
    """
    with path.open("rb") as file:
        return list(decode_all(_whole_lines(file)))


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the complete lines of a gzip *file*, leaving out what a killed run did not finish."""
    rest, number = b"", 1
    try:
        with gzip.GzipFile(fileobj=file) as stream:
            while block := stream.read1(1 << 16):
                *lines, rest = (rest + block).split(b"\n")
                yield from filter(None, lines)
                number += len(lines)
                if len(rest) > MOST_LINE_BYTES:
                    raise JournalError(f"it is longer than {MOST_LINE_BYTES} bytes", line=number)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass  # the tail that was never finished; everything before it was yielded
