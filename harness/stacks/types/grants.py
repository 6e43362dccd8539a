"""What roles, users and groups hold: inline policies and attached ones."""

from dataclasses import dataclass
from typing import Any

from harness.stacks.kind import Listed, Properties, Surroundings
from harness.stacks.plain import gone_is_fine, listed_by
from harness.stacks.shaping import as_text, document


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds policies: a role, a user or a group; the word is in the names of IAM's calls."""

    word: str

    @property
    def member(self) -> str:
        return f"{self.word.capitalize()}Name"

    def named(self, name: str) -> dict[str, str]:
        return {self.member: name}


ROLE, USER, GROUP = Holder("role"), Holder("user"), Holder("group")


def put_inline(where: Surroundings, holder: Holder, name: str, policy: Properties) -> None:
    """Put an inline policy ({PolicyName, PolicyDocument}) on *name*."""
    where.call(
        "iam",
        f"put_{holder.word}_policy",
        **holder.named(name),
        PolicyName=policy["PolicyName"],
        PolicyDocument=as_text(policy["PolicyDocument"]),
    )


def drop_inline(where: Surroundings, holder: Holder, name: str, policy_name: str) -> None:
    """Remove an inline policy, if it is there."""
    named = {**holder.named(name), "PolicyName": policy_name}
    gone_is_fine(lambda: where.call("iam", f"delete_{holder.word}_policy", **named))


def inline(where: Surroundings, holder: Holder, name: str, policy_name: str) -> Any:
    """Return the document of an inline policy, None where it is not there."""
    named = {**holder.named(name), "PolicyName": policy_name}
    answer = gone_is_fine(lambda: where.call("iam", f"get_{holder.word}_policy", **named))
    return None if answer is None else document(answer["PolicyDocument"])


def inlines(where: Surroundings, holder: Holder, name: str) -> list[str]:
    """Return the names of all inline policies of *name*."""
    return where.pages("iam", f"list_{holder.word}_policies", "PolicyNames", **holder.named(name))


def attached(where: Surroundings, holder: Holder, name: str) -> list[str]:
    """Return the ARNs of the managed policies of *name*."""
    method = f"list_attached_{holder.word}_policies"
    found = where.pages("iam", method, "AttachedPolicies", **holder.named(name))
    return [each["PolicyArn"] for each in found]


def attach(where: Surroundings, holder: Holder, name: str, arn: str) -> None:
    """Attach a managed policy."""
    where.call("iam", f"attach_{holder.word}_policy", **holder.named(name), PolicyArn=arn)


def detach(where: Surroundings, holder: Holder, name: str, arn: str) -> None:
    """Detach a managed policy, if it is attached."""
    named = {**holder.named(name), "PolicyArn": arn}
    gone_is_fine(lambda: where.call("iam", f"detach_{holder.word}_policy", **named))


def grants(where: Surroundings, holder: Holder, name: str, before: Properties, after: Properties) -> None:
    """Bring inline and managed policies from those of *before* to those of *after*."""
    had, wanted = (
        {policy["PolicyName"]: policy for policy in each.get("Policies") or ()} for each in (before, after)
    )
    for gone in had.keys() - wanted.keys():
        drop_inline(where, holder, name, gone)
    for policy_name, policy in wanted.items():
        if had.get(policy_name) != policy:
            put_inline(where, holder, name, policy)
    old, new = (list(each.get("ManagedPolicyArns") or ()) for each in (before, after))
    for arn in old:
        if arn not in new:
            detach(where, holder, name, arn)
    for arn in new:
        if arn not in old:
            attach(where, holder, name, arn)


def strip(where: Surroundings, holder: Holder, name: str) -> None:
    """Take every policy from *name*: IAM deletes nobody who still holds one."""
    for policy_name in gone_is_fine(lambda: inlines(where, holder, name)) or ():
        drop_inline(where, holder, name, policy_name)
    for arn in gone_is_fine(lambda: attached(where, holder, name)) or ():
        detach(where, holder, name, arn)


def held(where: Surroundings, holder: Holder, name: str, properties: Properties) -> dict[str, Any]:
    """Return the policies of *name*: inline ones of the resource's own, all of them for a live one."""
    own = [each["PolicyName"] for each in properties.get("Policies") or ()]
    names = own if properties else inlines(where, holder, name)
    found = {
        "Policies": [
            {"PolicyName": each, "PolicyDocument": policy}
            for each in names
            if (policy := inline(where, holder, name, each)) is not None
        ],
        "ManagedPolicyArns": sorted(attached(where, holder, name)),
    }
    if properties and "ManagedPolicyArns" not in properties:
        del found["ManagedPolicyArns"]
    return {name: value for name, value in found.items() if value}


def names_of(method: str, key: str, member: str) -> Listed:
    return listed_by(lambda where: [each[member] for each in where.pages("iam", method, key)])
