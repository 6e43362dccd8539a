"""Permission as a part of the stage: the guard with all that it asks, and what is journalled at the end."""

from collections.abc import Callable, Iterable, Sequence

from harness import journal
from harness.aws.permission.callers import TELLING, Answer, Callers
from harness.aws.permission.entrances import Entrances
from harness.aws.permission.foreign import Foreign
from harness.aws.permission.guard import Guard
from harness.aws.permission.held import Mode
from harness.aws.permission.judging import Judge
from harness.aws.permission.keys import ANONYMOUS, Caller, Key
from harness.aws.permission.reading import Reader
from harness.aws.permission.role_policies import role_policies
from harness.aws.permission.role_sessions import RoleSessions
from harness.aws.permission.services import Services
from harness.aws.permission.simulation import Simulation
from harness.aws.permission.store import PolicyStore
from harness.aws.permission.store.root import RootCalls
from harness.aws.permission.store.submitted import Submitted
from harness.aws.permission.uses import Uses
from harness.aws.trail import Trail
from harness.clock import Clock
from harness.config import Credentials
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange, Handler, Outcome, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.handlers import INVOCATIONS
from harness.iam import Authorization
from harness.iam.actions import Call
from harness.refusal import Refusal

NOT_VERIFIED = "iam-signature-not-verified"
Tell = Callable[[str, str, str, str, str], None]


class Permission:
    """Who may, for one gateway. `first` and `last` are its handlers: before all others, and before those
    that only forward.

    *tell* journals a finding: rule, severity, resource, message, source; a denial that is *wanted* is none.
    But for the constructor,
    `let_in` and `act_as`, everything here belongs to the gateway's loop.
    """

    def __init__(
        self,
        mode: Mode,
        clock: Clock,
        record: Callable[[journal.Record], None],
        fetcher: Fetcher,
        route: Callable[[str], Address],
        tell: Tell,
        *,
        region: str,
        account: str,
        wanted: Callable[[journal.PermissionUsed], bool],
    ) -> None:
        self.mode = mode
        self._clock = clock
        self._record = record
        self._fetcher = fetcher
        self._route = route
        self._tell = tell
        self.callers = Callers(account)
        self.policies = PolicyStore(fetcher, route, region=region, account=account, tell=self._wrong)
        self.entrances = Entrances(fetcher, route, region)
        self._uses = Uses(record, tell, enforced=mode is Mode.ENFORCE, wanted=wanted)
        self._root = RootCalls(fetcher, route, region, account)
        self._concluded = False
        scope = {"region": region, "account": account}
        self._trail = Trail(clock, fetcher, route, self.callers.of, **scope)
        judge = Judge(self.policies, self._uses, clock, self.entrances.of, account)
        self._reader = Reader()
        self._guard = Guard(
            mode,
            self.callers,
            Foreign(fetcher, route, region),
            judge,
            self._reader,
            self._uses,
            self.entrances,
            clock,
            self._not_verified,
            region=region,
            account=account,
            store=lambda: route("s3").name,
        )
        self._services = Services(
            judge,
            self._guard.forget,
            self.callers,
            RoleSessions(fetcher, route, region, account),
            clock,
            region=region,
            account=account,
            enforces=mode is Mode.ENFORCE,
        )
        self.first: Sequence[Handler] = (self._guard.handle,)
        simulation = Simulation(self.policies, lambda: clock.epoch_s(clock.now()))
        submitted = Submitted(self.policies)
        self.last: Sequence[Handler] = (submitted.handle, self._listen, simulation.handle)

    def act_as(self, service: str) -> Credentials:
        """Return credentials whose calls are those of an AWS service, such as `ec2.amazonaws.com`.

        They are good for this gateway alone: the backend takes them for somebody whom it does not know.
        """
        return self.callers.act_as(service)

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, *, source_arn: str = ""
    ) -> Credentials | Refusal:
        """Return temporary credentials of a new session of a role, which an AWS service opens.

        *source_arn* is what it runs under the role, a function say: aws:SourceArn to the role's trust policy.
        They last for the whole run; calls with them are those of `assumed-role/ROLE/session_name`. Under
        ENFORCE a Refusal in the service's words comes back where the role does not trust it. Raises
        BackendError.
        """
        return await self._services.credentials_for(role_arn, service, session_name, source_arn)

    async def may_invoke(self, service: str, source_arn: str, function_arn: str) -> Authorization | None:
        """Return whether a function's policy lets an AWS service invoke it for *source_arn*, "" without one.

        The true answer comes under OBSERVE, too. Raises BackendError when the policy cannot be read.
        """
        return await self._services.may_invoke(service, source_arn, function_arn)

    def let_in(self, vpc_endpoint_id: str, policy: str | None, vpc_id: str = "") -> None:
        """Take note of a VPC endpoint by which calls will come; may be called from any thread.

        Raises MalformedPolicyError for a policy that is none.
        """
        self.entrances.add(vpc_endpoint_id, policy, vpc_id)

    async def look_at(self, vpc_endpoint_id: str) -> None:
        """Ask the backend for an endpoint ahead of its first call; raise BackendError."""
        await self.entrances.learn(vpc_endpoint_id)

    def preload(self, services: Iterable[str]) -> None:
        """Read what is known of calls of *services* (signing names) now, from any thread: 1 to 60 ms each."""
        self._reader.preload(services)

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over; to be called before its client can send the next."""
        if exchange.path.startswith(INVOCATIONS):
            if exchange.error:
                self._trail.heard(exchange)
            return
        self.policies.heard(exchange)
        self._trail.heard(exchange)
        if self.entrances.heard(exchange):
            self._guard.forget()

    def _listen(self, exchange: Exchange) -> Outcome:
        """Forward calls whose answers tell of keys, and hear the answers."""
        call = exchange.call
        if not isinstance(call, Call) or call.operation not in TELLING.get(exchange.service, ()):
            return None
        return self._hear(exchange, call)

    async def _hear(self, exchange: Exchange, call: Call) -> Reply:
        reply = await self._fetcher.fetch_exchange(self._route(exchange.service), exchange)
        key = self.callers.of(exchange.access_key)
        caller: Caller = key.caller if key is not None else ANONYMOUS
        heard = self.callers.hear(Answer(exchange.service, call, caller, exchange.received_at), reply)
        return heard.as_reply()

    def _not_verified(self, key: Key) -> None:
        self._tell(
            NOT_VERIFIED,
            "warning",
            key.caller.name,
            f"The secret of access key {key.access_key} of {key.caller.name} was not seen, so that its "
            "signatures are not verified, nor are session policies known that it may have; make the key "
            "through the gateway.",
            "",
        )

    def _wrong(self, rule: str, resource: str, message: str) -> None:
        self._tell(rule, "warning", resource, message, "")

    # -- the end of a run -----

    async def conclude(self) -> None:
        """Journal how often each permission was used, and what each role holds; once."""
        if self._concluded:
            return
        self._concluded = True
        at = self._clock.now()
        self._uses.conclude(at)
        try:
            records = await role_policies(self.policies, self._root, at)
        except BackendError as error:
            self._tell("iam-roles-not-read", "warning", "roles", str(error), "")
            return
        for each in records:
            self._record(each)

    def close(self) -> None:
        """Give up what is being read."""
        self.policies.close()
