"""From what came of a run to its verdict: pass, fail, invalid or interrupted, and why, in a sentence."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness import journal

if TYPE_CHECKING:
    from harness.scenario import Scenario


def decide(
    judged: Sequence[journal.Expectation],
    programs: Iterable[journal.ProgramEnded],
    why_invalid: Sequence[str],
    error: BaseException | None,
    phase: str,
) -> tuple[str, str]:
    """Return the verdict of a run and its reason, empty for a pass.

    An *error* that ended it in *phase* comes first, then what makes it prove nothing, then what failed: an
    expectation that was not met, or a program that did not end well, whether or not an expectation asks for
    it.
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", f"The run was interrupted in the phase {phase!r}."
    if error is not None:
        return "invalid", str(error)
    if why_invalid:
        return "invalid", " ".join(why_invalid)
    failed = [f"Program {one.program!r} failed: {one.error}" for one in programs if one.error]
    failed += [_missed(one) for one in judged if not one.ok]
    return ("fail", "; ".join(failed)) if failed else ("pass", "")


def _missed(one: journal.Expectation) -> str:
    if one.value is None:
        return f"{one.name}: nothing measured ({one.reason}), expected {one.limit}"
    return f"{one.name}: {one.value:g} {one.unit}".rstrip() + f", expected {one.limit}"


def not_reproduced(scenario: "Scenario", failed: Iterable[str]) -> str:
    """Return why a run of the variant as written does not show its defect, "" when it does.

    *failed* are the names of the expectations that were not met: they must be exactly the declared ones.
    """
    wanted, found = set(scenario.must_fail), set(failed)
    parts = [
        (wanted - found, "should have failed and did not"),
        (found - wanted, "failed and should not have"),
    ]
    return "; ".join(f"{', '.join(sorted(names))} {what}" for names, what in parts if names)
