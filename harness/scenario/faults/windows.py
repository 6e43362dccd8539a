"""What faults have in common: the moments between which they act, and the share of things that they hit.

Moments are model seconds from the start of the load.
"""

import math

from harness.errors import ScenarioError

# ChangeMessageVisibility counts whole seconds, up to 12 hours (SQS API reference).
LONGEST_HIDDEN_S = 43_200


def check_moment(who: str, after_s: float) -> None:
    """Raise ScenarioError unless *after_s* is a moment from the load's start on."""
    if not (math.isfinite(after_s) and after_s >= 0):
        raise ScenarioError(f"{who}: after_s is {after_s:g}; give seconds after the load's start, 0 or more")


def check_window(who: str, after_s: float, until_s: float) -> None:
    """Raise ScenarioError unless the fault acts for some time; `until_s` may be infinite."""
    check_moment(who, after_s)
    if math.isnan(until_s) or until_s <= after_s:
        raise ScenarioError(f"{who}: until_s is {until_s:g}; it must come after after_s ({after_s:g})")


def check_share(who: str, share: float) -> None:
    """Raise ScenarioError unless *share* is above 0 and at most 1."""
    if not 0.0 < share <= 1.0:
        raise ScenarioError(f"{who}: share is {share:g}; give more than 0 and at most 1, as 0.1 for a tenth")


def percent(share: float) -> str:
    """Return *share* as people read it: `10 %`."""
    return f"{100 * share:g} %"


def window(after_s: float, until_s: float) -> str:
    """Return when a fault acts, empty where that is always."""
    if math.isinf(until_s):
        return f", from {after_s:g} s on" if after_s else ""
    return f", from {after_s:g} s to {until_s:g} s"
