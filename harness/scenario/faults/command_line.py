"""`--fault KIND:...`: one fault in one word of the command line."""

from typing import Protocol

from harness.errors import ScenarioError
from harness.scenario.faults.clock_skew import ClockSkew
from harness.scenario.faults.connection_reset import ConnectionReset
from harness.scenario.faults.delayed_delivery import DelayedDelivery
from harness.scenario.faults.duplicated_delivery import DuplicatedDelivery
from harness.scenario.faults.frozen_consumer import FrozenConsumer
from harness.scenario.faults.killed_consumer import KilledConsumer
from harness.scenario.faults.killed_function import KilledFunction
from harness.scenario.faults.latency import Latency
from harness.scenario.faults.moments import Fault
from harness.scenario.faults.out_of_order_delivery import OutOfOrderDelivery
from harness.scenario.faults.server_error import ServerError
from harness.scenario.faults.spot_interruption import SpotInterruption
from harness.scenario.faults.throttle import Throttle
from harness.scenario.faults.words import WINDOW, Words
from harness.scenario.faults.zone_failure import ZoneFailure


class _Kind(Protocol):
    """A class of faults, as the command line needs it."""

    FORM: str

    def from_words(self, words: Words) -> Fault: ...


# The first word of each form.
_KINDS: dict[str, _Kind] = {
    "throttle": Throttle,
    "error": ServerError,
    "latency": Latency,
    "reset": ConnectionReset,
    "duplicate": DuplicatedDelivery,
    "delay": DelayedDelivery,
    "reorder": OutOfOrderDelivery,
    "kill": KilledConsumer,
    "kill-function": KilledFunction,
    "freeze": FrozenConsumer,
    "skew": ClockSkew,
    "zone": ZoneFailure,
    "interrupt-spot": SpotInterruption,
}
_WITHOUT_WINDOW = ("skew", "zone", "interrupt-spot")


def forms() -> list[str]:
    """Return the form of each fault."""
    return [_form(word) for word in _KINDS]


def parse_fault(text: str) -> Fault:
    """Return the fault that *text* names, as in `throttle:sns:0.1:after=10`.

    Raises ScenarioError naming the fault, what is wrong with it, and the forms there are.
    """
    word = text.split(":", 1)[0]
    kind = _KINDS.get(word)
    if kind is None:
        known = ", ".join(one.FORM for one in _KINDS.values())
        raise ScenarioError(f"--fault {text!r}: there is no fault {word!r}; there are {known}")
    words = Words(text, _form(word))
    try:
        fault = kind.from_words(words)
    except ScenarioError as error:
        if str(error).startswith("--fault"):
            raise
        raise ScenarioError(f"--fault {text!r}: {error}") from error
    words.done()
    return fault


def _form(word: str) -> str:
    if word in _WITHOUT_WINDOW:
        return _KINDS[word].FORM
    return _KINDS[word].FORM + WINDOW
