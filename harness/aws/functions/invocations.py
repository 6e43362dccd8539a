"""Invocations, whoever asks: the function is found, the account admits or throttles, what may runs."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.functions.admission import Admission
from harness.aws.functions.configurations import Qualified
from harness.aws.functions.names import LATEST, Reference, reference_of
from harness.aws.functions.register import Register
from harness.aws.functions.results import Result
from harness.aws.functions.running import Asked, Runner
from harness.functions.outcomes import Admitted, Reason, Source, Throttled


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invocation that somebody wants; `due_at` is None for now, `request` "" for a new one."""

    reference: Reference
    payload: bytes
    source: Source
    trigger: str = ""
    records: int = 0
    due_at: float | None = None
    request: str = ""
    attempt: int = 1
    caller: str = ""
    client_context: str = ""


class Invocations:
    """To be used on the gateway's loop."""

    def __init__(
        self,
        register: Register,
        admission: Admission,
        runner: Runner,
        record: Callable[[journal.Record], None],
    ) -> None:
        self._register = register
        self._admission = admission
        self._runner = runner
        self._record = record
        # Asked of each invocation that is not synchronous: whether a declared fault throttles it.
        self.is_throttled_by_fault: Callable[[], bool] = lambda: False

    def referred(self, function: str, qualifier: str = "") -> Reference:
        """Return what a name or an ARN means; raise Refused where it can be nothing of this account."""
        reference = reference_of(function)
        if reference is None or not self._register.is_here(reference):
            raise Refused("ResourceNotFoundException", f"Function not found: {function}", 404)
        if qualifier and qualifier != LATEST:
            return Reference(reference.name, qualifier)
        return Reference(reference.name, reference.qualifier)

    async def run(self, wanted: Wanted) -> Result:
        """Return what *wanted* comes to; raise Refused where there is nothing that could run."""
        known = await self._register.qualified(wanted.reference)
        verdict, now = self._verdict(known, wanted.source)
        asked = Asked(
            known.name,
            known.qualifier,
            wanted.payload,
            wanted.request or new_request(),
            wanted.source.value,
            now if wanted.due_at is None else wanted.due_at,
            wanted.trigger,
            wanted.records,
            wanted.attempt,
            wanted.caller,
            wanted.client_context,
        )
        if isinstance(verdict, Throttled):
            return self._throttled(asked, verdict, now)
        return await self._runner.run(asked, verdict, known.versions, now)

    def _verdict(self, known: Qualified, source: Source) -> tuple[Admitted | Throttled, float]:
        """Return what becomes of an invocation that comes now, and when that is.

        A synchronous one has met the faults on its way; others meet them here.
        """
        if source is not Source.SYNCHRONOUS and self.is_throttled_by_fault():
            return Throttled(Reason.CALLER_RATE), self._admission.now()
        return self._admission.admit(known.name, known.qualifier, source)

    def _throttled(self, asked: Asked, verdict: Throttled, now: float) -> Result:
        reason = verdict.reason.value
        self._record(
            journal.FunctionThrottled(
                now,
                asked.function,
                asked.qualifier,
                asked.request,
                asked.source,
                asked.trigger,
                reason,
                asked.attempt,
            )
        )
        return Result("throttled", b"", "TooManyRequestsException", reason, asked.request)


def new_request() -> str:
    """Return a new request id."""
    return str(uuid4())
