"""Which changes of concurrency Lambda refuses. Sources: see `harness.functions.refusals`."""

from harness.functions.members import Member
from harness.functions.refusals import (
    ABOVE_RESERVED,
    ALIAS_TAKEN,
    LATEST,
    LEAST_UNRESERVED,
    UNPUBLISHED,
    VERSION_TAKEN,
    WEIGHTED,
    above_account,
    below_minimum,
    below_provisioned,
    too_small,
)
from harness.refusal import Refusal


def reserved_refusal(member: Member, count: int, unreserved: int) -> Refusal | None:
    """Return why *count* cannot be reserved for *member* while *unreserved* is left to all without."""
    if count < 0:
        return too_small("reservedConcurrentExecutions", count, 0)
    given_up = member.requested if member.reserved is None else member.reserved
    if unreserved + given_up - count < LEAST_UNRESERVED:
        return below_minimum("ReservedConcurrentExecutions")
    if member.requested > count:
        return below_provisioned(count, member.requested)
    return None


def provisioned_refusal(
    member: Member, qualifier: str, count: int, unreserved: int, account: int
) -> Refusal | None:
    """Return why *count* cannot be provisioned on *qualifier*, which leads somewhere."""
    if count < 1:
        return too_small("provisionedConcurrentExecutions", count, 1)
    conflict = _conflict(member, qualifier)
    if conflict is not None:
        return conflict
    ready = member.ready.get(qualifier)
    mine = 0 if ready is None else ready.pool.desired_capacity
    if member.reserved is not None:
        return ABOVE_RESERVED if member.requested - mine + count > member.reserved else None
    if count > account:
        return above_account(account)
    # Guide: provisioned concurrency counts towards the account's; what is not reserved keeps 100.
    if unreserved + mine - count < LEAST_UNRESERVED:
        return below_minimum("ConcurrentExecutions")
    return None


def _conflict(member: Member, qualifier: str) -> Refusal | None:
    """Return why nothing can be provisioned on *qualifier*, however much.

    Guide: not on $LATEST; not "while the routing configuration is in place"; a version has one configuration
    only, its own or that of one alias.
    """
    version = member.version_of(qualifier)
    if version == LATEST:
        return UNPUBLISHED
    route = member.routes.get(qualifier)
    if route is not None and route.weights:
        return WEIGHTED
    others = {name for name, each in member.ready.items() if each.version == version and name != qualifier}
    if not others:
        return None
    return VERSION_TAKEN if route is not None else ALIAS_TAKEN
