"""CloudFormation's calls that make, update and delete stacks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.aws.aws_json import Arguments, Refused
from harness.aws.stacks.fetching import template_text
from harness.aws.stacks.register import Register
from harness.aws.stacks.stack import Stack
from harness.aws.stacks.submitted import BODY_LIMIT_BYTES, Submitted, check_capabilities, read
from harness.aws.stacks.working import Workers
from harness.config import Credentials
from harness.stacks import Deployed, plan
from harness.templates.place import Place

Operation = Callable[[Arguments, Credentials], Awaitable[Mapping[str, Any] | None]]
Assume = Callable[[str, str], Awaitable[Credentials]]
# Statuses from which a stack may be updated (user guide, "Stack status codes").
_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
    }
)


@dataclass(frozen=True, slots=True)
class Making:
    """`operations` by their names; `begin_create` and `begin_update` serve change sets too."""

    register: Register
    workers: Workers
    assume: Assume
    region: str
    account: str

    @property
    def operations(self) -> dict[str, Operation]:
        """The calls that are answered here."""
        return {
            "CreateStack": self._create,
            "UpdateStack": self._update,
            "DeleteStack": self._delete,
            "SetStackPolicy": self._set_policy,
            "UpdateTerminationProtection": self._protect,
        }

    # -- what is submitted -----

    async def submitted(
        self, given: Arguments, who: Credentials, name: str, before: Stack | None
    ) -> Submitted:
        """Return the template of a call with its parameters; raise Refused where it is wrong.

        Before an update of *before*, a call may leave template and values as they are.
        """
        known = before.submitted if before is not None else None

        def look() -> Submitted:
            where = self.workers.surroundings(who)
            text = template_text(given, where)
            if text is None and str(given.get("UsePreviousTemplate", "")).lower() == "true" and known:
                text = known.text
            if text is None:
                raise Refused("ValidationError", "Either Template URL or Template Body must be specified.")
            if given.get("TemplateBody") and len(text.encode()) > BODY_LIMIT_BYTES:
                said = f"at 'templateBody' failed to satisfy constraint: at most {BODY_LIMIT_BYTES} bytes"
                raise Refused("ValidationError", f"1 validation error detected: Value {said}")
            return read(text, _parameters(given, known), stack=name, region=self.region, account=self.account)

        return await asyncio.to_thread(look)

    async def in_the_name_of(self, given: Arguments, who: Credentials, stack: Stack) -> Credentials:
        """Return the credentials that the work on *stack* is done with: the service role's, or *who*'s."""
        stack.role = str(given.get("RoleARN") or stack.role)
        return await self.assume(stack.role, stack.identity) if stack.role else who

    def fresh(self, name: str) -> Stack:
        """Return a new stack called *name*, that nothing was done with."""
        if (
            not name
            or not name[0].isalpha()
            or not all(one.isalnum() or one == "-" for one in name)
            or len(name) > 128
        ):
            said = (
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
            raise Refused("ValidationError", said)
        identity = Place(name, self.region, self.account).stack_id
        return Stack(name, identity, self.workers.now(), "CREATE_IN_PROGRESS")

    # -- the calls -----

    async def _create(self, given: Arguments, who: Credentials) -> Mapping[str, Any]:
        name = str(given.get("StackName", ""))
        known = self.register.find(name)
        if known is not None and known.status not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = self.fresh(name)
        submitted = await self.submitted(given, who, name, None)
        check_capabilities(submitted, given.get("Capabilities") or (), through_change_set=False)
        take(stack, given)
        who = await self.in_the_name_of(given, who, stack)
        on_failure = str(given.get("OnFailure") or ("DO_NOTHING" if stack.disables_rollback else "ROLLBACK"))
        self.register.add(stack)
        self.begin_create(stack, submitted, who, on_failure)
        return {"StackId": stack.identity}

    def begin_create(self, stack: Stack, submitted: Submitted, who: Credentials, on_failure: str) -> None:
        """Begin to make *stack*."""
        self._check_exports(stack, submitted)
        stack.submitted = submitted
        self.workers.enter(stack, "CREATE_IN_PROGRESS", "User Initiated")
        self.workers.act(stack, lambda: self.workers.create(stack, submitted, who, on_failure))

    def _check_exports(self, stack: Stack, submitted: Submitted) -> None:
        for about in submitted.template.outputs.values():
            export = about.get("Export") if isinstance(about, Mapping) else None
            name = str(export.get("Name", "")) if isinstance(export, Mapping) else ""
            other = self.register.exporter(name, stack) if name else None
            if other is not None:
                said = f"Export with name {name} is already exported by stack {other.name}"
                raise Refused("ValidationError", said)

    async def _update(self, given: Arguments, who: Credentials) -> Mapping[str, Any]:
        stack = self.register.the(given)
        check_updatable(stack)
        submitted = await self.submitted(given, who, stack.name, stack)
        check_capabilities(submitted, given.get("Capabilities") or (), through_change_set=False)
        who = await self.in_the_name_of(given, who, stack)
        if not plan(stack.deployed, submitted.template) and _same_outputs(stack, submitted):
            raise Refused("ValidationError", "No updates are to be performed.")
        take(stack, given)
        self.begin_update(stack, submitted, who)
        return {"StackId": stack.identity}

    def begin_update(self, stack: Stack, submitted: Submitted, who: Credentials) -> None:
        """Begin to update *stack*."""
        self._check_exports(stack, submitted)
        old, stack.submitted, stack.updated_at = stack.submitted, submitted, self.workers.now()
        before = stack.deployed or Deployed(stack.name, "", {})
        self.workers.enter(stack, "UPDATE_IN_PROGRESS", "User Initiated")
        self.workers.act(stack, lambda: self.workers.update(stack, before, old, who))

    async def _delete(self, given: Arguments, who: Credentials) -> None:
        """Begin to delete a stack; one that is not there is no error (API reference, DeleteStack)."""
        stack = self.register.find(str(given.get("StackName", "")))
        if stack is None or stack.status == "DELETE_COMPLETE" or stack.status == "DELETE_IN_PROGRESS":
            return
        if stack.is_protected:
            said = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise Refused("ValidationError", said)
        if stack.is_busy:
            said = f"Stack:{stack.identity} is in {stack.status} state and can not be deleted."
            raise Refused("ValidationError", said)
        retained = tuple(str(one) for one in given.get("RetainResources") or ())
        if retained and stack.status != "DELETE_FAILED":
            said = "RetainResources can only be specified for a stack that is in the DELETE_FAILED state"
            raise Refused("ValidationError", said)
        who = await self.in_the_name_of(given, who, stack)
        self.workers.enter(stack, "DELETE_IN_PROGRESS", "User Initiated")
        self.workers.act(stack, lambda: self.workers.delete(stack, who, retained))

    async def _protect(self, given: Arguments, _who: Credentials) -> Mapping[str, Any]:
        stack = self.register.the(given)
        stack.is_protected = str(given.get("EnableTerminationProtection", "")).lower() == "true"
        return {"StackId": stack.identity}

    async def _set_policy(self, given: Arguments, _who: Credentials) -> None:
        self.register.the(given).policy = str(given.get("StackPolicyBody") or "")


def check_updatable(stack: Stack) -> None:
    """Raise Refused where *stack* cannot be updated as it is."""
    if stack.status not in _UPDATABLE:
        said = f"Stack:{stack.identity} is in {stack.status} state and can not be updated."
        raise Refused("ValidationError", said)


def take(stack: Stack, given: Arguments) -> None:
    """Let *stack* have what a call says beside its template."""
    stack.capabilities = [str(one) for one in given.get("Capabilities") or ()]
    if "Tags" in given:
        stack.tags = [dict(tag) for tag in given["Tags"] or ()]
    if "NotificationARNs" in given:
        stack.topics = [str(one) for one in given["NotificationARNs"] or ()]
    stack.disables_rollback = str(given.get("DisableRollback", "")).lower() == "true"
    if "EnableTerminationProtection" in given:
        stack.is_protected = str(given["EnableTerminationProtection"]).lower() == "true"


def _parameters(given: Arguments, known: Submitted | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given.get("Parameters") or ():
        name = str(each["ParameterKey"])
        if str(each.get("UsePreviousValue", "")).lower() == "true":
            if known is not None and name in known.parameters:
                found[name] = known.parameters[name]
            continue
        found[name] = str(each.get("ParameterValue", ""))
    return found


def _same_outputs(stack: Stack, submitted: Submitted) -> bool:
    return stack.submitted is not None and stack.submitted.template.outputs == submitted.template.outputs
