"""CloudFormation's calls about change sets: what would change is told, then done on request."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from harness.aws.aws_json import Arguments, Refused
from harness.aws.stacks.making import Making, check_updatable
from harness.aws.stacks.register import Register
from harness.aws.stacks.stack import ChangeSet, Stack, change_shown
from harness.aws.stacks.submitted import check_capabilities
from harness.aws.stacks.working import Workers
from harness.config import Credentials
from harness.stacks import plan

Operation = Callable[[Arguments, Credentials], Awaitable[Mapping[str, Any] | None]]
# In these words, which the AWS CLI's `deploy` looks for.
NOTHING_NEW = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass(frozen=True, slots=True)
class ChangeSets:
    """`operations` by their names."""

    register: Register
    making: Making
    workers: Workers

    @property
    def operations(self) -> dict[str, Operation]:
        """The calls that are answered here."""
        return {
            "CreateChangeSet": self._create,
            "DeleteChangeSet": self._delete,
            "DescribeChangeSet": self._describe,
            "ExecuteChangeSet": self._execute,
            "ListChangeSets": self._listed,
        }

    async def _create(self, given: Arguments, who: Credentials) -> Mapping[str, Any]:
        name, kind = str(given.get("StackName", "")), str(given.get("ChangeSetType") or "UPDATE")
        stack = self._stack_for(name, kind)
        known = stack if kind == "UPDATE" else None
        submitted = await self.making.submitted(given, who, stack.name, known)
        check_capabilities(submitted, given.get("Capabilities") or (), through_change_set=True)
        self.register.add(stack)
        change_set = ChangeSet(
            str(given.get("ChangeSetName", "")),
            self._identity(stack, str(given.get("ChangeSetName", ""))),
            kind,
            self.workers.now(),
            submitted,
            [str(one) for one in given.get("Capabilities") or ()],
            [dict(tag) for tag in given.get("Tags") or ()],
            str(given.get("RoleARN") or ""),
            str(given.get("Description") or ""),
            changes=plan(stack.deployed if kind == "UPDATE" else None, submitted.template),
        )
        outputs = stack.submitted.template.outputs if stack.submitted else None
        if not change_set.changes and outputs == submitted.template.outputs:
            change_set.status, change_set.execution = "FAILED", "UNAVAILABLE"
            change_set.reason = NOTHING_NEW
        stack.change_sets[change_set.name] = change_set
        return {"Id": change_set.identity, "StackId": stack.identity}

    def _stack_for(self, name: str, kind: str) -> Stack:
        found = self.register.find(name)
        if found is not None and found.status == "DELETE_COMPLETE":
            found = None
        if kind == "CREATE":
            if found is not None and found.status != "REVIEW_IN_PROGRESS":
                said = (
                    f"Stack [{name}] already exists and cannot be created again with the changeSet [CREATE]."
                )
                raise Refused("ValidationError", said)
            stack = found or self.making.fresh(name)
            if found is None:
                self.workers.enter(stack, "REVIEW_IN_PROGRESS", "User Initiated")
            return stack
        if kind != "UPDATE":
            raise Refused("ValidationError", f"Change sets of the type {kind} are not made here")
        if found is None:
            raise Refused("ValidationError", f"Stack [{name}] does not exist")
        check_updatable(found)
        return found

    @staticmethod
    def _identity(stack: Stack, name: str) -> str:
        scope = ":".join(stack.identity.split(":")[:5])
        return f"{scope}:changeSet/{name}/{uuid4()}"

    async def _describe(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        stack, one = self.register.change_set(given)
        return {
            **self._summarized(stack, one),
            "Parameters": one.submitted.shown_parameters() if one.submitted else [],
            "NotificationARNs": stack.topics,
            "RollbackConfiguration": {},
            "Capabilities": one.capabilities or None,
            "Tags": one.tags,
            "Changes": [change_shown(change) for change in one.changes],
            "IncludeNestedStacks": False,
        }

    async def _listed(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        stack = self.register.the(given)
        return {"Summaries": [self._summarized(stack, one) for one in stack.change_sets.values()]}

    @staticmethod
    def _summarized(stack: Stack, one: ChangeSet) -> dict[str, Any]:
        return {
            "ChangeSetName": one.name,
            "ChangeSetId": one.identity,
            "StackId": stack.identity,
            "StackName": stack.name,
            "Description": one.description or None,
            "CreationTime": one.created_at,
            "ExecutionStatus": one.execution,
            "Status": one.status,
            "StatusReason": one.reason or None,
        }

    async def _delete(self, given: Arguments, _who: Credentials) -> None:
        try:
            stack, one = self.register.change_set(given)
        except Refused:
            return  # API reference, DeleteChangeSet: succeeds for one that is not there
        if one.execution == "EXECUTE_IN_PROGRESS":
            said = f"An operation on ChangeSet [{one.identity}] is currently in progress."
            raise Refused("InvalidChangeSetStatus", said)
        del stack.change_sets[one.name]

    async def _execute(self, given: Arguments, who: Credentials) -> Mapping[str, Any]:
        stack, one = self.register.change_set(given)
        if one.execution != "AVAILABLE" or one.submitted is None:
            said = f"ChangeSet [{one.identity}] cannot be executed in its current status of [{one.execution}]"
            raise Refused("InvalidChangeSetStatus", said)
        if one.kind == "UPDATE":
            check_updatable(stack)
        who = await self.making.in_the_name_of({"RoleARN": one.role}, who, stack)
        one.execution = "EXECUTE_COMPLETE"
        stack.capabilities, stack.tags = one.capabilities, one.tags or stack.tags
        stack.change_sets.clear()  # the others were about what is no more
        if one.kind == "CREATE":
            stack.disables_rollback = str(given.get("DisableRollback", "")).lower() == "true"
            on_failure = "DO_NOTHING" if stack.disables_rollback else "ROLLBACK"
            self.making.begin_create(stack, one.submitted, who, on_failure)
        else:
            self.making.begin_update(stack, one.submitted, who)
        return {}
