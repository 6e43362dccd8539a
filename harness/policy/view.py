"""What is told of a smallest policy: lines for people, values for machines."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.least_privilege import (
    NOT_SEEN,
    Asked,
    Proof,
    ResourceUse,
    RoleUse,
    Use,
    risks,
    too_many,
)
from harness.iam.least_privilege.uses import EXPLICITLY_DENIED
from harness.policy.options import TRUST
from harness.policy.recorded import Recorded

Documents = Sequence[Mapping[str, Any]]
_SHOWN = 5
NOT_DELIVERED = (
    "What a schedule or another AWS service sets off is seen only when the run had it; statements that deny "
    "(plain HTTP, say) are no part of what was needed: keep those."
)


def incomplete(run: Recorded) -> str:
    """Return that *run* did not come to its end, and what that means; "" where it did."""
    if not run.unfinished:
        return ""
    return (
        f"the run is incomplete ({run.unfinished}), so that what it did not come to is missing here; run the "
        "scenario again before you rely on it"
    )


@dataclass(frozen=True, slots=True)
class Written(ABC):
    """A policy that was written for somebody of *run*, its proof, and its text as it was asked for."""

    run: Recorded
    documents: Documents
    proof: Proof
    text: str
    denied_too: bool

    def told(self) -> list[str]:
        """Return what stands on stderr beside the policy: its proof, what is not in it, what nobody knows."""
        statements = sum(len(each["Statement"]) for each in self.documents)
        asked, proof = _counted(self.proof.requests, "use"), self.proof
        lines = [f"warning: {incomplete(self.run)}"] if self.run.unfinished else []
        lines.append(f"{self.name}, {self.run.directory}: {_counted(statements, 'statement')} for {asked}")
        if proof.holds:
            lines.append(_proven(proof))
        lines += [f"proof failed: {each.action} on {each.resource} does not pass" for each in proof.refused]
        lines += [f"proof failed: no use needs {each}" for each in proof.idle]
        lines += self._held()
        left_out = self._left_out()
        lines += [f"left out, denied in the run: {each}" for each in left_out[:_SHOWN]]
        if len(left_out) > _SHOWN:
            lines.append(f"left out, denied in the run: {len(left_out) - _SHOWN} more")
        return [*lines, *self._notes()]

    def as_json(self) -> dict[str, Any]:
        """Return the same for machines."""
        return {
            **self._identity(),
            "run_dir": str(self.run.directory),
            "complete": not self.run.unfinished,
            "note": incomplete(self.run),
            "documents": [dict(each) for each in self.documents],
            "proof": {
                "holds": self.proof.holds,
                "uses": self.proof.requests,
                "parts": self.proof.parts,
                "refused": [_row(each) for each in self.proof.refused],
                "idle": list(self.proof.idle),
            },
            **self._facts(),
        }

    @property
    @abstractmethod
    def name(self) -> str:
        """Whose policy it is."""

    @abstractmethod
    def _held(self) -> list[str]: ...
    @abstractmethod
    def _left_out(self) -> list[str]: ...
    @abstractmethod
    def _notes(self) -> list[str]: ...
    @abstractmethod
    def _identity(self) -> dict[str, Any]: ...
    @abstractmethod
    def _facts(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class OfRole(Written):
    """The policy of a role's (or user's) own."""

    role: RoleUse

    @property
    def name(self) -> str:
        """The role's name."""
        return self.role.name

    def _held(self) -> list[str]:
        if not self.role.known:
            return []
        used, granted = len(self.role.used_actions), _counted(len(self.role.granted), "action")
        return [f"the role holds {granted}, used {used} of them"]

    def _denied(self) -> list[Use]:
        """Return the denied uses that are not in it: with `denied_too` those that a Deny refused."""
        return [one for one in self.role.denied if not self.denied_too or one.verdict == EXPLICITLY_DENIED]

    def _left_out(self) -> list[str]:
        return [f"{one.action} on {one.resource} {one.reason}".rstrip() for one in self._denied()]

    def _not_covered(self) -> list[str]:
        return sorted({each.call for each in self.role.not_covered})

    def _notes(self) -> list[str]:
        lines = [f"not covered, nobody knows what it needs: {each}" for each in self._not_covered()]
        lines += [text for text in (too_many(self.documents),) if text]
        return [*lines, f"not known from a rehearsal: {NOT_SEEN[0]}"]

    def _identity(self) -> dict[str, Any]:
        return {"role": self.role.role, "kind": "role"}

    def _facts(self) -> dict[str, Any]:
        role = self.role
        return {
            "left_out": [_row(each) for each in self._denied()],
            "not_covered": self._not_covered(),
            "granted": len(role.granted) if role.known else None,
            "used": list(role.used_actions),
            "unused_statements": list(role.unused_statements),
            "risks": [
                {"category": one.category, "severity": one.severity, "name": one.name, "message": one.message}
                for one in risks(role.grants)
            ],
            "not_seen": list(NOT_SEEN),
        }


@dataclass(frozen=True, slots=True)
class OfResource(Written):
    """The policy of a queue, topic or function, or the trust policy of a role."""

    resource: ResourceUse
    asked: Sequence[Asked]

    @property
    def name(self) -> str:
        """The kind and name of the resource."""
        kind = "trust policy of" if self.resource.kind == TRUST else self.resource.kind
        return f"{kind} {self.resource.name}"

    def _held(self) -> list[str]:
        who = sorted({each.principal for each in self.asked})
        return [
            f"it lets in {', '.join(who[:_SHOWN])}" + (f" and {len(who) - _SHOWN} more" * (len(who) > _SHOWN))
        ]

    def _denied(self) -> list[Asked]:
        denied = self.resource.denied
        return [one for one in denied if not self.denied_too or one.use.verdict == EXPLICITLY_DENIED]

    def _left_out(self) -> list[str]:
        return [
            f"{one.use.action} by {one.principal}: {one.use.reason}".rstrip(": ") for one in self._denied()
        ]

    def _notes(self) -> list[str]:
        return [f"not known from a rehearsal: {NOT_DELIVERED}"]

    def _identity(self) -> dict[str, Any]:
        return {"resource": self.resource.resource, "kind": self.resource.kind}

    def _facts(self) -> dict[str, Any]:
        return {
            "let_in": [_row(each.use) | {"principal": each.principal} for each in self.asked],
            "left_out": [_row(each.use) | {"principal": each.principal} for each in self._denied()],
            "holds": dict(self.resource.policy) if self.resource.policy else None,
            "not_seen": [NOT_DELIVERED],
        }


def _proven(proof: Proof) -> str:
    passing = f"all {proof.requests} uses pass" if proof.requests > 1 else "the one use passes"
    without = (
        f"any one of its {proof.parts} parts one does not"
        if proof.parts > 1
        else "its one statement it does not"
    )
    return f"proof: {passing} under it; without {without}"


def _row(use: Use) -> dict[str, Any]:
    return {
        "action": use.action,
        "resource": use.resource,
        "verdict": use.verdict,
        "calls": use.calls,
        "reason": use.reason,
    }


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
