"""EventBridge: targets are kept as their owners put them; the backend's rules have those AWS would reach.

PutTargets succeeds on AWS whatever the policy of the target says; the invocations fail, and show up only as
FailedInvocations (EventBridge guide, "Troubleshooting Amazon EventBridge").
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from harness.aws.aws_json import Arguments, JsonOperations, Refused, arguments
from harness.aws.wiring.switchboard import NOT_COVERED, Switchboard
from harness.gateway.chain import Exchange, Outcome, Reply
from harness.gateway.fetch import FetchReply
from harness.iam.actions import Call
from harness.messaging.edges import Edge, is_judged
from harness.messaging.filters import Filter, FilterPolicyError, compile_filter

SERVICE = "events"
DEFAULT_BUS = "default"


@dataclass(slots=True)
class _Rule:
    """`targets`: by id, as their owner put them; `held`: ids of those that the backend does not have.

    `pattern`: which events it is about, None where it goes by a schedule, is disabled or not understood.
    """

    name: str
    bus: str
    targets: dict[str, Arguments] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    pattern: Filter | None = None

    @property
    def key(self) -> Arguments:
        return {"Rule": self.name, "EventBusName": self.bus}


class Rules:
    """Answers EventBridge's calls about targets; `handle` is its handler."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._topology = board.topology
        self._rules: dict[str, _Rule] = {}  # by ARN
        operations = {
            "PutRule": self._put_rule,
            "PutTargets": self._put,
            "RemoveTargets": self._remove,
            "ListTargetsByRule": self._list,
            "ListRuleNamesByTarget": self._list_names,
            "DeleteRule": self._delete,
        }
        self._operations = JsonOperations(SERVICE, operations)
        board.movers[SERVICE] = self.move

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of *exchange* when it is about targets."""
        return self._operations.handle(exchange)

    # -- calls -----

    async def _put_rule(self, exchange: Exchange, given: Arguments) -> Reply:
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            _, rule = self._rule(str(given.get("EventBusName", "")), str(given.get("Name", "")))
            rule.pattern = _pattern(given)
        return answer.as_reply()

    async def _put(self, exchange: Exchange, given: Arguments) -> Reply:
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            failed = {each.get("TargetId") for each in _value(answer).get("FailedEntries", [])}
            taken = [each for each in given.get("Targets", []) if each.get("Id") not in failed]
            async with self._board.lock:
                await self.adopt(str(given.get("EventBusName", "")), str(given.get("Rule", "")), taken)
        return answer.as_reply()

    async def adopt(self, bus: str, name: str, targets: list[Arguments]) -> None:
        """Take in *targets* of a rule that are in the backend."""
        arn, rule = self._rule(bus, name)
        fresh = {str(each["Id"]): each for each in targets}
        rule.targets |= fresh
        rule.held -= set(fresh)  # the backend has them now
        for target in fresh.values():
            if is_judged(SERVICE, target["Arn"]):
                self._say_not_covered(arn, target)
                self._board.joined(await self._board.learn(target["Arn"]))
        await self._board.apply(self._topology.deliver(SERVICE, arn, _judged(rule)))
        await self._reconcile(arn, rule)

    async def read(self) -> None:
        """Take in the targets that were not put through the gateway."""
        root = self._board.root
        for bus in await root.listed("ListEventBuses", {}, "EventBuses"):
            for rule in await root.listed("ListRules", {"EventBusName": bus["Name"]}, "Rules"):
                key = {"Rule": rule["Name"], "EventBusName": bus["Name"]}
                targets = await root.listed("ListTargetsByRule", key, "Targets")
                async with self._board.lock:
                    self._rule(bus["Name"], rule["Name"])[1].pattern = _pattern(rule)
                    await self.adopt(bus["Name"], rule["Name"], targets)

    async def _remove(self, exchange: Exchange, given: Arguments) -> Reply:
        answer = await self._board.repeat(exchange)
        arn, rule = self._rule(str(given.get("EventBusName", "")), str(given.get("Rule", "")))
        if answer.status != 200 or not rule.targets:
            return answer.as_reply()
        shown = _value(answer)
        failed = [each for each in shown.get("FailedEntries", []) if each.get("TargetId") not in rule.held]
        async with self._board.lock:
            for target_id in set(given.get("Ids", [])) - {each.get("TargetId") for each in failed}:
                rule.targets.pop(target_id, None)
                rule.held.discard(target_id)
            self._topology.deliver(SERVICE, arn, _judged(rule))
        return _with_value(answer, shown | {"FailedEntries": failed, "FailedEntryCount": len(failed)})

    async def _list(self, exchange: Exchange, given: Arguments) -> Reply:
        answer = await self._board.repeat(exchange)
        _, rule = self._rule(str(given.get("EventBusName", "")), str(given.get("Rule", "")))
        if answer.status != 200 or not rule.held:
            return answer.as_reply()
        shown = _value(answer)
        if not shown.get("NextToken"):
            shown["Targets"] = [
                *shown.get("Targets", []),
                *(rule.targets[each] for each in sorted(rule.held)),
            ]
        return _with_value(answer, shown)

    async def _list_names(self, exchange: Exchange, given: Arguments) -> Reply:
        answer = await self._board.repeat(exchange)
        bus = _bus(str(given.get("EventBusName", "")))
        held = [
            rule.name
            for rule in self._rules.values()
            if rule.bus == bus
            and any(rule.targets[each]["Arn"] == given.get("TargetArn") for each in rule.held)
        ]
        if answer.status != 200 or not held:
            return answer.as_reply()
        shown = _value(answer)
        if not shown.get("NextToken"):
            shown["RuleNames"] = list(dict.fromkeys([*shown.get("RuleNames", []), *held]))
        return _with_value(answer, shown)

    async def _delete(self, exchange: Exchange, given: Arguments) -> Reply:
        arn, rule = self._rule(str(given.get("EventBusName", "")), str(given.get("Name", "")))
        if rule.held:
            # The backend does not know of them. Words: EventBridge, as moto records them.
            raise Refused("ValidationException", "Rule can't be deleted since it has targets.")
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            self._rules.pop(arn, None)
            self._topology.deliver(SERVICE, arn, ())
        return answer.as_reply()

    def heard(self, exchange: Exchange, call: Call) -> None:
        """Take note of events that were put on a bus: the rules that are about them deliver."""
        if call.operation != "PutEvents" or not self._rules:
            return
        # Not the call's own members: calls that need the same are judged as one.
        for entry in arguments(exchange).get("Entries") or ():
            bus, body = _bus(str(entry.get("EventBusName") or "")), self._event(entry)
            for arn, rule in list(self._rules.items()):
                if rule.bus == bus and rule.pattern is not None and rule.pattern.matches({}, body):
                    for target in _judged(rule):
                        self._board.delivered(Edge(SERVICE, arn, target))

    def fired(self, bus: str, name: str) -> None:
        """Take note that a rule with a schedule delivered to its targets."""
        arn, rule = self._rule(bus, name)
        for target in _judged(rule):
            self._board.delivered(Edge(SERVICE, arn, target))

    def _event(self, entry: Arguments) -> str:
        """Return the event that EventBridge makes of *entry*, as far as patterns look at it.

        EventBridge user guide, "Amazon EventBridge events": the structure of an event.
        """
        try:
            detail = orjson.loads(entry.get("Detail") or "{}")
        except orjson.JSONDecodeError:
            detail = {}
        root = self._board.root
        event = {
            "source": entry.get("Source", ""),
            "detail-type": entry.get("DetailType", ""),
            "account": root.account,
            "region": root.region,
            "resources": entry.get("Resources") or [],
            "detail": detail,
        }
        return orjson.dumps(event).decode()

    def _rule(self, bus: str, name: str) -> tuple[str, _Rule]:
        """Return the rule's ARN, which names a bus only where it is not the default one, and the rule."""
        root, bus = self._board.root, _bus(bus)
        inside = name if bus == DEFAULT_BUS else f"{bus}/{name}"
        arn = f"arn:aws:events:{root.region}:{root.account}:rule/{inside}"
        return arn, self._rules.setdefault(arn, _Rule(name, bus))

    def _say_not_covered(self, arn: str, target: Arguments) -> None:
        if target.get("RoleArn"):
            self._board.finding(
                NOT_COVERED,
                "error",
                f"{arn} target {target['Id']}",
                f"The target {target['Arn']} is reached with the role {target['RoleArn']}; what that may "
                "do is not judged here, and it is delivered to.",
                "Amazon EventBridge User Guide, Using resource-based policies",
            )

    # -- valves -----

    async def move(self, edge: Edge) -> None:
        """Put the target of *edge* into the backend's rule or take it out, as AWS would reach it or not."""
        await self._reconcile(edge.source, self._rules[edge.source])

    async def _reconcile(self, arn: str, rule: _Rule) -> None:
        """Make the backend's targets those that AWS would reach."""
        refused = {each for each in rule.targets if self._refused(arn, rule.targets[each])}
        shut, opened = refused - rule.held, rule.held - refused
        rule.held = refused
        for target in (rule.targets[each] for each in sorted(shut)):
            if dead_letter := (target.get("DeadLetterConfig") or {}).get("Arn"):
                self._board.dead_letters(f"{arn} target {target['Id']}", dead_letter)
        if shut:
            await self._call(arn, rule, "RemoveTargets", {"Ids": sorted(shut)})
        if opened:
            targets = [rule.targets[each] for each in sorted(opened)]
            await self._call(arn, rule, "PutTargets", {"Targets": targets})

    def _refused(self, arn: str, target: Arguments) -> bool:
        verdict = self._topology.verdict(Edge(SERVICE, arn, target["Arn"]))
        return not target.get("RoleArn") and verdict is not None and not verdict.allowed

    async def _call(self, arn: str, rule: _Rule, operation: str, given: Arguments) -> None:
        answer = await self._board.root.json(SERVICE, operation, rule.key | given)
        if answer.status != 200:
            for target in _judged(rule):
                self._board.not_enforced(Edge(SERVICE, arn, target), answer)


def _judged(rule: _Rule) -> list[str]:
    """Return the targets whose policies decide: with a role of its own a target asks none."""
    return [each["Arn"] for each in rule.targets.values() if not each.get("RoleArn")]


def _pattern(given: Arguments) -> Filter | None:
    """Return the event pattern of a rule; SNS's filters of bodies have the same grammar.

    EventBridge user guide, "Comparison operators": all of them but those for arrays of objects.
    """
    if not given.get("EventPattern") or given.get("State") == "DISABLED":
        return None
    try:
        return compile_filter(str(given["EventPattern"]), "MessageBody")
    except FilterPolicyError:
        return None


def _bus(name: str) -> str:
    """Return the name of the bus that a call means by a name, an ARN or nothing."""
    return name.rpartition("event-bus/")[2] or DEFAULT_BUS


def _value(answer: FetchReply) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(answer.body or b"{}")
    return found


def _with_value(answer: FetchReply, value: Any) -> Reply:
    return answer.as_reply(body=orjson.dumps(value))
