"""The handler that lets a call pass or refuses it: who calls, what the call needs, whether policies allow it.

Answers are kept until a policy changes. What the head alone tells (InvokeEndpoint) is then judged by one look
into a dictionary; other calls are read, and what each of their needs came to is looked up.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import inf
from time import monotonic
from typing import Protocol, cast

from harness.aws.permission.caller_context import passing_values, region_of, signed_how
from harness.aws.permission.callers import TELLING, Callers
from harness.aws.permission.decided import Asked, Client, Decided, Head
from harness.aws.permission.entrances import Entrances
from harness.aws.permission.federated import with_claims, without_key
from harness.aws.permission.foreign import Foreign
from harness.aws.permission.held import Mode
from harness.aws.permission.judging import Judge, Judged, Way
from harness.aws.permission.keys import ANONYMOUS, NOBODY, Caller, Key
from harness.aws.permission.likeness import Likeness, likeness
from harness.aws.permission.own_user import with_own_user
from harness.aws.permission.reading.unclear import UnclearError
from harness.aws.permission.refusals import refuse_call, refuse_signature, refuse_unclear, sentence
from harness.aws.permission.signatures import Flaw, flaw_of, needs_body, token_of
from harness.aws.permission.smuggled import OWN_PATHS, smuggled
from harness.aws.permission.uses import Uses
from harness.clock import Calendar
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.handlers import INVOCATIONS
from harness.gateway.inject import OWN_CALLS
from harness.iam.actions import Call, Need, Place, needs_of

# Longer bodies than that are sent with a declared hash, and need not be read: Lambda's packages are 50 MB at
# most in a call, a third longer in JSON.
LIMIT_BYTES = 80 * 1024 * 1024
KEPT = 10_000
_SIGNATURE_BYTES = 64
# Headers that clients sign and that bring S3 no condition and no second resource.
_PLAIN = frozenset(
    b"host content-type content-md5 content-length content-encoding cache-control accept-encoding range "
    b"x-amz-date x-amz-content-sha256 x-amz-security-token x-amz-user-agent x-amz-decoded-content-length "
    b"expect x-amz-trailer x-amz-sdk-checksum-algorithm amz-sdk-invocation-id amz-sdk-request "
    b"user-agent".split()
)
_OWN_CALLS = OWN_CALLS.encode()
# Memo of a likeness whose heads name one call, whatever they say where they differ.
_CLEAR = (object(),)
_ALIKE_TO_ALL = frozenset({"sqs", "sns", "dynamodb", "kinesis", "events", "monitoring", "logs"})
_TOO_LARGE = Reply(413, b"A call whose signature covers its body is not as long as that.")
_NOBODY_MAPPED = (
    "nobody here knows which IAM actions this call needs, so that it is not allowed; ask for it to be "
    "mapped, or rehearse without it."
)


class Reads(Protocol):
    """Reads API calls off requests."""

    def wants_body(self, exchange: Exchange) -> bool: ...
    def read(self, exchange: Exchange) -> Call | None: ...


class Guard:
    """`handle` is the handler; it must come before all that answer.

    *unverified* is told of each key whose signatures cannot be checked. *store* names the emulator of S3.
    """

    def __init__(
        self,
        mode: Mode,
        callers: Callers,
        foreign: Foreign,
        judge: Judge,
        reader: Reads,
        uses: Uses,
        entrances: Entrances,
        calendar: Calendar,
        unverified: Callable[[Key], None],
        *,
        region: str,
        account: str,
        store: Callable[[], str] = str,
    ) -> None:
        self._enforces = mode is Mode.ENFORCE
        self._callers = callers
        self._foreign = foreign
        self._judge = judge
        self._reader = reader
        self._uses = uses
        self._entrances = entrances
        self._calendar = calendar
        self._unverified = unverified
        self._region = region
        self._account = account
        self._store = store
        self._read = ReadBody(self._check, LIMIT_BYTES, _TOO_LARGE)
        self._clients: dict[bytes, Client] = {}
        # until a policy changes: by the head alone, and by what is needed
        self._by_head: dict[Head, Decided] = {}
        self._by_needs: dict[tuple[object, ...], Decided] = {}
        self._alike: dict[tuple[int, str, str, str], tuple[Likeness, Decided]] = {}
        self._era = object()  # what connections remember of another one is forgotten

    def handle(self, exchange: Exchange) -> Outcome:
        """Return AWS's refusal, None where the call may pass."""
        alike = self._alike_to(exchange)
        if alike is not None and (alike[0].declared is not None or alike[0].key.secret is None):
            return self._again(exchange, *alike)
        if exchange.service == "sagemaker" and exchange.path.startswith(INVOCATIONS):
            return self._read  # the invoker reads it anyway
        if exchange.path.startswith(OWN_PATHS):
            return None
        unclear = self._unclear(exchange)
        if unclear is not None:
            return unclear
        if exchange.access_key and self._callers.of(exchange.access_key) is None:
            return self._meet(exchange)
        if (exchange.access_key and needs_body(exchange)) or self._reader.wants_body(exchange):
            return self._read
        return self._check(exchange)

    def forget(self) -> None:
        """Decide everything anew."""
        self._judge.forget()
        self._forget_alike()
        self._by_head.clear()
        self._by_needs.clear()

    def _unclear(self, exchange: Exchange) -> Reply | None:
        """Return the refusal of what can be read in two ways; asked once of calls on messages that are alike.

        Alike heads differ in date, length, identifiers, signature and the declared hash, and in nothing that
        another call could be named by. A length says something of a GET, and the hash may announce chunks.
        """
        known = exchange.alike
        if known is not None and known.memo is _CLEAR:
            return None
        found = smuggled(exchange, self._store())
        if (
            found is None
            and known is not None
            and known.memo is None
            and exchange.method == "POST"
            and exchange.service in _ALIKE_TO_ALL
            and exchange.header(b"x-amz-content-sha256") is None
        ):
            known.memo = _CLEAR
        return found

    async def _meet(self, exchange: Exchange) -> Outcome:
        """Find out who a new key is."""
        key = await self._foreign.ask(exchange.access_key, token_of(exchange).decode("latin-1"))
        if key is None:
            return refuse_signature(exchange, Flaw.UNKNOWN_KEY)
        if self._callers.of(key.access_key) is None:
            self._callers.add(key)
            if key.secret is None:
                self._unverified(key)
        return self.handle(exchange)

    def _check(self, exchange: Exchange) -> Outcome:
        alike = self._alike_to(exchange)
        if alike is not None:
            return self._again(exchange, *alike)
        key = NOBODY
        if exchange.access_key:
            found = self._callers.of(exchange.access_key)
            if found is None:
                return self._meet(exchange)
            key = found
            flaw = flaw_of(exchange, key)
            if flaw is not None:
                return refuse_signature(exchange, flaw)
        if self._judge.is_stale:
            self.forget()
        head = self._head(exchange)
        decided = self._by_head.get(head) if head is not None else None
        if decided is not None:
            self._remember(exchange, key, decided)
            return self._act(exchange, decided)
        if key.caller.kind == "Account" and _OWN_CALLS in (exchange.header(b"user-agent") or b""):
            return self._own(exchange)
        return self._ask(exchange, key, head)

    def _own(self, exchange: Exchange) -> Outcome:
        """Let pass what the rehearsal itself calls: it deploys, looks, clears up and assumes roles in the
        place of services, and is no part of what is rehearsed."""
        if exchange.service in TELLING:
            try:
                exchange.call = self._reader.read(exchange)
            except UnclearError as unclear:
                return refuse_unclear(exchange, unclear.error)
        return self._pass(exchange)

    # -- a request like one before -----

    def _alike_to(self, exchange: Exchange) -> tuple[Likeness, Decided] | None:
        if self._judge.is_stale:
            self.forget()
        known = exchange.alike
        if known is not None and known.memo is not None and known.memo[0] is self._era:
            return cast(tuple[Likeness, Decided], known.memo[1])
        found = self._alike.get((len(exchange.head), exchange.target, exchange.peer, exchange.entrance))
        if found is None or not found[0].fits(exchange.head):
            return None
        # Where the gateway's likeness leaves more open than ours, as a length or an id that is signed, its
        # heads are not all ours: the signature of one would be taken for that of another.
        if known is not None and found[0].leaves_open(known.open_spans()):
            known.memo = (self._era, found)
        return found

    def _forget_alike(self) -> None:
        self._alike.clear()
        self._era = object()

    def _again(self, exchange: Exchange, alike: Likeness, decided: Decided) -> Outcome:
        key = alike.key
        # A key that was deleted is not active either.
        if not key.active or (key.expires_at != inf and key.expires_at <= monotonic()):
            self._forget_alike()
            return self._check(exchange)
        if not alike.verifies(exchange.head, exchange.body):
            flaw = flaw_of(exchange, key)
            if flaw is not None:
                return refuse_signature(exchange, flaw)
        return self._act(exchange, decided)

    def _remember(self, exchange: Exchange, key: Key, decided: Decided) -> None:
        found = likeness(exchange, key)
        if found is not None:
            if len(self._alike) >= KEPT:
                self._alike.clear()
            place = (len(exchange.head), exchange.target, exchange.peer, exchange.entrance)
            self._alike[place] = (found, decided)

    # -- what the head alone tells -----

    def _head(self, exchange: Exchange) -> Head | None:
        """Return what decides about an invocation or a plain call on an object, None for other calls.

        The beginning of the Authorization header has the access key and the region.
        """
        service = exchange.service
        if service not in ("s3", "sagemaker") or (service == "s3" and self._reader.wants_body(exchange)):
            return None  # what a body says is not known by its head
        authorization = exchange.header(b"authorization")
        if authorization is None or len(authorization) < _SIGNATURE_BYTES:
            return None
        begin, lower = authorization[:-_SIGNATURE_BYTES], exchange.lower_head
        client = self._clients.get(begin)
        if client is None:
            client = self._client(exchange, begin)
        if service == "s3":
            if not client.plain or lower.count(b"\r\nx-amz-") != client.own_headers or b"\r\nif-" in lower:
                return None
            host = exchange.header(b"host")
        elif exchange.path.startswith(INVOCATIONS) and b"\r\nx-amzn-sagemaker-" not in lower:
            host = b""
        else:
            return None
        return begin, exchange.method, exchange.target, exchange.peer, exchange.entrance, host

    def _client(self, exchange: Exchange, begin: bytes) -> Client:
        if len(self._clients) >= KEPT:
            self._clients.clear()
        names = begin.partition(b"SignedHeaders=")[2].partition(b",")[0].split(b";")
        own = sum(name.startswith(b"x-amz-") for name in names)
        plain = all(name in _PLAIN or name.startswith(b"x-amz-checksum-") for name in names)
        found = self._clients[begin] = Client(region_of(exchange, self._region), plain, own)
        return found

    # -- a call is read -----

    def _ask(self, exchange: Exchange, key: Key, head: Head | None) -> Outcome:
        try:
            call = self._reader.read(exchange)
        except UnclearError as unclear:
            return refuse_unclear(exchange, unclear.error)
        caller: Caller | None = key.caller
        if key is NOBODY:
            caller = None
            if call is not None:
                exchange.service = exchange.service or call.service
                if call.service == "execute-api":
                    # A route of an API is open unless it asks for IAM: the emulator knows, and asks then.
                    return None
                caller = ANONYMOUS if call.service == "s3" else without_key(call)
            if caller is None:
                return refuse_signature(exchange, Flaw.UNSIGNED)
        assert caller is not None
        exchange.call = call
        region = self._region_of(exchange)
        needs = needs_of(call, self._place(region, caller)) if call is not None else None
        if call is None or needs is None:
            return self._not_covered(exchange, caller, call)
        needs = with_own_user(call, with_claims(call, needs), caller)
        way = Way(exchange.peer, exchange.entrance, region, signed_how(exchange))
        asked = Asked(caller, call, needs, way, head)
        decided = self._by_needs.get((caller, call.operation, needs, way))
        if decided is not None:
            self._keep(decided, (caller, call.operation, needs, way), head)
            return self._act(exchange, decided)
        if self._judge.missing(caller, way, needs):
            return self._learn(exchange, asked)
        return self._decide(exchange, asked)

    def _region_of(self, exchange: Exchange) -> str:
        authorization = exchange.header(b"authorization")
        client = self._clients.get(authorization[:-_SIGNATURE_BYTES]) if authorization else None
        return client.region if client is not None else region_of(exchange, self._region)

    def _place(self, region: str, caller: Caller) -> Place:
        return _place(region, caller.principal.account or self._account)

    async def _learn(self, exchange: Exchange, asked: Asked) -> Outcome:
        while self._is_missing(asked):
            if asked.way.entrance and self._entrances.of(asked.way.entrance) is None:
                await self._entrances.learn(asked.way.entrance)
            await self._judge.learn(asked.caller, asked.needs)
        return self._decide(exchange, asked)

    def _is_missing(self, asked: Asked) -> bool:
        """Return whether something is to be learnt still; what changed meanwhile is decided anew, by all."""
        if self._judge.is_stale:
            self.forget()
        return self._judge.missing(asked.caller, asked.way, asked.needs)

    def _decide(self, exchange: Exchange, asked: Asked) -> Outcome:
        """Let the first need that is denied decide; only who observes looks at the rest."""
        caller, call, needs, way, head = asked
        at, name = exchange.received_at, _name_of(call, needs)
        passing = partial(passing_values, exchange, self._calendar, caller.issued_at, bool(caller.mfa))
        judged: list[Judged] = []
        for need in needs:
            found = self._judge.judge(caller, name, need, way, passing, at)
            judged.append(found)
            if not found.answer.allowed and self._enforces:
                break
        denied = next((each for each in judged if not each.answer.allowed), None)
        refusal = sentence(denied.request, denied.answer) if denied and self._enforces else ""
        decided = Decided(call, tuple(each.use for each in judged), refusal)
        if all(each.kept for each in judged) and not self._judge.is_stale:
            self._keep(decided, (caller, call.operation, needs, way), head)
        return self._act(exchange, decided)

    def _keep(self, decided: Decided, key: tuple[object, ...], head: Head | None) -> None:
        if len(self._by_needs) >= KEPT or len(self._by_head) >= KEPT:
            self._by_needs.clear()
            self._by_head.clear()
        self._by_needs[key] = decided
        if head is not None:
            self._by_head[head] = decided

    # -- what becomes of it -----

    def _act(self, exchange: Exchange, decided: Decided) -> Outcome:
        at = exchange.received_at
        for use in decided.uses:
            use.calls += 1
            use.last_at = at
        exchange.call = decided.call
        if not decided.refusal:
            exchange.judged = True
            return None
        exchange.operation = decided.call.operation
        return refuse_call(exchange, decided.refusal)

    def _not_covered(self, exchange: Exchange, caller: Caller, call: Call | None) -> Outcome:
        """Refuse what nobody mapped; the account's root, whom no policy of its own limits, may go on."""
        operation = call.operation if call is not None else exchange.operation
        name = f"{exchange.service or 'unknown'}:{operation}"
        use = self._uses.not_covered(caller, name, _NOBODY_MAPPED, exchange.received_at)
        use.again(exchange.received_at)
        if not self._enforces or caller.kind == "Account":
            return self._pass(exchange)
        return refuse_call(
            exchange, f"User: {caller.name} is not authorized to perform: {name} because {_NOBODY_MAPPED}"
        )

    def _pass(self, exchange: Exchange) -> Outcome:
        exchange.judged = True
        return None


@lru_cache(maxsize=256)
def _place(region: str, account: str) -> Place:
    return Place(region, account)


def _name_of(call: Call, needs: Sequence[Need]) -> str:
    """Return the call by IAM's name of its service: `cloudwatch:PutMetricData`, signed for `monitoring`."""
    own = [need.action for need in needs if not need.action.startswith("iam:")]
    prefix = own[0].partition(":")[0] if own else call.service
    return f"{prefix}:{call.operation}"
