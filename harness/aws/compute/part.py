"""EC2 as a part of the stage: instances that live in model time and run programs, and a spot market."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.aws.compute.backend import Ec2Backend
from harness.aws.compute.documents import Ec2Refused, Fields, refuse
from harness.aws.compute.fleet import Fleet
from harness.aws.compute.house import House
from harness.aws.compute.instances_api import InstancesApi
from harness.aws.compute.machines import Programs
from harness.aws.compute.spot_api import SpotApi
from harness.aws.query_form import LIMIT_BYTES, decode
from harness.aws.root_calls import RootClient
from harness.compute.interruptions import InterruptionPlan
from harness.compute.market import Market
from harness.compute.settings import ComputeSettings
from harness.compute.world import Compute
from harness.gateway.chain import Exchange, Handler, Outcome, ReadBody, Reply
from harness.gateway.fetch import Fetcher

_TOO_LARGE = Reply(413, b"A call to EC2 is not as long as that.")
Prices = Callable[[str], float | None]


@dataclass(frozen=True, slots=True)
class DeclaredCompute:
    """What a scenario says of EC2: the programs of images, figures of the model, prices of the spot market.

    *on_demand* gives USD an hour by instance type; without it, the harness's own price table does.
    """

    programs: Programs = field(default_factory=Programs)
    settings: ComputeSettings = field(default_factory=ComputeSettings)
    spot_prices: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    on_demand: Prices | None = None


class Ec2:
    """EC2 for one gateway. But for the constructor, everything here belongs to the gateway's loop."""

    def __init__(self, house: House, fetcher: Fetcher, declared: DeclaredCompute, *, seed: int) -> None:
        self._house = house
        self._region = f"/{house.region}/ec2/aws4_request".encode()
        prices = declared.on_demand or _Table()
        market = Market(prices, declared.settings, seed=seed, declared=declared.spot_prices)
        world = Compute(market, declared.settings)
        root = RootClient(fetcher, house.route, house.region, house.account)
        self._backend = Ec2Backend(root, fetcher, house.route)
        self.fleet = Fleet(house, self._backend, world, declared.programs, seed)
        images = declared.programs.commands
        self._instances = InstancesApi(self.fleet, self._backend, house.clock, images)
        self._spot = SpotApi(self.fleet, self._backend, house.clock, images)
        self._zones: list[str] = []
        self._read = ReadBody(self._dispatch, LIMIT_BYTES, _TOO_LARGE)
        self.handlers: list[Handler] = [self._handle]

    async def close(self) -> None:
        """End what still runs: what it works with is about to be removed. Twice is once."""
        await self.fleet.close()

    def interrupt(self, plan: InterruptionPlan) -> None:
        """Take back spot instances as *plan* has it, from now on."""
        self.fleet.living.call(lambda now: self.fleet.world.plan_interruption(plan, now))

    def interrupted(self, key: str) -> int:
        """Return how many instances the plan *key* has taken back so far."""
        self.fleet.living.advance()
        return self.fleet.world.interrupted(key)

    # -- the request path -----

    def _handle(self, exchange: Exchange) -> Outcome:
        if exchange.service != "ec2" or self._region not in (exchange.header(b"authorization") or b""):
            return None
        return self._read if exchange.method == "POST" else None

    def _dispatch(self, exchange: Exchange) -> Outcome:
        fields = decode(exchange.body)
        operation = fields.get("Action", "")
        if operation not in _OPERATIONS:
            return None
        if operation in _CHANGES and not self._instances.is_ours(fields):
            return None
        exchange.operation = operation
        return self._answer(exchange, operation, fields)

    async def _answer(self, exchange: Exchange, operation: str, fields: Fields) -> Outcome:
        sent = {name: text for name, text in fields.items() if name not in ("Action", "Version")}
        try:
            if sent.pop("DryRun", "false") == "true":
                raise Ec2Refused(
                    "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412
                )
            return await _OPERATIONS[operation](self, operation, sent)
        except Ec2Refused as error:
            return refuse(exchange, error)
        except ValueError as error:
            return refuse(exchange, Ec2Refused("InvalidParameterValue", str(error)))

    async def _run(self, _: str, fields: Fields) -> Outcome:
        return await self._instances.run(fields, await self._zone())

    async def _describe(self, _: str, fields: Fields) -> Outcome:
        return await self._instances.describe(fields)

    async def _status(self, _: str, fields: Fields) -> Outcome:
        return await self._instances.describe_status(fields)

    async def _console(self, _: str, fields: Fields) -> Outcome:
        return await self._instances.console(fields)

    async def _change(self, operation: str, fields: Fields) -> Outcome:
        return await self._instances.change(operation, fields)

    async def _request(self, _: str, fields: Fields) -> Outcome:
        return await self._spot.request(fields, await self._zone())

    async def _requests(self, _: str, fields: Fields) -> Outcome:
        return self._spot.describe(fields)

    async def _cancel(self, _: str, fields: Fields) -> Outcome:
        return self._spot.cancel(fields)

    async def _history(self, _: str, fields: Fields) -> Outcome:
        await self._zone()
        return self._spot.history(fields, self._zones)

    async def _zone(self) -> str:
        """Return the zone where an instance goes that names none."""
        if not self._zones:
            found = await self._backend.ask("DescribeAvailabilityZones", {})
            named = [item.text or "" for item in found.findall("availabilityZoneInfo/item/zoneName")]
            self._zones = named or [f"{self._house.region}a"]
        return self._zones[0]


class _Table:
    """The harness's own price table, read when the first price is asked for."""

    def __init__(self) -> None:
        self._price: Prices | None = None

    def __call__(self, instance_type: str) -> float | None:
        if self._price is None:
            from harness.cost.prices import read_prices

            self._price = read_prices().ec2
        return self._price(instance_type)


_CHANGES = frozenset({"StartInstances", "StopInstances", "TerminateInstances"})
_OPERATIONS: Mapping[str, Callable[[Ec2, str, Fields], Awaitable[Outcome]]] = {
    "RunInstances": Ec2._run,
    "DescribeInstances": Ec2._describe,
    "DescribeInstanceStatus": Ec2._status,
    "GetConsoleOutput": Ec2._console,
    **dict.fromkeys(_CHANGES, Ec2._change),
    "RequestSpotInstances": Ec2._request,
    "DescribeSpotInstanceRequests": Ec2._requests,
    "CancelSpotInstanceRequests": Ec2._cancel,
    "DescribeSpotPriceHistory": Ec2._history,
}
