"""The records a run leaves, and how they are written and read.

A journal is append-only; summary, expectations and report are functions of it. One record is one JSON
object on one line, its `type` the name of its class. Moments (`at`) are model seconds since the run began
unless the name ends in `_real_s` (seconds of this machine) or `_epoch_s` (since 1970, model calendar).
Writing to a file is the shell's work (`harness.recorder`); this room turns values into bytes and back.
"""

from harness.journal.codec import SCHEMA_VERSION, TYPES, Record, decode, decode_all, encode, read
from harness.journal.run_records import (
    Exchange,
    Expectation,
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
from harness.journal.served_records import (
    BINS_PER_DECADE,
    FunctionServed,
    ServedMinute,
    ServedTotal,
    bin_of,
    bin_start_s,
)

__all__ = [
    "BINS_PER_DECADE",
    "SCHEMA_VERSION",
    "TYPES",
    "ActivityRange",
    "AlarmChanged",
    "CapacityChanged",
    "CooldownStarted",
    "EndpointChanged",
    "Exchange",
    "Expectation",
    "FaultInjected",
    "Fidelity",
    "Finding",
    "FunctionServed",
    "InstanceChanged",
    "LoadEnded",
    "LoadRequest",
    "MetricPublished",
    "NotJudged",
    "PhaseStarted",
    "PolicyPut",
    "Predicted",
    "ProgramEnded",
    "Record",
    "RunEnded",
    "RunStarted",
    "ScalingActivity",
    "ScalingEvaluated",
    "ServedMinute",
    "ServedTotal",
    "TargetRegistered",
    "bin_of",
    "bin_start_s",
    "decode",
    "decode_all",
    "encode",
    "read",
]
