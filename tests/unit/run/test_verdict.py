"""What a run comes to, in the order of what counts most."""

import pytest

from harness import journal
from harness.errors import EnvironmentFault
from harness.run.verdict import decide, not_reproduced
from harness.scenario import Endpoint, Model, Role, Scenario, error_ratio
from harness.scenario.spec import Variant

MET = journal.Expectation(9.0, "answers", "<= 0", 0.0, "ratio", True, "all", "")
MISSED = journal.Expectation(9.0, "speed", "< 1", 2.5, "s", False, "over 3", "")
UNKNOWN = journal.Expectation(9.0, "zones", ">= 2", None, "zones", False, "no instance", "")
ENDED = journal.ProgramEnded(9.0, "scorer", 1.0, 0, {})
BROKEN = journal.ProgramEnded(9.0, "scorer", 1.0, 1, {}, "ValueError: no rows")


def test_a_run_that_meets_everything_passes() -> None:
    """With nothing to say."""
    assert decide([MET], [ENDED], [], None, "teardown") == ("pass", "")


def test_what_was_missed_is_told_with_its_figure() -> None:
    """Also where there was none."""
    assert decide([MET, MISSED, UNKNOWN], [], [], None, "teardown") == (
        "fail",
        "speed: 2.5 s, expected < 1; zones: nothing measured (no instance), expected >= 2",
    )


def test_a_program_that_failed_is_never_a_pass() -> None:
    """Even when no expectation asks for its result."""
    verdict, reason = decide([MET], [BROKEN], [], None, "teardown")
    assert (verdict, reason) == ("fail", "Program 'scorer' failed: ValueError: no rows")


def test_a_load_that_proves_nothing_makes_the_run_invalid() -> None:
    """Whatever the expectations say."""
    assert decide([MET, MISSED], [BROKEN], ["Too late.", "Too few."], None, "teardown") == (
        "invalid",
        "Too late. Too few.",
    )


def test_an_error_comes_before_all() -> None:
    """Its own sentence is the reason."""
    assert decide([], [], ["Too late."], EnvironmentFault("moto has died"), "load") == (
        "invalid",
        "moto has died",
    )


def test_an_interruption_names_the_phase() -> None:
    """So that somebody who reads the summary later knows how far it got."""
    assert decide([], [BROKEN], ["x"], KeyboardInterrupt(), "settle") == (
        "interrupted",
        "The run was interrupted in the phase 'settle'.",
    )


@pytest.mark.parametrize(
    ("failed", "why"),
    [
        (["speed", "zones"], ""),
        (["speed"], "zones should have failed and did not"),
        (["speed", "zones", "answers"], "answers failed and should not have"),
        (["answers"], "speed, zones should have failed and did not; answers failed and should not have"),
    ],
)
def test_a_defect_shows_when_exactly_its_expectations_fail(failed: list[str], why: str) -> None:
    """Fewer or others: the original is not reproduced."""
    endpoint = Endpoint("ranker", Model("m", build=lambda context: b"", role=Role("r")))
    ask = error_ratio(endpoint).at_most(0)
    written = Variant("A defect.", ("speed", "zones"), expectations=[ask.named("speed"), ask.named("zones")])
    scenario = Scenario("s", "About it.", [endpoint], [ask], as_written=written)
    assert not_reproduced(scenario.resolve("as-written"), failed) == why
