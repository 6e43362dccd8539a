"""What happened in a run apart from scaling: its phases, its requests, what was found and judged."""

from dataclasses import dataclass, field
from typing import Any


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


# Not frozen: one is made of each request while its client waits, and a frozen dataclass of so many fields
# takes 2 microseconds to make, nine times as long. Nobody writes to it after it is made.
@dataclass(slots=True, unsafe_hash=True)
class Exchange:
    """One HTTP request that went through the gateway. `upstream` is empty where the gateway answered itself.

    For InvokeEndpoint the last fields say which endpoint, variant and instance answered, and the times.
    `at` is the arrival. `overhead_s` is the harness's own time in real seconds; `predict_s`, a part of it, is
    what the real model behind the endpoint took for its answer on this machine, 0 where none answered.
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
    predict_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultInjected:
    """The rehearsal broke something on purpose."""

    at: float
    fault: str
    detail: str


@dataclass(frozen=True, slots=True)
class FaultEnded:
    """A fault does nothing any more: of `matching` things that it could have hit (calls, messages, attempts
    on a process) it hit `hit`."""

    at: float
    fault: str
    detail: str
    matching: int
    hit: int


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """One request of the load generator. Absent moments mean that it never got so far.

    `due_at` and `sent_at` are model seconds; `lag_s` (sent after due) and `overhead_s` are real seconds.
    `outcome` is `ok`, `failed`, `dropped`, `unfinished` or `lost`: it was due, and the client process died
    that could have told what became of it. `status` is the HTTP status, 0 without an answer.
    `target` is what `endpoint` names: an `endpoint`, or the `topic` or `queue` that a message was sent to.
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
    target: str = "endpoint"


@dataclass(frozen=True, slots=True)
class LoadEnded:
    """The load generator's own account; `saturated` with `why` makes the run invalid.

    offered = completed + failed + dropped + unfinished + lost; `never_due` are the requests of the schedule
    whose moment had not come when the load ended early.
    """

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
    lost: int = 0
    never_due: int = 0


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
class NotJudged:
    """An expectation that a run of this kind cannot judge, and why; neither met nor missed."""

    at: float
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """Last record. `verdict` is pass, fail, invalid or interrupted; `reason` is empty for a pass."""

    at: float
    verdict: str
    reason: str
    wall_real_s: float
