"""What each metric of the catalogue is measured from: one function a name."""

from collections.abc import Callable, Mapping

from harness.thresholds.found import Found
from harness.thresholds.measures import calls, functions, messages, policies, requests, rest, scaling
from harness.thresholds.measures.run import Following, Run, Tags
from harness.thresholds.metric import Metric

__all__ = ["FOLLOWING", "Run", "following_of", "measure"]

# Metrics of spans, and the questions of `harness.scenario.expectations.scaling` that they ask.
_SPANS = {
    "scale_out_lag": "scale_out_lag",
    "scale_out_decision": "first_scale_out",
    "scale_in_decision": "first_scale_in",
}

_MEASURES: Mapping[str, Callable[[Run, Tags], Found]] = {
    "response_time": requests.response_time,
    "service_time": requests.service_time,
    "queue_time": requests.queue_time,
    "overhead": requests.overhead,
    "lag": requests.lag,
    "requests": requests.requests,
    "errors": requests.errors,
    "error_ratio": requests.error_ratio,
    "calls": calls.calls,
    "findings": calls.findings,
    "in_service": scaling.in_service,
    "desired": scaling.desired,
    **{name: scaling.span(question) for name, question in _SPANS.items()},
    "scale_outs": scaling.scale_outs,
    "scale_ins": scaling.scale_ins,
    "not_scaled": scaling.not_scaled,
    "published": messages.published,
    "lost": messages.lost,
    "duplicates": messages.duplicates,
    "undelivered": messages.undelivered,
    "delivery_time": messages.delivery_time,
    "processing_time": messages.processing_time,
    "queue_age": messages.queue_age,
    "queue_depth": messages.queue_depth,
    "invocations": functions.invocations,
    "function_errors": functions.errors,
    "throttles": functions.throttles,
    "cold_starts": functions.cold_starts,
    "spillover": functions.spillover,
    "function_duration": functions.duration,
    "init_time": functions.init_time,
    "event_age": functions.event_age,
    "events_lost": functions.events_lost,
    "concurrency": functions.concurrency,
    "policy.unused": policies.unused,
    "policy.granted": policies.granted,
    "policy.used": policies.used,
    "policy.denied": policies.denied,
    "policy.risks": policies.found_risks,
    "cost": rest.cost,
    "cost_per_1000": rest.cost_per_1000,
    "rmse": rest.rmse,
    "result": rest.result,
    "jobs": rest.jobs,
    "job_time": rest.job_time,
    "billable_time": rest.billable_time,
    "interruptions": rest.interruptions,
    "restarts": rest.of_programs("restarts"),
    "failures": rest.of_programs("failures"),
    **{
        name: messages.counter(name)
        for name in (
            "delivered",
            "processed",
            "dead_lettered",
            "expired",
            "still_there",
            "redeliveries",
            "refused",
            "filtered",
            "wrongly_delivered",
        )
    },
}

FOLLOWING: Mapping[str, Following] = {
    "response_time": requests.RESPONSE,
    "service_time": requests.SERVICE,
    "queue_time": requests.QUEUE,
    "overhead": requests.OVERHEAD,
    "lag": requests.LAG,
    "requests": requests.REQUESTS,
    "errors": requests.ERRORS,
    "error_ratio": requests.ERROR_RATIO,
    "calls": calls.CALLS,
    "findings": calls.FINDINGS,
    **{name: scaling.following(question) for name, question in _SPANS.items()},
    "in_service": scaling.IN_SERVICE,
    "desired": scaling.DESIRED,
    "published": messages.PUBLISHED,
    "queue_age": messages.QUEUE_AGE,
    "queue_depth": messages.QUEUE_DEPTH,
    "invocations": functions.INVOCATIONS,
    "function_errors": functions.ERRORS,
    "throttles": functions.THROTTLES,
    "cold_starts": functions.COLD_STARTS,
    "function_duration": functions.DURATION,
    "init_time": functions.INIT,
    "event_age": functions.EVENT_AGE,
    "events_lost": functions.EVENTS_LOST,
}
"""What is known while a run goes on: those that the catalogue says `follows` of."""


def measure(metric: Metric, run: Run, tags: Tags) -> Found:
    """Return what *run* has of *metric* with *tags*."""
    found = rest.at_path(metric.path) if metric.path else _MEASURES[metric.name]
    return found(run, tags)


def following_of(metric: Metric) -> Following:
    """Return what the records add to *metric*, one that `follows`."""
    return FOLLOWING[metric.name]
