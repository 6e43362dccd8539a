"""What the report shows of functions and of what triggers them, as plain JSON values."""

from typing import Any

from harness.scenario import EventSource, Function, HttpApi, Notification, Rule, Scenario, Timer
from harness.scenario.functions import function_of
from harness.scenario.triggers import Target


def functions_shown(scenario: Scenario) -> dict[str, Any]:
    """Return the functions, event sources and triggers; a kind that there is none of is left out."""
    shown = {
        "functions": [_function(one) for one in scenario.functions],
        "event_sources": [_event_source(one) for one in scenario.event_sources],
        "rules": [_rule(one) for one in scenario.rules],
        "notifications": [_notification(one) for one in scenario.notifications],
        "http_apis": [_api(one) for one in scenario.http_apis],
    }
    return {name: rows for name, rows in shown.items() if rows}


def _function(function: Function) -> dict[str, Any]:
    names = ("name", "runtime", "memory_mb", "timeout_s", "reserved", "retries", "max_event_age_s")
    ends = {name: getattr(function, name) for name in ("on_failure", "on_success", "dead_letter")}
    spans = {"duration": function.modelled_duration, "init_time": function.modelled_init}
    return {
        **{name: getattr(function, name) for name in names},
        "handler": function.handler_name,
        "role": function.role.name,
        "aliases": [
            {"name": one.name, "version": one.version, "provisioned": one.provisioned}
            for one in function.aliases
        ],
        **{name: repr(span) for name, span in spans.items() if span is not None},
        **{name: _name(one) for name, one in ends.items() if one is not None},
    }


def _event_source(source: EventSource) -> dict[str, Any]:
    names = ("batch_size", "window_s", "maximum_concurrency", "reports_item_failures")
    return {
        "queue": source.queue.aws_name,
        "function": source.function.name,
        **{name: getattr(source, name) for name in names},
        **({"filters": [dict(one) for one in source.filters]} if source.filters else {}),
    }


def _rule(rule: Timer | Rule) -> dict[str, Any]:
    when = {"schedule": rule.schedule} if isinstance(rule, Timer) else {"pattern": dict(rule.pattern)}
    return {"name": rule.name, **when, "targets": [_name(one) for one in rule.targets]}


def _notification(one: Notification) -> dict[str, Any]:
    keys = {name: getattr(one, name) for name in ("prefix", "suffix") if getattr(one, name)}
    return {"bucket": one.bucket.name, "to": _name(one.target), "events": list(one.events), **keys}


def _api(api: HttpApi) -> dict[str, Any]:
    return {"name": api.name, "route": api.route, "function": function_of(api.function).name}


def _name(one: Target) -> str:
    return getattr(one, "aws_name", one.name)
