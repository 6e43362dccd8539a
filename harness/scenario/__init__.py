"""What the user declares: import every name of a scenario file from here."""

from harness.scaling.alarms import Comparison, TreatMissing
from harness.scaling.policies import CONCURRENT_PER_MODEL, INVOCATIONS, AdjustmentType, Aggregation
from harness.scaling.resource import ScalingMetric
from harness.scenario.expectations import (
    Expectation,
    answered_during_fault,
    error_ratio,
    response_time,
    result,
)
from harness.scenario.faults import ZoneFailure
from harness.scenario.find import find, names
from harness.scenario.messaging import Queue, Subscription, Table, Topic, Webhook
from harness.scenario.programs import Program
from harness.scenario.resources import Endpoint, Model, Role, allow
from harness.scenario.scaling import (
    Alarm,
    Scaling,
    ScheduledAction,
    Step,
    StepScaling,
    TargetTracking,
    Tracking,
    above,
    below,
)
from harness.scenario.scaling_expectations import (
    deleted,
    final_in_service,
    first_scale_in,
    first_scale_out,
    least_in_service_after_fault,
    outstanding_at_first_scale_out,
    peak_in_service,
    scale_in_gap,
    scale_out_lag,
    zones_in_service,
)
from harness.scenario.spec import Scenario, Settle, Variant
from harness.scenario.workload import Calls, Constant, Idle, OpenModel, Payload, Ramp, Spike, Stages

__all__ = [
    "CONCURRENT_PER_MODEL",
    "INVOCATIONS",
    "AdjustmentType",
    "Aggregation",
    "Alarm",
    "Calls",
    "Comparison",
    "Constant",
    "Endpoint",
    "Expectation",
    "Idle",
    "Model",
    "OpenModel",
    "Payload",
    "Program",
    "Queue",
    "Ramp",
    "Role",
    "Scaling",
    "ScalingMetric",
    "Scenario",
    "ScheduledAction",
    "Settle",
    "Spike",
    "Stages",
    "Step",
    "StepScaling",
    "Subscription",
    "Table",
    "TargetTracking",
    "Topic",
    "Tracking",
    "TreatMissing",
    "Variant",
    "Webhook",
    "ZoneFailure",
    "above",
    "allow",
    "answered_during_fault",
    "below",
    "deleted",
    "error_ratio",
    "final_in_service",
    "find",
    "first_scale_in",
    "first_scale_out",
    "least_in_service_after_fault",
    "names",
    "outstanding_at_first_scale_out",
    "peak_in_service",
    "response_time",
    "result",
    "scale_in_gap",
    "scale_out_lag",
    "zones_in_service",
]
