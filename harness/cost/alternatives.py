"""What the same work would have cost otherwise: other instances, on demand in place of spot, and so on.

Instance types are compared where they have the same number of vCPUs and memory, at the same seconds: how fast
one is at the work is not told by its size, and nobody claims it here.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harness.cost.bill import Bill, Item
from harness.cost.functions import DURATION, MB_PER_GB, PROVISIONED, PROVISIONED_DURATION
from harness.cost.prices import EC2, HOSTING, SPOT, Price
from harness.summary.concurrency import peak, running
from harness.summary.functions import Life, lives
from harness.summary.grouped import ByType

SAME_SECONDS = "the same seconds, which another type need not take"
AT_ONCE = "as many as ran at once, for the whole run"
_SERVICES = {HOSTING: "SageMaker", EC2: "EC2 on demand", SPOT: "EC2 spot"}
_LAMBDA = (DURATION, PROVISIONED, PROVISIONED_DURATION)
_ACCELERATED = ("g", "p", "inf", "trn")


@dataclass(frozen=True, slots=True)
class Alternative:
    """*usd* in place of the *instead_of_usd* that *resource* cost as it was; *what* is the other way."""

    resource: str
    item: str
    what: str
    usd: float
    instead_of_usd: float
    note: str


def alternatives(bill: Bill, seen: ByType) -> list[Alternative]:
    """Return the other ways to do what *bill* is for, by instance type and function, the cheapest first."""
    groups: defaultdict[tuple[str, bool], list[Item]] = defaultdict(list)
    for one in bill.items:
        if one.usd is not None and one.usage.item.startswith((HOSTING, EC2, SPOT)):
            groups[one.usage.item, one.serves].append(one)
    found: list[Alternative] = []
    for (item, serves), of in groups.items():
        if used := _used(item, bill):
            found += sorted(_other_instances(used, serves, of, bill), key=lambda way: way.usd)
    for name, life in lives(seen).items():
        found += _other_concurrency(name, life, bill)
    return found


def _used(item: str, bill: Bill) -> Price | None:
    """Return the price that knows how large the type of *item* is: of a spot instance, that on demand."""
    prices = bill.prices.prices
    return prices.get(EC2 + item.removeprefix(SPOT) if item.startswith(SPOT) else item)


def _other_instances(used: Price, serves: bool, of: list[Item], bill: Bill) -> Iterable[Alternative]:
    """Yield every type of the same size; an endpoint is not put on instances that may be taken away."""
    size, item = (used.vcpu, used.memory_gib, _accelerated(used)), of[0].usage.item
    seconds, usd = sum(one.usage.worked_s for one in of), sum(one.usd or 0.0 for one in of)
    names = {one.usage.resource for one in of}
    who = next(iter(names)) if len(names) == 1 else f"{len(names)} together"
    if seconds > sum(one.usage.quantity for one in of) and not item.startswith(SPOT):
        yield Alternative(
            who, item, f"{_named(used)}, not as managed spot", used.usd_per_unit * seconds, usd, ""
        )
    for price in bill.prices.prices.values():
        is_same = price.item == item or (serves and price.item.startswith(SPOT))
        if price.per != "hour" or price.vcpu is None or is_same:
            continue
        if (price.vcpu, price.memory_gib, _accelerated(price)) == size:
            note = price.note if price.item.startswith(SPOT) else SAME_SECONDS
            yield Alternative(who, item, _named(price), price.usd_per_unit * seconds, usd, note)


def _accelerated(price: Price) -> bool:
    """Return whether it is of a family with an accelerator, which its vCPUs and memory do not tell."""
    return price.item.rpartition(":")[2].removeprefix("ml.").startswith(_ACCELERATED)


def _named(price: Price) -> str:
    service, _, kind = price.item.partition(":")
    return f"{kind} ({_SERVICES[service + ':']})"


def _other_concurrency(name: str, life: Life, bill: Bill) -> Iterable[Alternative]:
    """Yield a function on demand where it was provisioned, and provisioned where it was on demand."""
    mine = [one for one in bill.items if one.usage.resource.partition(":")[0] == name]
    usd = {item: sum(one.usd or 0.0 for one in mine if one.usage.item == item) for item in _LAMBDA}
    whole, prices = sum(usd.values()), bill.prices.prices
    if not whole or life.declared is None or not all(item in prices for item in _LAMBDA):
        return
    rates = {item: prices[item].usd_per_unit for item in _LAMBDA}
    gb_s = usd[DURATION] / rates[DURATION] + usd[PROVISIONED_DURATION] / rates[PROVISIONED_DURATION]
    if usd[PROVISIONED]:
        yield Alternative(
            name, PROVISIONED, "all on demand", gb_s * rates[DURATION], whole, "with cold starts"
        )
        return
    ready = peak(running(life.invoked))
    ready_gb_s = ready * bill.span_s * life.declared.memory_mb / MB_PER_GB
    cost = gb_s * rates[PROVISIONED_DURATION] + ready_gb_s * rates[PROVISIONED]
    what = f"{ready:,} environment{'' if ready == 1 else 's'} provisioned"
    yield Alternative(name, DURATION, what, cost, whole, AT_ONCE)
