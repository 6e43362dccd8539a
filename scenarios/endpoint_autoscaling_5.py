"""Autoscaling from 1 to 5 instances at 10 invocations a minute, and what two lost zones do at 1 and at 3."""

from dataclasses import replace

from harness.scenario import (
    Calls,
    Constant,
    Endpoint,
    Expectation,
    OpenModel,
    Scenario,
    Settle,
    TargetTracking,
    Variant,
    ZoneFailure,
    answered_during_fault,
    error_ratio,
    final_in_service,
    first_scale_in,
    first_scale_out,
    least_in_service_after_fault,
    peak_in_service,
    scale_in_gap,
)
from scenarios._turbofan.pipeline import sample_rows, turbofan_endpoint

# The batch job's 1,050 calls in a quarter of an hour: 70 a minute, seven times the target.
BATCH_CALLS, BATCH_S = 1_050, 900.0
# Then a light hum of engine tests: 6 calls a minute, so that there is something to lose when a zone fails.
HUM_RPS, TOTAL_S = 0.1, 5_100.0
# Four scale-ins after the batch job, each after fifteen low minutes or the cooldown, are over by 4,000 s.
ZONES_FAIL_AFTER_S = 4_700.0
# A replacement needs 240 s at the median: this is how long a lost instance is missed.
WINDOW_S = 240.0
PROMISE = 0.95

# The original's policy; the text above it speaks of a minimum of 3.
POLICY = TargetTracking(
    target_value=10,
    min_capacity=1,
    max_capacity=5,
    scale_in_cooldown_s=600,
    scale_out_cooldown_s=30,
    policy_name="Invocations-ScalingPolicy",
)
HIGHLY_AVAILABLE = replace(POLICY, min_capacity=3)


def traffic(batch: Endpoint, *live: Endpoint) -> list[OpenModel]:
    """Return the batch job against *batch*, and engine tests that never stop against it and *live*."""
    rows = sample_rows()
    calls = Calls(BATCH_CALLS, BATCH_S)
    job = OpenModel(batch, calls, client="lean", arrivals="uniform", payload=rows, name="batch job")
    hum = Constant(HUM_RPS, TOTAL_S)
    tests = [
        OpenModel(
            one, hum, client="lean", arrivals="uniform", payload=rows, name=f"engine tests on {one.name}"
        )
        for one in (batch, *live)
    ]
    return [job, *tests]


def scaling_as_documented(endpoint: Endpoint) -> list[Expectation]:
    """Return what any run of the policy must show: up to 5, back down, never sooner than AWS would."""
    return [
        peak_in_service(endpoint).equals(5, "1,050 calls at a target of 10 ask for 5 instances"),
        first_scale_out(endpoint).at_least(240, "three breaching minutes and the publish delay"),
        first_scale_in(endpoint).at_least(960, "fifteen low minutes and the publish delay"),
        scale_in_gap(endpoint).at_least(600, "ScaleInCooldown of the policy"),
        final_in_service(endpoint).equals(1, "the minimum of the policy"),
    ]


def survives(endpoint: Endpoint) -> list[Expectation]:
    """Return what the promise of a highly available endpoint means when two of three zones fail."""
    promise = "the text: available when two zones fail"
    left = least_in_service_after_fault(endpoint).at_least(1, promise)
    answered = answered_during_fault(endpoint, WINDOW_S).at_least(PROMISE, promise)
    return [
        left.named("instances left when two zones fail"),
        answered.named("requests answered while two zones are lost"),
    ]


# The batch job can wait for a new instance, so a minimum of 1 is honest there; live engine tests cannot.
batch = turbofan_endpoint("cmapss-batch", scaling=POLICY)
live = turbofan_endpoint("cmapss-live", initial_instance_count=3, scaling=HIGHLY_AVAILABLE)
# As written one endpoint does both, on a burstable type.
written = turbofan_endpoint("cmapss-XGBoostEndpoint", instance_type="ml.t3.medium", scaling=POLICY)

scenario = Scenario(
    name="endpoint-autoscaling-5",
    description="1 to 5 instances at 10 invocations a minute each, back to 1; two zones fail, at 1 and at 3.",
    resources=[batch, live],
    workload=traffic(batch, live),
    faults=[ZoneFailure(("a", "b"), ZONES_FAIL_AFTER_S)],
    expectations=[
        *scaling_as_documented(batch),
        *survives(live),
        answered_during_fault(batch, WINDOW_S)
        .below(PROMISE, "a minimum of 1 keeps no such promise; here it makes none")
        .named("requests answered at a minimum of 1 meanwhile"),
        error_ratio(live).at_most(0.01, "live engine tests need their answers"),
    ],
    settle=Settle(at_most_s=1_800),
    clock="compressed:240",
    as_written=Variant(
        defect=(
            "The text promises a minimum of 3 instances for two lost zones; the code registers 1, on a "
            "burstable type."
        ),
        must_fail=("instances left when two zones fail", "requests answered while two zones are lost"),
        resources=[written],
        workload=traffic(written),
        expectations=[*scaling_as_documented(written), *survives(written)],
    ),
)
