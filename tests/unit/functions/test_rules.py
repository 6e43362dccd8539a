"""Which changes of concurrency Lambda refuses, and in which words."""

import pytest

from harness.endpoint.distributions import Constant
from harness.functions.concurrency import Account
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal


def account() -> Account:
    """Return an account with f (alias live: version 1, alias blue: version 1, alias next: $LATEST) and g."""
    made = Account(FunctionSettings(allocation_time=Constant(60.0)), seed=1)
    for name in ("f", "g"):
        made.put_function(name, 0.0)
    made.point_alias("f", "live", "1", 0.0)
    made.point_alias("f", "blue", "1", 0.0)
    made.point_alias("f", "next", "$LATEST", 0.0)
    return made


def words(answer: Refusal | None) -> str:
    assert answer is not None
    return f"{answer.code}: {answer.message}"


def test_a_hundred_stay_unreserved() -> None:
    """Reserve at most 900 of 1,000, over all functions; what is reserved already may be raised to that."""
    some = account()
    assert words(some.set_reserved("f", 901, 0.0)) == (
        "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases "
        "account's UnreservedConcurrentExecution below its minimum value of [100]."
    )
    assert some.set_reserved("f", 500, 0.0) is None
    assert some.set_reserved("g", 401, 0.0) is not None
    assert some.set_reserved("g", 400, 0.0) is None
    assert some.set_reserved("f", 500, 0.0) is None
    assert some.unreserved == 100


def test_a_negative_reservation() -> None:
    """Refused by the validation of the request."""
    assert "greater than or equal to 0" in words(account().set_reserved("f", -1, 0.0))


def test_a_reservation_holds_what_is_provisioned() -> None:
    """Lower than that is refused; what was provisioned before counts within it, not twice."""
    some = account()
    assert some.set_provisioned("f", "live", 10, 0.0) is None
    assert some.unreserved == 990
    refused = words(some.set_reserved("f", 9, 0.0))
    assert "ReservedConcurrentExecutions 9 should" in refused
    assert "should not be lower than function's total provisioned concurrency [10]" in refused
    assert some.set_reserved("f", 900, 0.0) is None
    assert some.unreserved == 100


def test_no_more_is_provisioned_than_reserved() -> None:
    """Over all aliases and versions; raising one's own counts from what it has."""
    some = account()
    some.set_reserved("f", 10, 0.0)
    assert some.set_provisioned("f", "live", 6, 0.0) is None
    assert "should not be greater than the reservedConcurrentExecution" in words(
        some.set_provisioned("f", "2", 5, 0.0)
    )
    assert some.set_provisioned("f", "2", 4, 0.0) is None
    some.advance(200.0)
    assert some.set_provisioned("f", "live", 5, 200.0) is None
    assert "reservedConcurrentExecution" in words(some.set_provisioned("f", "live", 7, 200.0))


def test_the_account_limits_what_is_provisioned() -> None:
    """Not more than there is, and 100 stay."""
    some = account()
    assert "greater than account's unreserved concurrency [1000]" in words(
        some.set_provisioned("f", "live", 1_001, 0.0)
    )
    assert words(some.set_provisioned("f", "live", 901, 0.0)) == (
        "InvalidParameterValueException: Specified ConcurrentExecutions for function decreases "
        "account's UnreservedConcurrentExecution below its minimum value of [100]."
    )
    assert some.set_provisioned("f", "live", 900, 0.0) is None


def test_at_least_one_is_provisioned() -> None:
    """PutProvisionedConcurrencyConfig: minimum value of 1."""
    assert words(account().set_provisioned("f", "live", 0, 0.0)).startswith("ValidationException: ")


@pytest.mark.parametrize("qualifier", ["", "$LATEST", "next"])
def test_not_on_latest(qualifier: str) -> None:
    """Neither by name nor through an alias."""
    assert words(account().set_provisioned("f", qualifier, 1, 0.0)) == (
        "InvalidParameterValueException: Provisioned Concurrency Configs cannot be applied to unpublished "
        "function versions."
    )


def test_not_on_an_alias_with_weights() -> None:
    """The routing configuration goes first."""
    some = account()
    some.point_alias("f", "live", "1", 0.0, {"2": 0.1})
    assert words(some.set_provisioned("f", "live", 1, 0.0)) == (
        "InvalidParameterValueException: Alias with weights can not be used with Provisioned Concurrency"
    )


def test_a_version_has_one_configuration() -> None:
    """Its own or that of one alias."""
    some = account()
    some.set_provisioned("f", "live", 1, 0.0)
    assert "already Provisioned version" in words(some.set_provisioned("f", "blue", 1, 0.0))
    assert "pointed by a Provisioned Concurrency alias" in words(some.set_provisioned("f", "1", 1, 0.0))
    assert some.set_provisioned("f", "2", 1, 0.0) is None


def test_one_change_at_a_time() -> None:
    """While one is in progress."""
    some = account()
    some.set_provisioned("f", "live", 1, 0.0)
    assert words(some.set_provisioned("f", "live", 2, 10.0)).startswith("ResourceConflictException: ")


def test_what_is_not_there() -> None:
    """A function or an alias that nobody made."""
    some = account()
    for answer in (some.set_reserved("h", 1, 0.0), some.set_provisioned("h", "live", 1, 0.0)):
        assert words(answer).startswith("ResourceNotFoundException: Function not found: h")
    assert "f:red" in words(some.set_provisioned("f", "red", 1, 0.0))
