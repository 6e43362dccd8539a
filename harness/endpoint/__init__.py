"""How a SageMaker endpoint queues, grows and shrinks: the pure core. `World` is the way in."""

from harness.endpoint.calls import CapacityChange, EndpointView
from harness.endpoint.capacity import InstanceQuota, InstanceType, instance_type, is_burstable
from harness.endpoint.distributions import (
    Constant,
    Distribution,
    Empirical,
    LaunchTime,
    LogNormal,
    ServiceTime,
    Uniform,
)
from harness.endpoint.events import (
    CapacityChanged,
    EndpointDeleted,
    EndpointStatus,
    Event,
    InstanceJoined,
    InstanceLeft,
    LeaveCause,
    MetricPublished,
    StatusChanged,
)
from harness.endpoint.fleet import Fleet, InstanceView, Routing
from harness.endpoint.lifecycle import EndpointModel
from harness.endpoint.metrics import Metric, MinuteMetrics, Statistics, VariantMetrics
from harness.endpoint.outcomes import Accepted, Completed, Outcome, Rejected, RejectReason
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import EndpointConfig, VariantSpec, VariantView
from harness.endpoint.world import World
from harness.refusal import Refusal
from harness.scaling.activities import ActivityStatus, NotScaledReason, ScalingActivity
from harness.scaling.alarms import Alarm, AlarmState, AlarmVerdict, Comparison, TreatMissing, evaluate
from harness.scaling.control_loop import ControlLoop
from harness.scaling.decision import Observation, PolicySignal, Reason, ScalingDecision, StepSignal, decide
from harness.scaling.events import ActivityChanged, AlarmChanged, ScalingEvaluated, ScheduledActionRan
from harness.scaling.policies import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    INVOCATIONS_PER_INSTANCE,
    AdjustmentType,
    Aggregation,
    Cooldowns,
    Policy,
    ScalableTarget,
    StepAdjustment,
    StepScaling,
    TargetTracking,
)
from harness.scaling.resource import ScalingMetric
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import AlarmView, PolicyView, resource_id_of, split_resource_id

__all__ = [
    "CONCURRENT_PER_MODEL",
    "INVOCATIONS",
    "INVOCATIONS_PER_INSTANCE",
    "Accepted",
    "ActivityChanged",
    "ActivityStatus",
    "AdjustmentType",
    "Aggregation",
    "Alarm",
    "AlarmChanged",
    "AlarmState",
    "AlarmVerdict",
    "AlarmView",
    "CapacityChange",
    "CapacityChanged",
    "Comparison",
    "Completed",
    "Constant",
    "ControlLoop",
    "Cooldowns",
    "Distribution",
    "Empirical",
    "EndpointConfig",
    "EndpointDeleted",
    "EndpointModel",
    "EndpointSettings",
    "EndpointStatus",
    "EndpointView",
    "Event",
    "Fleet",
    "InstanceJoined",
    "InstanceLeft",
    "InstanceQuota",
    "InstanceType",
    "InstanceView",
    "LaunchTime",
    "LeaveCause",
    "LogNormal",
    "Metric",
    "MetricPublished",
    "MinuteMetrics",
    "NotScaledReason",
    "Observation",
    "Outcome",
    "Policy",
    "PolicySignal",
    "PolicyView",
    "Reason",
    "Refusal",
    "RejectReason",
    "Rejected",
    "Routing",
    "ScalableTarget",
    "ScalingActivity",
    "ScalingDecision",
    "ScalingEvaluated",
    "ScalingMetric",
    "ScalingSettings",
    "ScheduledActionRan",
    "ServiceTime",
    "Statistics",
    "StatusChanged",
    "StepAdjustment",
    "StepScaling",
    "StepSignal",
    "TargetTracking",
    "TreatMissing",
    "Uniform",
    "VariantMetrics",
    "VariantSpec",
    "VariantView",
    "World",
    "decide",
    "evaluate",
    "instance_type",
    "is_burstable",
    "resource_id_of",
    "split_resource_id",
]
