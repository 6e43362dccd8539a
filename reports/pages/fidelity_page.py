"""The page docs/explanation/fidelity.md: each rule with its source, each unknown with its effect.

Made from data, so that it cannot say more than is checked: `python -m reports.pages.fidelity_page` writes it
anew, and a test fails when it is out of date or names a test that does not exist.
"""

import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.endpoint.distributions import Constant, Distribution, LogNormal, Uniform
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.variant import EndpointConfig, VariantSpec
from harness.endpoint.world import World
from harness.scaling.events import ActivityChanged
from harness.scaling.policies import ScalableTarget, TargetTracking
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import resource_id_of
from harness.scaling.unknowns import SettingNote, notes

FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = FOLDER / "fidelity.md"
RULES = FOLDER / "fidelity_rules.toml"

RISE_AT_MIN, FULL_AT_MIN, FALL_AT_MIN, FALLEN_AT_MIN, END_MIN = 20, 30, 70, 90, 160
LOW_RPM, HIGH_RPM, TARGET_RPM = 6, 60, 12.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reference story answers, in minutes since the rise or the fall began."""

    out_decided: float | None
    out_in_service: float | None
    out_to: int
    in_decided: float | None
    at_minimum: float | None


def reference_story(endpoint: EndpointSettings, scaling: ScalingSettings) -> Answer:
    """Return the answer for one endpoint: traffic rises tenfold, stays, and falls again.

    Distributions stand for their medians, so that an effect is that of the setting and not of one draw.
    """
    typical = replace(
        endpoint,
        launch_time=_median(endpoint.launch_time),
        join_stagger=_median(endpoint.join_stagger),
    )
    world = World(seed=1, endpoint_settings=typical, scaling_settings=scaling)
    config = EndpointConfig("config", (VariantSpec("AllTraffic", "ml.m5.large", 1),))
    resource = resource_id_of("endpoint", "AllTraffic")
    world.adopt_endpoint("endpoint", config, 0.0)
    world.register_target(ScalableTarget(resource, 1, 10), 0.0)
    world.put_policy(resource, TargetTracking("policy", TARGET_RPM), 0.0)
    changes: list[ActivityChanged] = []
    for number, at in enumerate(_arrivals()):
        changes += _until(world, at)
        world.arrive("endpoint", number, at)
    changes += _until(world, END_MIN * 60.0)
    return _answer(changes)


def _median(spans: Distribution) -> Constant:
    match spans:
        case Uniform(low_s, high_s):
            return Constant((low_s + high_s) / 2.0)
        case LogNormal():
            return Constant(spans.median_s)
        case Constant():
            return spans
        case _:
            raise TypeError(f"{type(spans).__name__} is no distribution of a setting's range")


def _arrivals() -> Iterator[float]:
    for minute in range(END_MIN):
        risen = (minute - RISE_AT_MIN + 1) / (FULL_AT_MIN - RISE_AT_MIN)
        fallen = (minute - FALL_AT_MIN + 1) / (FALLEN_AT_MIN - FALL_AT_MIN)
        share = max(0.0, min(1.0, risen, 1.0 - fallen))
        rpm = round(LOW_RPM + share * (HIGH_RPM - LOW_RPM))
        for number in range(rpm):
            yield minute * 60.0 + number * 60.0 / rpm


def _until(world: World, moment: float) -> list[ActivityChanged]:
    told: list[Any] = []
    while (at := world.next_deadline()) is not None and at <= moment:
        told += world.advance(at)
    return [each for each in told if isinstance(each, ActivityChanged)]


def _answer(changes: list[ActivityChanged]) -> Answer:
    scaled = [each.activity for each in changes if each.activity.is_scaled]
    outs = [each for each in scaled if each.to_capacity > each.from_capacity]
    ins = [each for each in scaled if each.to_capacity < each.from_capacity]
    first = [each for each in outs if each.activity_id == outs[0].activity_id] if outs else []
    ended = first[-1].ended_at if first else None
    return Answer(
        _minutes(first[0].started_at if first else None, RISE_AT_MIN),
        _minutes(ended, RISE_AT_MIN),
        first[0].to_capacity if first else 0,
        _minutes(ins[0].started_at if ins else None, FALL_AT_MIN),
        _minutes(next((each.started_at for each in ins if each.to_capacity == 1), None), FALL_AT_MIN),
    )


def _minutes(moment: float | None, since_min: int) -> float | None:
    return None if moment is None else moment / 60.0 - since_min


# --- the page ----------------------------------------------------------------------------------------------


def data() -> dict[str, Any]:
    """Return the data file: `rule`, a list of rules, and `text`, the page's own sentences."""
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


def render() -> str:
    """Return the page, Markdown."""
    base = reference_story(EndpointSettings(), ScalingSettings())
    text = data()["text"]
    parts = [
        text["head"].strip(),
        *_rule_tables(),
        "## Unknowns",
        _story_text(base, text["story"].strip()),
        _unknown_table(base, "Scaling (`ScalingSettings`)", ScalingSettings(), _with_scaling),
        _unknown_table(base, "Endpoint (`EndpointSettings`)", EndpointSettings(), _with_endpoint),
        text["tail"].strip(),
    ]
    return "\n\n".join(parts) + "\n"


def _rule_tables() -> Iterator[str]:
    for topic, group in groupby(data()["rule"], key=lambda rule: str(rule["topic"])):
        rows = [
            f"| {rule['rule']} | {rule['basis']} | {rule['source']} | {_checked(rule['checked'])} |"
            for rule in group
        ]
        head = "| rule | basis | source | checked by |\n|---|---|---|---|\n"
        yield f"### {topic}\n\n{head}" + "\n".join(rows)


def _checked(tests: list[str]) -> str:
    return "<br>".join(f"`{test.rpartition('/')[2]}`" for test in tests)


def _story_text(base: Answer, text: str) -> str:
    figures = {
        "low": LOW_RPM,
        "high": HIGH_RPM,
        "target": f"{TARGET_RPM:g}",
        "rise_at": RISE_AT_MIN,
        "fall_at": FALL_AT_MIN,
        "out": _shown(base.out_decided),
        "to": base.out_to,
        "in_service": _shown(base.out_in_service),
        "in": _shown(base.in_decided),
        "minimum": _shown(base.at_minimum),
    }
    return text.format_map(figures)


Vary = Callable[[str, Any], Answer]


def _with_scaling(name: str, value: Any) -> Answer:
    return reference_story(EndpointSettings(), replace(ScalingSettings(), **{name: value}))


def _with_endpoint(name: str, value: Any) -> Answer:
    return reference_story(replace(EndpointSettings(), **{name: value}), ScalingSettings())


def _unknown_table(base: Answer, title: str, settings: Any, vary: Vary) -> str:
    rows = [_unknown_row(base, note, vary) for note in notes(settings)]
    head = (
        "| setting | default | range | scale-out decided | in service | scale-in decided "
        "| back at the minimum | why |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return f"### {title}\n\n{head}" + "\n".join(rows)


def _unknown_row(base: Answer, note: SettingNote, vary: Vary) -> str:
    if note.low is None and note.high is None:
        cells = [""] * 5
    else:
        ends = [vary(note.name, end) for end in (note.low, note.high)]
        cells = [
            f"{_value(note.low)} to {_value(note.high)}",
            " / ".join(_moved(base.out_decided, end.out_decided) + _sized(base, end) for end in ends),
            " / ".join(_moved(base.out_in_service, end.out_in_service) for end in ends),
            " / ".join(_moved(base.in_decided, end.in_decided) for end in ends),
            " / ".join(_moved(base.at_minimum, end.at_minimum) for end in ends),
        ]
    return f"| `{note.name}` | {_value(note.default)} | {' | '.join(cells)} | {note.why} |"


def _moved(base: float | None, now: float | None) -> str:
    if base is None or now is None:
        return "never" if now is None else _shown(now)
    moved = now - base
    return "0" if abs(moved) < 0.05 else f"{moved:+.1f}"


def _sized(base: Answer, now: Answer) -> str:
    return "" if now.out_to == base.out_to else f" (to {now.out_to})"


def _shown(minutes: float | None) -> str:
    return "never" if minutes is None else f"{minutes:.1f}"


def _value(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value) or "(none)"
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page; return the exit code."""
    PAGE.write_text(render(), encoding="utf-8")
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
