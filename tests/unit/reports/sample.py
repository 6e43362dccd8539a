"""Journals to draw reports from: plausible runs, made without clock or network and always the same."""

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from harness import journal as j
from harness.stats import counts_over_time

ENDPOINT = "turbofan"
RESOURCE = f"endpoint/{ENDPOINT}/variant/AllTraffic"
ALARM = f"TargetTracking-{RESOURCE}-Alarm%s-5f3a1c9e-6d0b-4c1e-9a51-0c9a3f1be7d2"
LOAD_AT, LOAD_S, CALLS = 300.0, 900.0, 1_050
TARGET, END = 10.0, 3_960.0


def started(**changes: object) -> j.RunStarted:
    """Return a first record; *changes* replace its fields."""
    first = j.RunStarted(
        at=0.0,
        scenario="endpoint-autoscaling-5",
        variant="corrected",
        description="The turbofan endpoint under the batch job's 1,050 calls: 1 instance to 5 and back.",
        clock="compressed:60",
        seed=7,
        started_epoch_s=1_790_000_040.0,
        backend="embedded",
        emulators={"ministack": "1.5.33", "moto": "5.2.5"},
        versions={"harness": "0.1.0", "python": "3.11.9", "boto3": "1.43.106", "locust": "2.47.0"},
        command="harness run endpoint-autoscaling-5 --clock compressed:60 --seed 7",
        configuration={"launch_s": 240.0, "publish_delay_s": 60.0, "scale_in_mode": "one_step"},
    )
    return replace(first, **changes)  # type: ignore[arg-type]


def ordered(records: Iterable[j.Record]) -> list[j.Record]:
    """Return *records* by moment, as a run writes them; the first and the last stay where they are."""
    first, *middle, last = records
    return [first, *sorted(middle, key=lambda r: r.due_at if isinstance(r, j.LoadRequest) else r.at), last]


def scaled_run(calls: int = CALLS) -> list[j.Record]:
    """Return a run of 66 model minutes: 1 -> 5 -> 1 instances, *calls* requests, one expectation not met."""
    requests = list(_requests(calls))
    return ordered(
        [
            started(),
            *_phases(),
            *_endpoint(),
            *requests,
            *_exchanges(requests),
            _load_ended(requests),
            *_metric(requests),
            *_decisions(),
            *_scaling(),
            *_checks(),
            *_fidelity(),
            j.RunEnded(END, "fail", "1 of 6 expectations was not met", 74.8),
        ]
    )


def killed_early() -> list[j.Record]:
    """Return what a run leaves that was killed while its endpoint was being created."""
    return [
        started(),
        j.PhaseStarted(0.4, "deploy", "2 resources"),
        j.Exchange(1.2, "sagemaker", "CreateEndpoint", 200, "", 0.004, 300, 120),
        j.EndpointChanged(1.2, ENDPOINT, "Creating"),
    ]


def invalid_run() -> list[j.Record]:
    """Return a run whose load generator was saturated, so that it proves nothing."""
    why = ["client CPU 93 % is above 70 %", "p99 lag 1.8 s is above 0.1 s"]
    return [
        started(),
        j.PhaseStarted(0.0, "load", "open arrivals"),
        *(
            j.LoadRequest(10.0 + i, ENDPOINT, "ok", 200, 10.5 + i, 11.0 + i, 0.5, 0.0, 0.04)
            for i in range(60)
        ),
        j.LoadEnded(75.0, 10.0, 60, 60, 60, 0, 0, 0, 1.8, "boto3", 0.93, 1, True, why),
        j.Expectation(
            76.0, "turbofan: response time p99", "<= 0.8", 0.54, "s", True, "over 60 requests", "team"
        ),
        j.RunEnded(76.0, "invalid", f"the load generator was saturated: {'; '.join(why)}", 80.0),
    ]


def many_expectations(count: int = 30) -> list[j.Record]:
    """Return a run with *count* expectations, long names among them; every third is not met."""
    long = "a-very-long-endpoint-name-that-somebody-really-gave-to-a-production-system-with-no-spaces"
    names = [
        f"{long if i % 4 == 0 else ENDPOINT}: check number {i} of the share answered" for i in range(count)
    ]
    checks = [
        j.Expectation(
            90.0,
            name,
            "<= 0.001",
            None if i % 9 == 0 else 0.0123 * i,
            "ratio",
            i % 3 != 0,
            f"over {i} calls",
            "team",
        )
        for i, name in enumerate(names)
    ]
    return [
        started(scenario=long),
        *checks,
        j.RunEnded(91.0, "fail", "10 of 30 expectations were not met", 12.0),
    ]


def _phases() -> Iterator[j.Record]:
    yield j.PhaseStarted(0.4, "deploy", "model, configuration, endpoint, scaling policy")
    yield j.PhaseStarted(LOAD_AT, "load", f"open arrivals, {CALLS} calls in 15 minutes")
    yield j.PhaseStarted(LOAD_AT + LOAD_S, "settle", "until back at 1")
    yield j.PhaseStarted(END - 30, "teardown", "")


def _requests(calls: int) -> Iterator[j.LoadRequest]:
    """Yield the load: arrivals that swell and ebb, first come first served by the instances of the moment."""
    random = Random("7/load")
    due = sorted(LOAD_AT + LOAD_S * random.betavariate(1.6, 1.9) for _ in range(calls))
    free: list[float] = [0.0]
    joins = [800.0, 812.0, 826.0, 839.0]
    service_mean = 0.62 * CALLS / calls
    for at in due:
        while joins and joins[0] <= at:
            heapq.heappush(free, joins.pop(0))
        lag = random.expovariate(1 / 0.002)
        service = random.lognormvariate(math.log(service_mean), 0.35)
        start = max(at, heapq.heappop(free))
        if start - at > 25 or random.random() < 0.002:
            heapq.heappush(free, start)
            yield j.LoadRequest(
                at, ENDPOINT, "failed", 503, at, at + 0.01, lag, 0, 0, 0.001, "ServiceUnavailable"
            )
            continue
        heapq.heappush(free, start + service)
        overhead = 0.0007 + random.expovariate(1 / 0.0004)
        yield j.LoadRequest(
            at, ENDPOINT, "ok", 200, at + lag * 60, start + service, lag, start - at, service, overhead
        )


def _load_ended(requests: list[j.LoadRequest]) -> j.LoadEnded:
    ok = sum(r.outcome == "ok" for r in requests)
    count = len(requests)
    end = LOAD_AT + LOAD_S + 2
    return j.LoadEnded(end, LOAD_AT, count, count, ok, count - ok, 0, 0, 0.0091, "lean", 0.21, 1, False, [])


def _exchanges(requests: list[j.LoadRequest]) -> Iterator[j.Record]:
    setup = ("CreateModel", "CreateEndpointConfig", "CreateEndpoint", *["DescribeEndpoint"] * 14)
    for i, operation in enumerate(setup):
        yield j.Exchange(1.0 + i * 17, "sagemaker", operation, 200, "", 0.003, 412, 96)
    for i, operation in enumerate(("RegisterScalableTarget", "PutScalingPolicy")):
        yield j.Exchange(243.0 + i, "application-autoscaling", operation, 200, "moto", 0.006, 350, 80)
    for i, r in enumerate(requests):
        yield j.Exchange(
            r.due_at, "sagemaker-runtime", "InvokeEndpoint", r.status, "", r.overhead_s, 9_800, 620, r.error,
            "AKIAEXAMPLE", ENDPOINT, "AllTraffic", f"i-{i % 5}", r.queue_s, r.service_s, 100,
        )  # fmt: skip


def _endpoint() -> Iterator[j.Record]:
    for at, status in ((1.0, "Creating"), (241.0, "InService"), (540.0, "Updating"), (848.0, "InService")):
        yield j.EndpointChanged(at, ENDPOINT, status)
    yield j.EndpointChanged(END - 30, ENDPOINT, "Deleting")
    steps = [(1, 1, 0), (241, 1, 1), (540, 5, 1), (800, 5, 2), (812, 5, 3), (826, 5, 4), (839, 5, 5)]
    steps += [(2_160, 4, 5), (2_184, 4, 4), (2_820, 2, 4), (2_842, 2, 2), (3_480, 1, 2), (3_500, 1, 1)]
    for at, desired, in_service in steps:
        yield j.CapacityChanged(float(at), ENDPOINT, "AllTraffic", desired, in_service)
    yield j.FaultInjected(1_020.0, "ZoneOutage", "zone b of 3 is lost for 60 s")


def _metric(requests: list[j.LoadRequest]) -> Iterator[j.Record]:
    yield j.TargetRegistered(243.0, RESOURCE, 1, 5)
    yield j.PolicyPut(
        244.0, RESOURCE, "turbofan-invocations", "TargetTrackingScaling", TARGET,
        "SageMakerVariantInvocationsPerInstance", 30.0, 600.0,
    )  # fmt: skip
    periods = range(240, int(END) - 60, 60)
    counts = counts_over_time((r.due_at for r in requests), 240.0, END - 60, 60.0)
    for period, calls in zip(periods, counts, strict=True):
        instances = 1 if period < 780 else 5 if period < 2_160 else 4
        yield j.MetricPublished(
            period + 120.0, RESOURCE, "InvocationsPerInstance", float(period), 60.0, calls / instances
        )


def _alarm(at: float, direction: str, before: str, after: str, reason: str) -> j.AlarmChanged:
    threshold = TARGET if direction == "high" else 0.9 * TARGET
    name = ALARM % direction.capitalize()
    return j.AlarmChanged(at, name, RESOURCE, direction, threshold, before, after, reason)


def _decisions() -> Iterator[j.Record]:
    for at in range(300, int(END) - 30, 60):
        code, capacity, desired, sentence = "WithinTarget", 1, 1, "No alarm is in state ALARM; nothing to do."
        if at == 540:
            code, desired = "tracking", 5
            sentence = (
                "52 calls per instance a minute against a target of 10 ask for 6 instances; the maximum is 5."
            )
        elif 540 < at < 848:
            code, capacity, desired = "TargetServicePutResourceAsUnscalable", 5, 5
            sentence = "The endpoint is Updating; Application Auto Scaling waits until it is InService."
        elif 848 <= at < 1_320:
            code, capacity, desired = "AlreadyAtMaxCapacity", 5, 5
            sentence = "The policy asks for more, and 5 is the maximum capacity."
        elif at in (2_160, 2_820, 3_480):
            capacity = {2_160: 5, 2_820: 4, 3_480: 2}[at]
            code, desired = "tracking", {2_160: 4, 2_820: 2, 3_480: 1}[at]
            sentence = f"15 minutes below 9 calls per instance: from {capacity} to {desired}."
        elif 2_160 < at < 3_480:
            code, capacity, desired = "ScaleInCooldown", 4, 4
            sentence = "The scale-in cooldown of 600 s holds the next scale-in back."
        yield j.ScalingEvaluated(float(at), RESOURCE, capacity, desired, code, sentence)


def _scaling() -> Iterator[j.Record]:
    crossed = "Threshold Crossed: %s datapoints were %s the threshold (%s)."
    yield _alarm(300, "high", "INSUFFICIENT_DATA", "OK", "Unchecked: initial data arrived.")
    yield _alarm(300, "low", "INSUFFICIENT_DATA", "OK", "Unchecked: initial data arrived.")
    yield _alarm(540, "high", "OK", "ALARM", crossed % ("3 out of the last 3", "greater than", "10.0"))
    yield _alarm(1_320, "high", "ALARM", "OK", crossed % ("1 out of the last 3", "not greater than", "10.0"))
    yield _alarm(2_160, "low", "OK", "ALARM", crossed % ("15 out of the last 15", "less than", "9.0"))
    steps = [
        (540, 848, 1, 5, 30),
        (2_160, 2_190, 5, 4, 600),
        (2_820, 2_850, 4, 2, 600),
        (3_480, 3_510, 2, 1, 420),
    ]
    for i, (at, done, before, after, cooldown) in enumerate(steps):
        alarm = ALARM % ("High" if after > before else "Low")
        first = j.ScalingActivity(
            at, f"activity-{i}", RESOURCE, "InProgress", before, after,
            f"monitor alarm {alarm} in state ALARM triggered policy turbofan-invocations",
            f"Setting desired instance count to {after}.", "tracking", float(at),
        )  # fmt: skip
        yield first
        yield replace(first, at=float(done), status="Successful", ended_at=float(done))
        yield j.CooldownStarted(
            float(done), RESOURCE, "out" if after > before else "in", float(done + cooldown)
        )


def _checks() -> Iterator[j.Record]:
    rows = [
        ("turbofan: peak instances", "== 5", 5.0, "instances", True, "the most instances in service"),
        (
            "turbofan: instances at the end",
            "== 1",
            1.0,
            "instances",
            True,
            "instances of turbofan at the end",
        ),
        (
            "turbofan: error ratio",
            "<= 0.05",
            0.0076,
            "ratio",
            True,
            "8 of 1050 requests went without an answer",
        ),
        ("turbofan: load to first scale-out decision", ">= 180", 240.0, "s", True, "three breaching minutes"),
        ("turbofan: response time p99", "<= 2", 25.32, "s", False, "over 1042 answered requests to turbofan"),
        ("batch: rmse", "<= 57.257", 41.83, "cycles", True, "rmse as returned by the program 'batch'"),
    ]
    for name, limit, value, unit, ok, reason in rows:
        yield j.Expectation(END - 20, name, limit, value, unit, ok, reason, "PIPELINES, section D")
    yield j.Predicted(1_300.0, 104_897, 41.8312, "NASA C-MAPSS FD001 to FD004, uncapped remaining life")
    yield j.ProgramEnded(1_300.0, "batch", LOAD_AT, 0, {"rows": 104_897, "rmse": 41.8312})
    yield j.Finding(
        250.0, "burstable-instance", "warning", RESOURCE,
        "ml.t3.medium is burstable: SageMaker refuses to scale burstable instances such as T2.",
        "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html",
    )  # fmt: skip


def _fidelity() -> Iterator[j.Record]:
    topics = [
        ("InvokeEndpoint queueing and service time", "modelled", "1 slot an instance, seeded service times"),
        ("Target tracking: alarms, cooldowns, bounds", "enforced", "14 documented cases pass"),
        ("Models, endpoint configurations", "forwarded", "moto 5.2.5 answered CreateModel"),
        ("IAM permissions", "not covered", "this version does not evaluate policies"),
        ("Instance launch time", "modelled", "AWS documents none; 240 s is a setting"),
    ]
    for topic, how, probed in topics:
        yield j.Fidelity(0.3, topic, how, probed)
