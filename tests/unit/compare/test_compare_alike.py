"""Which runs may be held against each other."""

import pytest

from harness.compare.alike import Alike, alike, is_exact
from tests.unit.compare.made import started, summary


def side(offered: int = 0, **of: object) -> list[tuple[dict[str, object], dict[str, object]]]:
    """Return a side of one run that was started with *of*."""
    load = {"load": {"offered": offered}} if offered else {}
    return [(started(**of), summary(**load))]


def test_equal_runs_differ_in_nothing() -> None:
    """Everything can be compared."""
    assert alike(side(100), side(104)) == Alike()


def test_another_scenario_is_not_comparable() -> None:
    """Whatever is measured of it."""
    found = alike(side(), side(scenario="other"))
    assert found.never == "the scenarios differ: ramp and other"


def test_another_clock_tells_other_times() -> None:
    """What does not depend on time still counts."""
    found = alike(side(), side(clock="virtual"))
    assert found.untimed == "the clocks differ: compressed:60 and virtual"
    assert found.never == ""


def test_another_workload_is_not_comparable() -> None:
    """By its shape, or by how much of it there was: more than chance, and more than a tenth."""
    declared = [{"endpoint": "a", "client": "boto3", "over_s": 60.0}]
    longer = [{"endpoint": "a", "client": "boto3", "over_s": 90.0}]
    lean = [{"endpoint": "a", "client": "lean", "over_s": 60.0}]
    one = side(configuration={"workload": declared})
    assert "60.0" in alike(one, side(configuration={"workload": longer})).untimed
    assert alike(one, side(configuration={"workload": lean})).untimed == ""
    assert "1,000 and 1,500" in alike(side(1_000), side(1_500)).untimed
    assert alike(side(100_000), side(105_000)).untimed == ""


def test_the_traffic_of_the_virtual_clock_counts_by_its_length() -> None:
    """How many requests there were depends on the seed."""

    def made(lasts_s: float) -> dict[str, object]:
        return {"model": {"traffic": {"lasts_s": lasts_s, "requests": int(lasts_s)}}}

    assert alike(side(configuration=made(60.0)), side(configuration=made(60.0))).untimed == ""
    assert alike(side(configuration=made(60.0)), side(configuration=made(90.0))).untimed


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"variant": "as-written"}, "variant: corrected → as-written"),
        ({}, {"configuration": {"set": {"endpoint.target": "900"}}}, "--set endpoint.target: none → 900"),
        ({"configuration": {"iam": "enforce"}}, {"configuration": {"iam": "off"}}, "IAM: enforce → off"),
        ({"configuration": {"faults": ["kill: worker"]}}, {}, "faults kill: worker: there → none"),
        (
            {"configuration": {"endpoints": [{"name": "a", "concurrency": 2}]}},
            {"configuration": {"endpoints": [{"name": "a", "concurrency": 4}]}},
            "endpoints a concurrency: 2 → 4",
        ),
        (
            {"configuration": {"model": {"settings": {"delay": 5, "retry": 1}}}},
            {"configuration": {"model": {"settings": {"delay": 5, "retry": 2}}}},
            "model retry: 1 → 2",
        ),
        (
            {"configuration": {"workload": [{"client": "boto3"}]}},
            {"configuration": {"workload": [{"client": "lean"}]}},
            "client: boto3 → lean",
        ),
        ({"versions": {"moto": "5.2.5"}}, {"versions": {"moto": "5.2.6"}}, "versions moto: 5.2.5 → 5.2.6"),
        ({"configuration": {"programs": [{"starts": 1}]}}, {"configuration": {"programs": [{"starts": 2}]}},
         "programs 0 starts: 1 → 2"),
    ],
)  # fmt: skip
def test_what_was_asked_for_differently_is_told(
    before: dict[str, object], after: dict[str, object], told: str
) -> None:
    """A change of the scenario is what a comparison is made for: it is told and hinders nothing."""
    found = alike(side(**before), side(**after))
    assert told in found.differs
    assert found.never == found.untimed == ""


def test_runs_of_one_side_that_differ_are_told() -> None:
    """What they scatter by is no noise alone; that they have seeds of their own is as it should be."""
    mixed = [*side(seed=2), *side(seed=3, configuration={"set": {"a": "1"}}), *side(seed=4)]
    assert alike(side(seed=4), mixed).differs == ("among the runs after: --set a: 1 → none",)


def test_a_long_value_is_cut() -> None:
    """One line each."""
    found = alike(side(), side(configuration={"data": "x" * 200}))
    assert len(found.differs[0]) < 90


def test_one_seed_on_the_virtual_clock_has_no_noise() -> None:
    """One run against one; other seeds, other clocks and several runs have."""
    virtual = side(clock="virtual")
    assert is_exact(virtual, side(clock="virtual"))
    assert not is_exact(virtual, side(clock="virtual", seed=2))
    assert not is_exact(side(), side())
    assert not is_exact(virtual * 2, virtual)
