"""What the rules about policies share: the statements that a template writes itself, with their places."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.audit.names import MANAGED_POLICY, ROLE
from harness.audit.permissions import attachments, held, statements_in
from harness.audit.plain import listed, members
from harness.audit.view import View
from harness.iam import Kind
from harness.templates.model import Resource

Statement = Mapping[str, Any]


def of_roles(view: View) -> Iterator[tuple[Resource, Resource, str, Statement]]:
    """Yield the statements of roles that the template writes: role, declared by, property path, statement."""
    seen = set()
    for role in view.of_type(ROLE):
        for attached in held(view, role).attached:
            if attached.path.startswith("ManagedPolicyArns"):
                continue
            inner = ".PolicyDocument" if attached.path.startswith("Policies") else ""
            for at, statement in enumerate(statements_in(attached.document)):
                path = f"{attached.path}{inner}.Statement[{at}]"
                if (attached.declared.logical_id, path) not in seen:
                    seen.add((attached.declared.logical_id, path))
                    yield role, attached.declared, path, statement


def documents(view: View) -> Iterator[tuple[Resource, str, Mapping[str, Any], Kind]]:
    """Yield every policy document that the template writes: declared by, property path, document, kind."""
    for one in view.of_type(ROLE):
        yield (
            one,
            "AssumeRolePolicyDocument",
            members(one.properties.get("AssumeRolePolicyDocument")),
            Kind.TRUST,
        )
        for at, each in enumerate(listed(one.properties.get("Policies"))):
            document = members(members(each).get("PolicyDocument"))
            yield one, f"Policies[{at}].PolicyDocument", document, Kind.IDENTITY
    for one in view.of_type("AWS::IAM::Policy", MANAGED_POLICY, "AWS::IAM::RolePolicy"):
        yield one, "PolicyDocument", members(one.properties.get("PolicyDocument")), Kind.IDENTITY
    told = {each.declared.logical_id: each for own in attachments(view).values() for each in own}
    for each in told.values():
        yield each.declared, each.path, each.document, Kind.RESOURCE
