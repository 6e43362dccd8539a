"""One template, held to what its users are promised. Nothing is deployed; a second in all."""

import pytest

TRAFFIC = "5rps:10m,5-30rps:10m,30rps:20m,5rps:20m"  # the evening peak


@pytest.fixture
def evening(virtual_clock):
    """The template's scaling under the evening peak, with what one instance of ours does."""
    return virtual_clock.policy("../template.yaml", TRAFFIC, initial=1, service_time="0.05", concurrency=2)


def test_the_peak_fits_the_maximum(evening):
    """30 requests a second are 3 instances' work at the policy's target of 600 a minute, or 4 by chance."""
    steps = evening.summary["scaling"]["activities"]
    assert max(one["to"] for one in steps) in (3, 4)


def test_it_scales_back(evening):
    """What is not needed is not paid for: one instance at the end."""
    assert evening.summary["scaling"]["activities"][-1]["to"] == 1


def test_users_do_not_wait(evening):
    """95 of 100 requests are answered within 300 ms, while it scales too."""
    assert evening.summary["latency"]["response_s"]["p95"] < 0.3, evening.report
