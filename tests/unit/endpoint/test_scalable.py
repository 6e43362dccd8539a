"""A variant as a scalable resource: its counts, what it covers, and what an alarm gets to see when."""

from dataclasses import replace

import pytest
from virtual_time import ENDPOINT, STEADY, VARIANT, config

from harness.endpoint import Constant, EndpointConfig, EndpointModel, EndpointSettings, VariantSpec
from harness.endpoint.scalable import VariantResource
from harness.scaling.resource import Datapoint, ScalableResource, ScalingMetric

INVOCATIONS = ScalingMetric("AWS/SageMaker", "InvocationsPerInstance", "Sum")
CONCURRENT = ScalingMetric("AWS/SageMaker", "ConcurrentRequestsPerModel", "Maximum", period_s=10.0)
CPU = ScalingMetric("/aws/sagemaker/Endpoints", "CPUUtilization", "Average")
OWN = (("VariantName", VARIANT), ("EndpointName", ENDPOINT))


def in_service(
    *,
    count: int = 2,
    service_s: float = 1.0,
    concurrency: int = 2,
    instance_type: str = "ml.m5.large",
    settings: EndpointSettings = STEADY,
) -> EndpointModel:
    """Return an endpoint in service from moment 0."""
    spec = VariantSpec(
        VARIANT, instance_type, count, service_time=Constant(service_s), concurrency=concurrency
    )
    model = EndpointModel(ENDPOINT, EndpointConfig("c", (spec,)), seed="s", settings=settings)
    assert model.adopt(0.0) is None
    return model


def values(points: tuple[Datapoint | None, ...]) -> list[float | None]:
    return [None if each is None else each.value for each in points]


def test_it_is_what_the_control_loop_asks_for() -> None:
    """Counts follow the endpoint; while it updates it is not scalable."""
    model = in_service()
    resource: ScalableResource = VariantResource(model, VARIANT)
    assert (resource.desired_capacity, resource.current_capacity, resource.is_scalable) == (2, 2, True)
    assert resource.set_capacity(3, 10.0) is None
    assert (resource.desired_capacity, resource.current_capacity, resource.is_scalable) == (3, 2, False)
    refusal = resource.set_capacity(4, 20.0)
    assert refusal is not None
    assert refusal.code == "ValidationException"
    model.advance(500.0)
    assert (resource.desired_capacity, resource.current_capacity, resource.is_scalable) == (3, 3, True)


def test_a_variant_that_is_gone_cannot_be_scaled() -> None:
    """Its metrics stay readable; one that never was has none."""
    model = in_service()
    model.update(EndpointConfig("d", (VariantSpec("other", "ml.m5.large"),)), 100.0)
    model.advance(1000.0)
    gone, never = VariantResource(model, VARIANT), VariantResource(model, "never")
    for each in (gone, never):
        assert (each.desired_capacity, each.current_capacity, each.is_scalable) == (0, 0, False)
    assert values(gone.datapoints(INVOCATIONS, 120.0, 1)) == [0.0]
    assert not never.covers(INVOCATIONS)
    assert never.datapoints(INVOCATIONS, 120.0, 2) == (None, None)


@pytest.mark.parametrize(
    "metric",
    [
        INVOCATIONS,
        CONCURRENT,
        CPU,
        replace(INVOCATIONS, dimensions=OWN),
        replace(INVOCATIONS, statistic="SampleCount", period_s=300.0),
        replace(CONCURRENT, period_s=30.0, statistic="Average"),
        replace(CONCURRENT, period_s=120.0, statistic="Minimum"),
        replace(CPU, unit="Percent"),
        ScalingMetric("AWS/SageMaker", "Invocations", "Sum"),
        ScalingMetric("AWS/SageMaker", "ModelLatency", "Average", unit="Microseconds"),
        ScalingMetric("AWS/SageMaker", "Invocation4XXErrors", "Average"),
        ScalingMetric("AWS/SageMaker", "Invocation5XXErrors", "Sum"),
    ],
)
def test_it_covers_what_sagemaker_publishes_of_a_variant(metric: ScalingMetric) -> None:
    """Every metric with every statistic of a statistic set, in periods that CloudWatch has data for."""
    model = in_service()
    model.advance(900.0)
    resource = VariantResource(model, VARIANT)
    assert resource.covers(metric)
    idle = None if metric.name == "ModelLatency" else 0.0
    assert values(resource.datapoints(metric, 900.0, 2)) == [idle, idle]


@pytest.mark.parametrize(
    "metric",
    [
        replace(INVOCATIONS, namespace="AWS/Lambda"),
        replace(INVOCATIONS, name="MemoryUtilization"),
        replace(CPU, namespace="AWS/SageMaker"),
        replace(INVOCATIONS, statistic="p99"),
        replace(INVOCATIONS, dimensions=(("EndpointName", ENDPOINT),)),
        replace(INVOCATIONS, dimensions=(("EndpointName", "other"), ("VariantName", VARIANT))),
        replace(INVOCATIONS, dimensions=(*OWN, ("Region", "eu-west-1"))),
        replace(INVOCATIONS, period_s=10.0),
        replace(CPU, period_s=30.0),
        replace(INVOCATIONS, period_s=90.0),
        replace(INVOCATIONS, period_s=0.0),
        replace(CONCURRENT, period_s=20.0),
        replace(CPU, unit="Seconds"),
    ],
)
def test_what_cloudwatch_would_have_no_data_for_is_not_covered(metric: ScalingMetric) -> None:
    """Other names, dimensions, periods and units give no data rather than a guess."""
    model = in_service()
    model.advance(600.0)
    resource = VariantResource(model, VARIANT)
    assert not resource.covers(metric)
    assert resource.datapoints(metric, 600.0, 3) == (None, None, None)


def test_a_minute_is_visible_after_its_delay_and_a_short_period_after_its_own() -> None:
    """60 s and 10 s here: at 129.9 the newest minute ended at 60, the newest ten seconds at 110."""
    model = in_service()
    model.advance(200.0)
    resource = VariantResource(model, VARIANT, publish_delay_s=60.0, high_resolution_publish_delay_s=10.0)
    assert [each and each.start_at for each in resource.datapoints(INVOCATIONS, 119.9, 2)] == [None, None]
    assert [each and each.start_at for each in resource.datapoints(INVOCATIONS, 120.0, 2)] == [None, 0.0]
    assert [each and each.start_at for each in resource.datapoints(CONCURRENT, 129.9, 2)] == [
        100.0 - 10.0,
        100.0,
    ]


def test_the_points_of_an_invocations_alarm_are_the_minutes_of_the_metrics() -> None:
    """Value and capacity are what the published minute says."""
    model = in_service()
    for number in range(90):
        model.arrive(number, number * 2.0)
    model.advance(400.0)
    metrics = model.metrics(VARIANT)
    assert metrics is not None
    seen = VariantResource(model, VARIANT).datapoints(INVOCATIONS, 400.0, 7)
    for point, minute in zip(seen, metrics.datapoints_visible(400.0, 7), strict=True):
        assert (point is None) == (minute is None)
        if point is not None and minute is not None:
            told = (minute.start_at, minute.invocations_per_instance, minute.capacity)
            assert tuple(point) == told


def test_long_periods_slide_by_the_minute() -> None:
    """CloudWatch guide: minutes 1-5 first, then 2-6."""
    model = in_service()
    for number in range(600):
        model.arrive(number, float(number))
    model.advance(900.0)
    resource = VariantResource(model, VARIANT)
    five = replace(INVOCATIONS, period_s=300.0)
    assert resource.datapoints(five, 660.0, 2) == (Datapoint(0.0, 150.0, 2.0), Datapoint(300.0, 150.0, 2.0))
    assert resource.datapoints(five, 720.0, 1) == (Datapoint(360.0, 120.0, 2.0),)


def test_concurrency_is_what_the_busiest_instance_holds() -> None:
    """Three requests of 25 s on two instances of one slot: Maximum 2, Sum 3, Average 1.5, then one left."""
    model = in_service(service_s=25.0, concurrency=1)
    for number, place in enumerate((0.0, 0.1, 0.9)):
        model.arrive(number, 3.0, place=place)
    model.advance(70.0)
    resource = VariantResource(model, VARIANT)
    assert values(resource.datapoints(CONCURRENT, 70.0, 6)) == [2.0, 2.0, 1.0, 1.0, 1.0, 0.0]
    for statistic, value in (("Sum", 3.0), ("Average", 1.5), ("Minimum", 1.0), ("SampleCount", 2.0)):
        points = resource.datapoints(replace(CONCURRENT, statistic=statistic), 20.0, 1)
        assert points == (Datapoint(0.0, value, 2.0),)


def test_more_frequent_samples_find_a_peak_between_two_emissions() -> None:
    """A burst of two seconds is in the maximum of a variant that is sampled every second."""
    for sample_s, peak in ((10.0, 0.0), (1.0, 5.0)):
        model = in_service(
            count=1, service_s=2.0, concurrency=5, settings=replace(STEADY, concurrency_sample_s=sample_s)
        )
        for number in range(5):
            model.arrive(number, 4.5)
        model.advance(30.0)
        assert values(VariantResource(model, VARIANT).datapoints(CONCURRENT, 20.0, 1)) == [peak]


def test_utilisation_sums_over_cores_and_averages_over_instances() -> None:
    """One slot of one of two instances busy all the minute: 100 and 0, on average 50."""
    model = in_service(service_s=55.0)
    model.arrive(0, 0.0, place=0.0)
    model.arrive(1, 56.0, place=0.0)
    model.advance(130.0)
    resource = VariantResource(model, VARIANT)
    worked = 100.0 * 59.0 / 60.0
    assert values(resource.datapoints(CPU, 120.0, 1)) == [pytest.approx(worked / 2)]
    for statistic, value in (("Maximum", worked), ("Minimum", 0.0), ("SampleCount", 2.0)):
        points = resource.datapoints(replace(CPU, statistic=statistic), 120.0, 1)
        assert values(points) == [pytest.approx(value)]


@pytest.mark.parametrize(
    ("instance_type", "share", "value"),
    [("ml.m5.large", 1.0, 200.0), ("ml.m5.large", 0.25, 100.0), ("ml.unheard.of", 1.0, 400.0)],
)
def test_utilisation_ends_at_the_cores_there_are(instance_type: str, share: float, value: float) -> None:
    """Four busy slots on two vCPUs are 200 %; a slot may be less than a core; an unknown type has no end."""
    settings = replace(STEADY, cpu_cores_per_slot=share)
    model = in_service(count=1, service_s=60.0, concurrency=4, instance_type=instance_type, settings=settings)
    for number in range(4):
        model.arrive(number, 0.0)
    model.advance(130.0)
    assert values(VariantResource(model, VARIANT).datapoints(CPU, 120.0, 1)) == [pytest.approx(value)]


def test_a_fleet_that_does_not_serve_yet_emits_no_gauges() -> None:
    """While the endpoint is created its instances are nobody's; from InService at 130 on they are."""
    model = EndpointModel(ENDPOINT, config(count=2), seed="s", settings=STEADY)
    model.create(0.0)
    model.advance(400.0)
    resource = VariantResource(model, VARIANT)
    assert values(resource.datapoints(CONCURRENT, 160.0, 3)) == [None, 0.0, 0.0]
    assert values(resource.datapoints(CPU, 240.0, 3)) == [None, None, 0.0]


def test_asking_again_costs_no_second_count() -> None:
    """What was frozen is the same object, so a tick builds no past minute anew."""
    model = in_service()
    model.advance(600.0)
    metrics = model.metrics(VARIANT)
    assert metrics is not None
    first = metrics.datapoints_visible(600.0, 5)
    VariantResource(model, VARIANT).datapoints(INVOCATIONS, 600.0, 5)
    again = metrics.datapoints_visible(600.0, 5)
    assert all(one is other for one, other in zip(first, again, strict=True))
