"""The account and the calls that tests of concurrency use."""

from harness.endpoint.distributions import Constant
from harness.functions.concurrency import (
    Account,
)
from harness.functions.outcomes import Admitted, Reason, Throttled
from harness.functions.settings import FunctionSettings

PLAIN = {"allocation_time": Constant(90.0), "allocation_per_minute": 10**18, "init_time": Constant(0.5)}


READY_AT = 90.0


def account(**settings: object) -> Account:
    """Return an account with the function f and its alias live, which is version 1."""
    made = Account(FunctionSettings(**(PLAIN | settings)), seed=1)  # type: ignore[arg-type]
    made.put_function("f", 0.0)
    made.point_alias("f", "live", "1", 0.0)
    return made


def provisioned(count: int, reserved: int | None = None) -> Account:
    """Return that account when *count* environments are ready for live."""
    made = account()
    assert made.set_reserved("f", reserved, 0.0) is None
    assert made.set_provisioned("f", "live", count, 0.0) is None
    made.advance(READY_AT)
    return made


def runs(answer: Admitted | Throttled) -> Admitted:
    assert isinstance(answer, Admitted)
    return answer


def turned_away(answer: Admitted | Throttled) -> Reason:
    assert isinstance(answer, Throttled)
    return answer.reason
