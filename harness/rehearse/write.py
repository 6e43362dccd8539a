"""A scenario's file from a stack: what `harness init` writes and `harness rehearse` runs."""

import json
import keyword
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.rehearse.entrances import Entrance, entrances, sample_event
from harness.rehearse.traffic import Traffic, rate_of
from harness.scenario.functions import EventSource, Function, QualifiedFunction
from harness.scenario.messaging import Subscription, Topic
from harness.scenario.rates import Constant, Idle, Ramp, Stages
from harness.scenario.resources import Endpoint
from harness.scenario.stack import Stack
from harness.scenario.triggers import HttpApi, Notification

JSON_BODY = {"id": "{{number}}", "rehearsal": True}
CSV_BODY = "1,2,3"
# Real seconds of functions are model seconds, so that a clock that runs much faster would stretch them.
# Objects and events are brought by one program, one after another.
MOST_BROUGHT = 100
CLOCK_WITH_FUNCTIONS, CLOCK = "compressed:3", "compressed:20"


@dataclass(slots=True)
class _Writing:
    """What of the file is known so far."""

    stack: Stack
    traffic: Traffic
    used: set[str] = field(default_factory=set)  # names imported from harness.scenario
    helpers: set[str] = field(default_factory=set)  # names imported from harness.rehearse.programs
    variables: dict[str, str] = field(default_factory=dict)  # logical id -> variable

    def variable(self, logical_id: str) -> str:
        """Return the variable that holds the resource, declared in the file when it is asked for."""
        if logical_id not in self.variables:
            wanted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", logical_id)
            wanted = re.sub(r"\W+", "_", wanted).strip("_").lower() or "it"
            if wanted[0].isdigit() or keyword.iskeyword(wanted) or wanted in ("stack", "scenario"):
                wanted = f"the_{wanted}"
            taken = set(self.variables.values())
            name, number = wanted, 2
            while name in taken:
                name, number = f"{wanted}_{number}", number + 1
            self.variables[logical_id] = name
        return self.variables[logical_id]


def scenario_file(stack: Stack, traffic: Traffic, *, name: str, base: Path) -> str:
    """Return the Python text of a scenario that rehearses *stack* with *traffic*.

    *base* is the folder that the file will be in: the template's path is written relative to it where it can
    be. Raises ScenarioError when the stack has nothing that a scenario knows.
    """
    writing = _Writing(stack, traffic)
    ways = entrances(stack)
    traffic.check([one.logical_id for one in ways])
    workload = [load for one in ways if one.how == "load" for load in _loads(writing, one)]
    programs = [_program(writing, one) for one in ways if one.how != "load"]
    expectations = list(_expectations(writing, ways))
    return _joined(writing, name, base, workload, programs, expectations)


# -- the load -----


def _loads(writing: _Writing, one: Entrance) -> list[str]:
    """Return the loads of one entrance: a topic gets one for each filter that its subscriptions have."""
    subscriptions = [
        each
        for each in writing.stack.by_logical_id.values()
        if isinstance(each, Subscription) and each.topic is one.thing
    ]
    filters = {json.dumps([each.filter_scope, each.filter_policy]): each for each in subscriptions}
    if all(each.filter_policy is None for each in filters.values()):
        return [_load(writing, one, "", {}, {})]
    loads = []
    for number, each in enumerate(filters.values(), 1):
        sample = sample_event(each.filter_policy or {})
        in_body = each.filter_scope == "MessageBody"
        attributes = {} if in_body else {name: str(value) for name, value in sample.items()}
        name = f"{one.logical_id} {number}"
        loads.append(_load(writing, one, name, sample if in_body else {}, attributes))
    return loads


def _load(
    writing: _Writing, one: Entrance, name: str, members: Mapping[str, Any], attributes: Mapping[str, str]
) -> str:
    writing.used |= {"OpenModel", "Payload"}
    body, content_type = _body(writing, one, members)
    rest = ", numbered=True" if "{{number}}" in body else ""
    rest += f", attributes={attributes!r}" if attributes else ""
    rate = _rate(writing, rate_of(writing.traffic.stages_of(one.logical_id)))
    lines = [
        "OpenModel(",
        f"    {writing.variable(one.logical_id)},",
        f"    rate={rate},",
        "    payload=Payload(",
        f"        {_text(name or one.logical_id)},",
        f"        [{_text(body)}],",
        f"        content_type={_text(content_type)}{rest},",
        "    ),",
        *([f"    name={_text(name)},"] if name else []),
        ")",
    ]
    return "\n        ".join(lines)


def _body(writing: _Writing, one: Entrance, members: Mapping[str, Any]) -> tuple[str, str]:
    given = writing.traffic.payloads.get(one.logical_id)
    if given is not None:
        text = given.read_text(encoding="utf-8")
        return text, "application/json" if _is_json(text) else "text/csv"
    if isinstance(one.thing, Endpoint):
        return CSV_BODY, "text/csv"
    return json.dumps({**JSON_BODY, **members}), "application/json"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return text.lstrip()[:1] in ("{", "[")


def _rate(writing: _Writing, rate: Any) -> str:
    if isinstance(rate, Stages):
        writing.used.add("Stages")
        return f"Stages([{', '.join(_rate(writing, part) for part in rate.stages)}])"
    writing.used.add(type(rate).__name__)
    if isinstance(rate, Constant):
        return f"Constant({rate.rps:g}, over_s={rate.over_s:g})"
    if isinstance(rate, Ramp):
        return f"Ramp({rate.start_rps:g}, {rate.end_rps:g}, over_s={rate.over_s:g})"
    assert isinstance(rate, Idle)
    return f"Idle({rate.over_s:g})"


def _program(writing: _Writing, one: Entrance) -> str:
    writing.used.add("Program")
    what = "put_objects" if one.how == "objects" else "put_events"
    member = "notification" if isinstance(one.thing, Notification) else "rule"
    writing.helpers.add(what)
    rate = rate_of(writing.traffic.stages_of(one.logical_id))
    count = max(1, min(round(rate.integral(rate.duration_s)), MOST_BROUGHT))
    spread = f"count={count}, over_s={rate.duration_s:g}"
    if one.how == "objects" and one.logical_id in writing.traffic.payloads:
        spread += f", body={writing.traffic.payloads[one.logical_id].read_bytes()!r}"
    call = f"partial({what}, {member}={writing.variable(one.logical_id)}, {spread})"
    name = re.sub(r"[^A-Za-z0-9-]+", "-", one.logical_id).strip("-").lower()
    return f'Program("{what.replace("_", "-")}-{name}", {call}, moment="beside_load")'


# -- what must hold -----


def _expectations(writing: _Writing, ways: Iterable[Entrance]) -> Iterable[str]:
    held = writing.stack.by_logical_id
    by_thing = {id(one): name for name, one in reversed([*held.items()])}

    def of(thing: Any) -> str:
        return writing.variable(by_thing[id(thing)])

    yield _asks(writing, "not_made", "stack", "equals(0")
    for way in ways:
        if isinstance(way.thing, Endpoint | HttpApi):
            yield _asks(writing, "error_ratio", of(way.thing), "at_most(0.0")
        if isinstance(way.thing, Topic) and _subscribed(held, way.thing):
            yield _asks(writing, "undelivered", of(way.thing), "equals(0")
    for queue in {id(one.queue): one.queue for one in held.values() if isinstance(one, EventSource)}.values():
        yield _asks(writing, "lost", of(queue), "equals(0")
        if queue.dead_letter is not None:
            yield _asks(writing, "dead_lettered", of(queue), "equals(0")
    functions = [one for one in held.values() if isinstance(one, Function)]
    for function in dict.fromkeys(functions):
        yield _asks(writing, "invocations", of(function), "at_least(1")
        yield _asks(writing, "function_errors", of(function), "equals(0")
        yield _asks(writing, "throttled", of(function), "equals(0")
    for role in {one.role.name: one.role for one in functions if id(one.role) in by_thing}.values():
        yield _asks(writing, "refused_calls", of(role), "equals(0")


def _asks(writing: _Writing, question: str, variable: str, limit: str) -> str:
    writing.used.add(question)
    return f"{question}({variable}).{limit})"


def _subscribed(held: Mapping[str, Any], topic: Topic) -> bool:
    return any(isinstance(one, Subscription) and one.topic is topic for one in held.values())


# -- the file -----


def _text(value: str) -> str:
    """Return *value* as Python writes it, in double quotes where it holds none."""
    return repr(value) if '"' in value else json.dumps(value, ensure_ascii=False)


def _joined(
    writing: _Writing,
    name: str,
    base: Path,
    workload: list[str],
    programs: list[str],
    expectations: list[str],
) -> str:
    stack = writing.stack
    writing.used |= {"Scenario", "Settle", "Stack"}
    functions = any(isinstance(one, Function | QualifiedFunction) for one in stack.by_logical_id.values())
    imports = ["from pathlib import Path"] if _is_below(stack, base) else []
    imports = ["from functools import partial", *imports] if programs else imports
    lines = [f'"""Rehearses {Path(stack.path).name}. Written by `harness init`; change what you like."""', ""]
    lines += [*imports, ""] if imports else []
    if writing.helpers:
        lines.append(f"from harness.rehearse.programs import {', '.join(sorted(writing.helpers))}")
    lines += ["from harness.scenario import (", *(f"    {one}," for one in _sorted(writing.used)), ")", ""]
    lines += [f"stack = Stack({_stack_arguments(stack, base)})"]
    lines += [f"{one} = stack[{_text(logical_id)}]" for logical_id, one in writing.variables.items()]
    lines += ["", "scenario = Scenario(", f"    name={_text(name)},"]
    lines += [f"    description={_text(_description(stack))},"]
    lines += ["    stack=stack,", "    resources=stack.resources,"]
    lines += _listed("workload", workload) + _listed("programs", programs)
    lines += _listed("expectations", expectations)
    lines += ["    settle=Settle(at_most_s=120),"]
    lines += [f"    clock={_text(CLOCK_WITH_FUNCTIONS if functions else CLOCK)},"]
    return "\n".join([*lines, ")", ""])


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda one: (not one[0].isupper(), one))


def _listed(what: str, entries: list[str]) -> list[str]:
    return [f"    {what}=[", *(f"        {one}," for one in entries), "    ],"] if entries else []


def _description(stack: Stack) -> str:
    template = stack.template()
    said = " ".join(template.description.split()) or f"The stack of {Path(stack.path).name}."
    return textwrap.shorten(said, 300)


def _is_below(stack: Stack, base: Path) -> bool:
    return Path(stack.path).resolve().is_relative_to(base.resolve())


def _stack_arguments(stack: Stack, base: Path) -> str:
    path = Path(stack.path).resolve()
    shown = _text(str(path))
    if _is_below(stack, base):
        shown = f"Path(__file__).parent / {_text(path.relative_to(base.resolve()).as_posix())}"
    given = [shown]
    for label, value in (("parameters", stack.parameters), ("code", stack.code), ("assume", stack.assume)):
        if value:
            given.append(f"{label}={dict(value)!r}")
    if stack.name:
        given.append(f"name={_text(stack.name)}")
    if stack.apply:
        given.append("apply=True")
    if stack.stand_in_models and any(isinstance(one, Endpoint) for one in stack.by_logical_id.values()):
        given.append("stand_in_models=True")
    return ", ".join(given)
