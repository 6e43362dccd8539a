"""The records a run leaves, and how they are written and read.

A journal is append-only; summary, expectations and report are functions of it. One record is one JSON
object on one line, its `type` the class below. Moments (`at`) are model seconds since the run began unless
the name ends in `_real_s` (seconds of this machine) or `_epoch_s` (seconds since 1970, model calendar).
Writing to a file is the shell's work (`harness.recorder`); this module turns values into bytes and back.
"""

import gzip
import io
import types
import typing
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import orjson

from harness.errors import JournalError

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First record: everything needed to name and repeat the run."""

    at: float
    scenario: str
    variant: str
    description: str
    clock: str
    seed: int
    started_epoch_s: float
    backend: str
    emulators: dict[str, str]
    versions: dict[str, str]
    command: str
    configuration: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """The run entered a phase: `deploy`, `program`, `load`, `settle`, `teardown`."""

    at: float
    phase: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request that went through the gateway. `upstream` is empty where the gateway answered itself.

    For InvokeEndpoint the last fields say which endpoint, variant and instance answered, and the times.
    `at` is the arrival. `overhead_s` is the harness's own time in real seconds.
    """

    at: float
    service: str
    operation: str
    status: int
    upstream: str
    overhead_s: float
    bytes_in: int
    bytes_out: int
    error: str = ""
    access_key: str = ""
    endpoint: str = ""
    variant: str = ""
    instance: str = ""
    queue_s: float = 0.0
    service_s: float = 0.0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """An endpoint took a status (Creating, InService, Updating, Failed, Deleting, Deleted)."""

    at: float
    endpoint: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CapacityChanged:
    """The desired or the in-service count of a variant is now this."""

    at: float
    endpoint: str
    variant: str
    desired: int
    in_service: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InstanceChanged:
    """One instance joined, began draining, left or failed (`change`)."""

    at: float
    endpoint: str
    variant: str
    instance: str
    zone: str
    change: str


@dataclass(frozen=True, slots=True)
class TargetRegistered:
    """A scalable target has these bounds; `removed` when it was deregistered."""

    at: float
    resource_id: str
    min_capacity: int
    max_capacity: int
    removed: bool = False


@dataclass(frozen=True, slots=True)
class PolicyPut:
    """A scaling policy is in force; `removed` when it was deleted."""

    at: float
    resource_id: str
    policy: str
    kind: str
    target_value: float
    metric: str
    scale_out_cooldown_s: float
    scale_in_cooldown_s: float
    removed: bool = False


@dataclass(frozen=True, slots=True)
class MetricPublished:
    """One datapoint of a scaling metric: `period_s` from `period_at` on, visible from `at`."""

    at: float
    resource_id: str
    metric: str
    period_at: float
    period_s: float
    value: float


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """A CloudWatch alarm went `before` -> `after` (OK, ALARM, INSUFFICIENT_DATA)."""

    at: float
    name: str
    resource_id: str
    direction: str
    threshold: float
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScalingEvaluated:
    """What the scaling rule decided at an evaluation: the code and the sentence a person reads."""

    at: float
    resource_id: str
    capacity: int
    desired: int
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ScalingActivity:
    """A scaling activity took a status; the same `activity_id` appears once for each status it takes."""

    at: float
    activity_id: str
    resource_id: str
    status: str
    from_capacity: int
    to_capacity: int
    cause: str
    description: str
    code: str = ""
    started_at: float = 0.0
    ended_at: float | None = None
    status_message: str = ""


@dataclass(frozen=True, slots=True)
class CooldownStarted:
    """From `at` until `until`, further scaling in `direction` (out, in) waits."""

    at: float
    resource_id: str
    direction: str
    until: float


@dataclass(frozen=True, slots=True)
class FaultInjected:
    """The rehearsal broke something on purpose."""

    at: float
    fault: str
    detail: str


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """One request of the load generator. Absent moments mean that it never got so far.

    `due_at` and `sent_at` are model seconds; `lag_s` (sent after due) and `overhead_s` are real seconds.
    `outcome` is `ok`, `failed`, `dropped` or `unfinished`; `status` the HTTP status, 0 without an answer.
    """

    due_at: float
    endpoint: str
    outcome: str
    status: int
    sent_at: float | None = None
    received_at: float | None = None
    lag_s: float = 0.0
    queue_s: float = 0.0
    service_s: float = 0.0
    overhead_s: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class LoadEnded:
    """The load generator's own account; `saturated` with `why` makes the run invalid."""

    at: float
    began_at: float
    offered: int
    sent: int
    completed: int
    failed: int
    dropped: int
    unfinished: int
    lag_p99_s: float
    client: str
    client_cpu: float
    processes: int
    saturated: bool
    why: list[str]


@dataclass(frozen=True, slots=True)
class ProgramEnded:
    """A program of the scenario ended; `result` is what it returned, `error` why it failed."""

    at: float
    program: str
    began_at: float
    exit_code: int
    result: dict[str, Any]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Predicted:
    """Real predictions were compared with the truth: root mean square error over `rows`."""

    at: float
    rows: int
    rmse: float
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that passes here and would not on AWS. `severity`: error, warning, note."""

    at: float
    rule: str
    severity: str
    resource: str
    message: str
    aws_source: str


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How one topic was treated in this run: enforced, modelled, forwarded or not covered."""

    at: float
    topic: str
    how: str
    probed: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """One judged expectation. `value` is None where there was nothing to measure, which is never ok."""

    at: float
    name: str
    limit: str
    value: float | None
    unit: str
    ok: bool
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last record. `verdict` is pass, fail, invalid or interrupted; `reason` is empty for a pass."""

    at: float
    verdict: str
    reason: str
    wall_real_s: float


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
    | FaultInjected
    | LoadRequest
    | LoadEnded
    | ProgramEnded
    | Predicted
    | Finding
    | Fidelity
    | Expectation
    | RunEnded
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


def encode(record: Record) -> bytes:
    """Return *record* as one JSON line, newline included; the same record gives the same bytes."""
    name = type(record).__name__
    row: dict[str, Any] = {"type": name}
    for key in _FIELDS[name]:
        row[key] = getattr(record, key)
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def decode(line: bytes, number: int) -> Record:
    """Return the record on *line*; raise JournalError with *number* when it is none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise JournalError(f"not JSON ({error})", line=number) from error
    name = row.pop("type", None) if isinstance(row, dict) else None
    if not isinstance(name, str) or name not in TYPES:
        raise JournalError("no known record type", line=number)
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
    for number, line in enumerate(lines, start=1):
        yield decode(line, number)


def read(path: Path) -> list[Record]:
    """Return the records of the journal at *path* (`.jsonl.gz`).

    A journal whose run was killed may end in the middle of a line or a compressed block: the whole records
    before it are returned. A broken record before the last raises JournalError.
    """
    lines = _whole_lines(path.read_bytes())
    return list(decode_all(lines))


def _whole_lines(data: bytes) -> list[bytes]:
    """Return the complete lines of gzip *data*, leaving out what a killed run did not finish."""
    text = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while block := stream.read1(1 << 16):
                text.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass  # the tail that was never finished; everything before it is in `text`
    return [line for line in text.getvalue().split(b"\n")[:-1] if line]
