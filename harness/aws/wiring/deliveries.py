"""What services really delivered, as the permissions that they needed: journalled once, counted from then on.

A delivery is a call of the delivering service under its own name (`sqs:SendMessage` of `sns.amazonaws.com`),
with what it comes from in aws:SourceArn. It is told when its cause is seen here and AWS would carry it out: a
message published to a topic, an object made in a bucket, an event put on a bus.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from harness import journal
from harness.messaging.edges import Edge, request_of
from harness.messaging.topology import Topology

ALLOWED = "Allowed"
PASSED = ("aws:sourcearn", "aws:sourceaccount")  # what of a delivery's context its source decides
INVOKE = "lambda:Invoke"  # the API call behind lambda:InvokeFunction


# Not frozen: it counts.
@dataclass(slots=True, eq=False)
class _Made:
    """Deliveries along one way: the first as the journal has it."""

    first: journal.PermissionUsed
    calls: int = 0
    last_at: float = 0.0


class Deliveries:
    """All deliveries of one run. *account* owns the buckets that deliver, whose ARNs name none."""

    def __init__(
        self,
        record: Callable[[journal.Record], None],
        now: Callable[[], float],
        topology: Topology,
        account: str,
    ) -> None:
        self._record = record
        self._now = now
        self._topology = topology
        self._account = account
        self._made: dict[Edge, _Made] = {}
        self._held: dict[str, str] = {}
        self._concluded = False

    def made(self, edge: Edge) -> None:
        """Count one delivery along *edge*, unless AWS would refuse it."""
        verdict = self._topology.verdict(edge)
        if verdict is None or not verdict.allowed:
            return
        at = self._now()
        made = self._made.get(edge)
        if made is None:
            made = self._made[edge] = _Made(self._first(edge, at, verdict.reason, list(verdict.statements)))
            self._record(made.first)
        made.calls += 1
        made.last_at = at

    def _first(self, edge: Edge, at: float, reason: str, sids: list[str]) -> journal.PermissionUsed:
        asked = request_of(edge, self._account)
        context = {key: list(asked.context[key]) for key in PASSED if key in asked.context}
        call = INVOKE if asked.action.startswith("lambda:") else asked.action
        labels = [f"{edge.target}#{sid}" for sid in sids if sid]
        return journal.PermissionUsed(
            at, asked.principal.name, "", call, asked.action, asked.resource, ALLOWED,
            True, reason, labels, context,
        )  # fmt: skip

    def holds(self, arn: str, policy: str) -> None:
        """Journal the text of the policy that *arn* has now, "" for none, where it is another than before."""
        if self._held.get(arn) == policy:
            return
        self._held[arn] = policy
        try:
            found = json.loads(policy or "{}")
        except ValueError:
            return  # AWS takes none like that, and an emulator that does has said it where it was put
        if isinstance(found, dict):
            self._record(journal.ResourcePolicy(self._now(), arn, found))

    def conclude(self) -> None:
        """Journal how often each delivery came; a second time nothing is journalled."""
        if self._concluded:
            return
        self._concluded = True
        at = self._now()
        for made in self._made.values():
            seen = made.first
            self._record(
                journal.PermissionTotal(
                    at, seen.principal, "", seen.call, seen.action, seen.resource, seen.verdict,
                    made.calls, made.last_at, seen.context,
                )
            )  # fmt: skip
