"""Would the endpoint scale in time? Virtual time: hours of traffic in milliseconds, nothing is deployed."""


def scaled(virtual_clock, traffic):
    """Play the template's policy against *traffic*, with what one instance of ours does."""
    return virtual_clock.policy(
        "../template.yaml", traffic, initial=2, service_time="lognormal:0.04,0.1", concurrency=2
    )


def test_an_ordinary_day_needs_no_more_than_two(virtual_clock):
    """30 requests a second are below the target of two instances."""
    outcome = scaled(virtual_clock, "30rps:1h")
    assert [one["to"] for one in outcome.summary["scaling"]["activities"]] == []


def test_black_friday_is_served(virtual_clock):
    """Three times the traffic within ten minutes: scaling follows, and few requests wait."""
    outcome = scaled(virtual_clock, "30rps:10m,30-90rps:10m,90rps:30m")
    steps = outcome.summary["scaling"]["activities"]
    assert max(one["to"] for one in steps) <= 6
    assert outcome.summary["latency"]["response_s"]["p95"] < 0.2, outcome.report


def test_a_spike_is_not(virtual_clock):
    """What scaling cannot do, known before anybody pays: a spike lasts until new instances are there."""
    outcome = scaled(virtual_clock, "30rps:10m,150rps:10m,30rps:30m")
    first = outcome.summary["scaling"]["activities"][0]
    assert first["in_service_s"] - 600 > 240  # minutes to notice, minutes to launch
