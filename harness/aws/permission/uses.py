"""Every use of a permission, journalled once when it is first seen and counted from then on."""

from collections.abc import Callable
from dataclasses import dataclass

from harness import journal
from harness.aws.permission.keys import Caller
from harness.iam.actions import Need
from harness.iam.authorization import Authorization, Effect

NOT_COVERED = "NotCovered"
DENIED = "iam-denied"
NOT_MAPPED = "iam-not-covered"


# Not frozen: it counts.
@dataclass(slots=True, eq=False)
class Use:
    """One distinct use; `verdict` as the journal has it."""

    first: journal.PermissionUsed
    calls: int = 0
    last_at: float = 0.0

    def again(self, at: float) -> None:
        """Count one call more."""
        self.calls += 1
        self.last_at = at


_NOBODY_ASKS = journal.PermissionUsed(0.0, "", "", "", "", "", Effect.ALLOWED.value)


class Uses:
    """All uses of one run. `finding` journals what a reader should know: a denial, a call nobody mapped.

    A denial that is *wanted* is in the record and is no finding.
    """

    def __init__(
        self,
        record: Callable[[journal.Record], None],
        finding: Callable[[str, str, str, str, str], None],
        *,
        enforced: bool,
        wanted: Callable[[journal.PermissionUsed], bool] = lambda _: False,
    ) -> None:
        self._wanted = wanted
        self._record = record
        self._finding = finding
        self._enforced = enforced
        self._uses: dict[tuple[object, ...], Use] = {}
        self._concluded = False

    def of(self, caller: Caller, call: str, need: Need, answer: Authorization, at: float) -> Use:
        """Return the use that this is, journalled at *at* when it is new; it is not yet counted."""
        if answer.allowed and (caller.kind == "Account" or not answer.decided_by):
            return Use(_NOBODY_ASKS)  # what root may, and what needs no permission, is in no policy
        context = {key: list(values) for key, values in need.context.items()}
        return self._of(
            caller, call, need.action, need.resource, answer.effect.value, answer.reason, answer.statements,
            context, at, self._enforced,
        )  # fmt: skip

    def not_covered(self, caller: Caller, call: str, reason: str, at: float) -> Use:
        """Return the use of a call of which nobody knows what it needs."""
        refused = self._enforced and caller.kind != "Account"
        return self._of(caller, call, call, "*", NOT_COVERED, reason, (), {}, at, refused)

    def conclude(self, at: float) -> None:
        """Journal how often each use came; a second time nothing is journalled."""
        if self._concluded:
            return
        self._concluded = True
        for use in self._uses.values():
            seen = use.first
            self._record(
                journal.PermissionTotal(
                    at,
                    seen.principal,
                    seen.role,
                    seen.call,
                    seen.action,
                    seen.resource,
                    seen.verdict,
                    use.calls,
                    use.last_at,
                    seen.context,
                )
            )

    def _of(
        self,
        caller: Caller,
        call: str,
        action: str,
        resource: str,
        verdict: str,
        reason: str,
        statements: tuple[str, ...],
        context: dict[str, list[str]],
        at: float,
        enforced: bool,
    ) -> Use:
        told = tuple(sorted((key, tuple(values)) for key, values in context.items()))
        distinct = (caller.name, caller.role, call, action, resource, verdict, told)
        known = self._uses.get(distinct)
        if known is not None:
            return known
        denied = verdict != Effect.ALLOWED.value
        seen = journal.PermissionUsed(
            at, caller.name, caller.role, call, action, resource, verdict,
            enforced, reason, list(statements), context,
        )  # fmt: skip
        use = self._uses[distinct] = Use(seen)
        self._record(seen)
        if denied and not self._wanted(seen):
            self._tell(seen)
        return use

    def _tell(self, seen: journal.PermissionUsed) -> None:
        who = seen.role or seen.principal
        if seen.verdict == NOT_COVERED:
            severity = "error" if seen.enforced else "warning"
            self._finding(
                NOT_MAPPED, severity, who, f"{seen.call}, called by {seen.principal}: {seen.reason}", ""
            )
            return
        refused = "was refused" if self._enforced else "would have been refused on AWS"
        self._finding(
            DENIED,
            "error",
            who,
            f"{seen.principal} {refused} {seen.action} on {seen.resource} {seen.reason}",
            _SOURCE,
        )


_SOURCE = "IAM user guide, Policy evaluation logic"
