"""The pages of docs/reference about what a scenario declares: its fields, resources, faults, expectations.

Made from the classes and functions of `harness.scenario`, each with its docstring: whoever adds one puts it
in a group below, which a test asks for.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from harness import scenario
from harness.scenario.faults.command_line import forms
from reports.pages.source import Field, declared_fields, docstring, signature

MADE = "<!-- Made by `python -m reports.pages` from harness/scenario. Do not edit. -->"

Groups = Mapping[str, tuple[str, ...]]

SCENARIO: Groups = {
    "The scenario": ("Scenario", "Variant", "Settle", "Resource", "find", "names"),
    "The load": ("OpenModel", "Payload", "Constant", "Ramp", "Spike", "Idle", "Stages", "Calls"),
    "Programs": ("Program",),
}
RESOURCES: Groups = {
    "Endpoints and models": ("Endpoint", "Model"),
    "Scaling": (
        "TargetTracking",
        "Scaling",
        "Tracking",
        "StepScaling",
        "Step",
        "Alarm",
        "above",
        "below",
        "ScheduledAction",
        "ScalingMetric",
        "AdjustmentType",
        "Aggregation",
        "Comparison",
        "TreatMissing",
    ),
    "Messages and storage": ("Topic", "Queue", "Subscription", "Webhook", "Bucket", "Table"),
    "Functions and what invokes them": (
        "Function",
        "Alias",
        "QualifiedFunction",
        "EventSource",
        "Notification",
        "Timer",
        "Rule",
        "HttpApi",
    ),
    "Permissions": ("Role", "ManagedPolicy", "Statement", "allow", "deny", "VpcEndpoint"),
    "Jobs, instances and labelling": ("Image", "MachineImage", "SpotMarket", "Workteam"),
    "Stacks": ("Stack",),
}
FAULTS: Groups = {
    "Calls": ("Throttle", "ServerError", "Latency", "ConnectionReset"),
    "Deliveries": ("DuplicatedDelivery", "DelayedDelivery", "OutOfOrderDelivery"),
    "Processes and clocks": ("KilledConsumer", "FrozenConsumer", "KilledFunction", "ClockSkew"),
    "Capacity": ("ZoneFailure", "SpotInterruption"),
}
EXPECTATIONS: Groups = {
    "An expectation": ("Expectation", "Threshold"),
    "Endpoints and load": ("response_time", "error_ratio", "answered_during_fault", "result"),
    "Scaling": (
        "first_scale_out",
        "scale_out_lag",
        "outstanding_at_first_scale_out",
        "peak_in_service",
        "final_in_service",
        "first_scale_in",
        "scale_in_gap",
        "zones_in_service",
        "least_in_service_after_fault",
        "deleted",
    ),
    "Messages": (
        "published",
        "delivered",
        "undelivered",
        "wrongly_delivered",
        "processed",
        "duplicates",
        "answered",
        "answered_twice",
        "lost",
        "dead_lettered",
        "still_there",
        "out_of_order",
        "end_to_end",
        "deepest",
        "oldest_age",
    ),
    "Functions": (
        "invocations",
        "function_errors",
        "throttled",
        "Reason",
        "cold_starts",
        "spillover",
        "peak_concurrency",
        "function_duration",
        "events_lost",
        "event_age",
        "notified",
        "fired",
    ),
    "Permissions": ("denied", "refused_calls", "used", "granted", "unused", "grants_only_what_it_uses"),
    "Jobs and instances": (
        "jobs",
        "job_metric",
        "job_seconds",
        "billable_seconds",
        "instances",
        "interrupted",
        "spot_requests",
        "billed_seconds",
    ),
    "Cost and stacks": ("cost", "cost_per_1000", "not_made"),
}
CONSTANTS = ("CONCURRENT_PER_MODEL", "INVOCATIONS")
"""Figures that stand in a text of their own."""


def grouped() -> set[str]:
    """Return every name that has a place on some page."""
    pages = (SCENARIO, RESOURCES, FAULTS, EXPECTATIONS)
    return {name for page in pages for names in page.values() for name in names} | set(CONSTANTS)


def scenario_page() -> str:
    """Return the page about a scenario's own fields, its load and its programs."""
    head = (
        "A scenario is one Python file with a module-level `scenario = Scenario(...)`. Every name below "
        "comes from `harness.scenario`; what is wrong with a value is said when it is built, with the "
        "field. Spans end in `_s` and are model seconds. "
        "[Write a scenario](../how-to/write-a-scenario.md) shows one."
    )
    return _page("Scenario", head, SCENARIO)


def resources_page() -> str:
    """Return the page about what a scenario's `resources` may hold."""
    head = (
        "What a scenario may declare under `resources`, and what those are made of. Names are AWS's. Every "
        "name comes from `harness.scenario`. The metrics `INVOCATIONS` (invocations a minute and "
        "instance) and `CONCURRENT_PER_MODEL` (requests in flight and queued) are what policies of an "
        "endpoint track."
    )
    return _page("Resources", head, RESOURCES)


def faults_page() -> str:
    """Return the page about faults: the form on the command line, then each class."""
    head = (
        "What a scenario breaks on purpose. Every name comes from `harness.scenario`; "
        "[Inject faults](../how-to/inject-faults.md) says how they act. The forms of `--fault`:"
    )
    written = "\n".join(forms())
    return _page("Faults", f"{head}\n\n```text\n{written}\n```", FAULTS)


def expectations_page() -> str:
    """Return the page about expectations: how a limit is given, then each question."""
    head = (
        "What must hold after a run. A question such as `error_ratio(endpoint)` becomes an expectation by "
        "its limit: `.below(0.001)`, `.at_most`, `.at_least`, `.equals`; the second argument says where the "
        "limit comes from. With nothing to measure an expectation is not met. Every name comes from "
        "`harness.scenario`."
    )
    return _page("Expectations", head, EXPECTATIONS)


def _page(title: str, head: str, groups: Groups) -> str:
    parts = [f"# {title}", MADE, head]
    for heading, names in groups.items():
        parts.append(f"## {heading}")
        for name in names:
            parts += described(name, getattr(scenario, name))
    return "\n\n".join(parts) + "\n"


def described(name: str, thing: Any) -> Iterator[str]:
    """Yield the parts of a page that describe one class or function of `harness.scenario`."""
    yield f"### {name}"
    if inspect.isfunction(thing):
        yield f"`{signature(thing)}`"
        yield docstring(thing)
    elif not isinstance(thing, type):
        yield f"One of {', '.join(f'`{kind.__name__}`' for kind in thing.__args__)}."
    else:
        yield docstring(thing)
        yield from _members(thing)


def _members(declared: type) -> Iterator[str]:
    if issubclass(declared, Enum):
        yield f"One of {', '.join(f'`{name}`' for name in declared.__members__)}."
    elif is_dataclass(declared) and (given := declared_fields(declared)):
        yield table(given)


def table(given: Iterable[Field]) -> str:
    """Return the table of *given* fields; the last column only where some field has a meaning of its own."""
    rows = list(given)
    told = any(field.meaning for field in rows)
    head = "| field | type | default |" + (" meaning |" if told else "")
    lines = [head, "|---|---|---|" + ("---|" if told else "")]
    for field in rows:
        default = f"`{_cell(field.default)}`" if field.default else "(to be given)"
        meaning = f" {_cell(field.meaning)} |" if told else ""
        lines.append(f"| `{field.name}` | `{_cell(field.kind)}` | {default} |{meaning}")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
