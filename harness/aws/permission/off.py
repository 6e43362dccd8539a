"""What stands in the place of the guard where nobody asks for permission."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from harness.aws.permission.held import Mode
from harness.aws.permission.role_sessions import RoleSessions
from harness.aws.permission.smuggled import JUDGED_BY_CLIENT, OWN_PATHS, carries_judged
from harness.clock import Clock
from harness.config import Credentials
from harness.gateway.chain import Address, Exchange, Handler, Outcome
from harness.gateway.fetch import Fetcher
from harness.refusal import Refusal

if TYPE_CHECKING:
    from harness.iam import Authorization


class NoPermission:
    """Every call may pass, and nothing is kept; it has what `Permission` shows the stage and the gateway.

    Only simulations are answered, over policies that are read for each. An emulator that would judge by
    itself gets every call as one that was judged.
    """

    mode = Mode.OFF

    def __init__(
        self, clock: Clock, fetcher: Fetcher, route: Callable[[str], Address], *, region: str, account: str
    ) -> None:
        self._clock = clock
        self._fetcher = fetcher
        self._route = route
        self._region = region
        self._account = account
        self._sessions = RoleSessions(fetcher, route, region, account)
        self.first: Sequence[Handler] = (self._pass,)
        self.last: Sequence[Handler] = (self._simulate,)

    def _pass(self, exchange: Exchange) -> Outcome:
        if exchange.path.startswith(OWN_PATHS):
            return None
        if carries_judged(exchange):
            return JUDGED_BY_CLIENT
        exchange.judged = True
        return None

    def _simulate(self, exchange: Exchange) -> Outcome:
        if exchange.service != "iam":
            return None
        from harness.aws.permission.simulation import Simulation
        from harness.aws.permission.store import PolicyStore

        store = PolicyStore(self._fetcher, self._route, region=self._region, account=self._account)
        return Simulation(store, lambda: self._clock.epoch_s(self._clock.now())).handle(exchange)

    def heard(self, exchange: Exchange) -> None:
        """Take note of nothing."""

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, *, source_arn: str = ""
    ) -> Credentials | Refusal:
        """Return temporary credentials of a new session of a role; raise BackendError where it has none."""
        return (await self._sessions.open(role_arn, session_name)).credentials

    async def may_invoke(self, service: str, source_arn: str, function_arn: str) -> "Authorization | None":
        """Return None: nobody judges."""
        return None

    def let_in(self, vpc_endpoint_id: str, policy: str | None, vpc_id: str = "") -> None:
        """Take note of no policy: by a VPC endpoint all come in."""

    async def look_at(self, vpc_endpoint_id: str) -> None:
        """Ask nobody."""

    def preload(self, services: Iterable[str]) -> None:
        """Read nothing."""

    async def conclude(self) -> None:
        """Journal nothing."""

    def close(self) -> None:
        """Close nothing."""
