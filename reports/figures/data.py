"""A plan as the JSON that figures.js draws from: short, the same bytes from the same plan. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from reports.figures.axes import Axis
from reports.figures.plan import STATE_WORDS, Heat, Mark, Panel, Plan, Rule, Series

DIGITS = 6  # significant ones of a value; a screen shows four


def as_json(plan: Plan) -> str:
    """Return *plan* as JSON that may stand inside a `<script>`: no `<` is in it."""
    words = json.dumps(_plan(plan), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return words.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "across": plan.across,
        "low": _number(plan.low),
        "high": _number(plan.high),
        "panels": [_panel(panel) for panel in plan.panels],
        "marks": _marks(plan.marks),
        "phases": [[_number(s.start), _number(s.end), s.value] for s in plan.phases],
    }


def _panel(panel: Panel) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "heading": panel.heading,
        "height": _number(panel.height),
        "unit": panel.unit,
        "axis": _axis(panel.axis),
        "series": [_series(one) for one in panel.series],
        "rules": [_rule(rule) for rule in panel.rules],
        "marks": _marks(panel.marks),
    }
    if panel.lanes:
        shown["lanes"] = [
            [
                lane.label,
                [
                    [
                        _number(s.start),
                        _number(s.end),
                        STATE_WORDS.get(s.value, s.value),
                        lane.role_of(s.value),
                    ]
                    for s in lane.spans
                ],
            ]
            for lane in panel.lanes
        ]
    if panel.heat:
        shown["heat"] = _heat(panel.heat)
    return shown


def _marks(marks: Sequence[Mark]) -> list[list[Any]]:
    return [[_number(mark.at), mark.label, mark.role, list(mark.dash)] for mark in marks]


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "kind": axis.kind,
        "low": _number(axis.low),
        "high": _number(axis.high),
        "threshold": _number(axis.threshold),
        "ticks": [[_number(value), words] for value, words in axis.ticks],
    }


def _series(one: Series) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "label": one.label,
        "role": one.role,
        "kind": one.kind,
        "x": _positions(one.xs),
        "y": _numbers(one.ys),
        "width": one.width,
    }
    optional = {
        "told": one.told if one.told != "value" else None,
        "fill": one.fill,
        "dash": list(one.dash),
        "low": _numbers(one.low) if one.low is not None else None,
        "ends": _numbers(one.ends) if one.ends is not None else None,
    }
    return shown | {key: value for key, value in optional.items() if value}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "value": _number(rule.value),
        "label": rule.label,
        "role": rule.role,
        "dash": list(rule.dash),
        "beside": rule.beside,
    }


def _heat(heat: Heat) -> dict[str, Any]:
    """Return the map with its cells one after another: three numbers a cell."""
    return {
        "start": _number(heat.start),
        "step": _number(heat.step),
        "edges": _numbers(heat.edges),
        "cells": [number for cell in heat.cells for number in cell],
        "role": heat.role,
        "most": heat.most,
    }


def _positions(xs: Sequence[float]) -> Any:
    """Return *xs*, or {start, step, count} where one follows the other at one distance."""
    if len(xs) > 3:
        step = (xs[-1] - xs[0]) / (len(xs) - 1)
        if all(abs(x - xs[0] - i * step) < 1e-6 * (step or 1.0) for i, x in enumerate(xs)):
            return {"start": _number(xs[0]), "step": _number(step), "count": len(xs)}
    return _numbers(xs)


def _numbers(values: Sequence[float | None]) -> list[Any]:
    return [None if value is None else _number(value) for value in values]


def _number(value: float) -> float | int:
    """Return *value* to `DIGITS` digits, whole numbers as such."""
    if float(value).is_integer():
        return int(value)
    return float(f"{value:.{DIGITS}g}")
