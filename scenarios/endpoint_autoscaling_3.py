"""Autoscaling from 1 to 3 instances under idle, ramp, spike and idle: what target and cooldown really are."""

from harness.scenario import (
    Constant,
    Endpoint,
    Idle,
    OpenModel,
    Ramp,
    Scenario,
    Settle,
    Stages,
    TargetTracking,
    Variant,
    error_ratio,
    final_in_service,
    first_scale_in,
    first_scale_out,
    outstanding_at_first_scale_out,
    peak_in_service,
    response_time,
    scale_out_lag,
)
from scenarios._turbofan.pipeline import sample_rows, turbofan_endpoint

# An image classifier on two vCPUs, two images at a time: assumed 0.8 s each, so it does 2.5 a second.
SERVICE_TIME_S, CONCURRENCY = 0.8, 2
MAX_RPS = CONCURRENCY / SERVICE_TIME_S
# AWS's formula: (max RPS of an instance x safety factor) x 60, safety factor 0.5 to start with.
# SageMaker Developer Guide, "Load testing your auto scaling configuration".
FORMULA_TARGET = MAX_RPS * 0.5 * 60

TRAFFIC = Stages(
    [
        Constant(0.1, over_s=300),
        Ramp(0.1, 2.0, over_s=1_500),
        Constant(2.0, over_s=600),
        # Eight minutes: three full ones over the target are there even if a busy machine smears one of them.
        Constant(4.0, over_s=480),
        Constant(0.05, over_s=900),
        Idle(over_s=300),
    ]
)


def classifier(scaling: TargetTracking) -> Endpoint:
    """Return the endpoint under the policy *scaling*."""
    return turbofan_endpoint(
        "image-classifier", service_time_s=SERVICE_TIME_S, concurrency=CONCURRENCY, scaling=scaling
    )


def load(endpoint: Endpoint) -> list[OpenModel]:
    """Return idle, ramp, spike and idle against *endpoint*."""
    return [OpenModel(endpoint, rate=TRAFFIC, client="lean", payload=sample_rows(10), name="visitors")]


corrected = classifier(TargetTracking(target_value=FORMULA_TARGET, min_capacity=1, max_capacity=3))
written = classifier(
    TargetTracking(
        target_value=100, min_capacity=1, max_capacity=3, scale_in_cooldown_s=30, scale_out_cooldown_s=30
    )
)
SOON, SOON_IN = "scale-out within 30 s of more traffic", "scale-in within 30 s of less traffic"
AT_ONCE = "simultaneous requests at the first scale-out"

scenario = Scenario(
    name="endpoint-autoscaling-3",
    description="1 to 3 instances under idle, ramp, spike and idle, with the target of AWS's formula.",
    resources=[corrected],
    workload=load(corrected),
    expectations=[
        peak_in_service(corrected).at_least(2, "the ramp asks for more than one instance's half load"),
        first_scale_out(corrected).at_least(240, "three breaching minutes and the publish delay"),
        scale_out_lag(corrected).at_most(960, "3 minutes, 1-2 to publish and react, launch within 10 at p95"),
        error_ratio(corrected).at_most(0.0, "half load leaves room for the time that scaling takes"),
        response_time(corrected, 0.99).below(30.0, "half of the 60 s after which a call is given up"),
        first_scale_in(corrected).at_least(960, "fifteen low minutes and the publish delay"),
        final_in_service(corrected).equals(1, "idle ends at the minimum"),
    ],
    settle=Settle(at_most_s=2_700),
    clock="compressed:120",
    as_written=Variant(
        defect=(
            "The text takes the target of 100 for simultaneous requests and the cooldowns of 30 s for the "
            "time until instances come and go; it is invocations per instance and minute, and detection "
            "takes minutes."
        ),
        must_fail=(SOON, SOON_IN, AT_ONCE),
        resources=[written],
        workload=load(written),
        expectations=[
            first_scale_out(written).at_most(30, "the text: 30 s of elevated traffic").named(SOON),
            first_scale_in(written).at_most(30, "the text: 30 s of decreased traffic").named(SOON_IN),
            outstanding_at_first_scale_out(written)
            .at_least(100, "the text: 100 simultaneous invocations")
            .named(AT_ONCE),
            peak_in_service(written).equals(3, "the maximum of the policy"),
            final_in_service(written).equals(1, "idle ends at the minimum"),
        ],
    ),
)
