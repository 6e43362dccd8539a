"""A policy as people write it down: JSON, a CloudFormation template, or Terraform."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.iam.least_privilege.sizes import MANAGED_POLICIES

FORMS = ("json", "cloudformation", "terraform")
Document = Mapping[str, Any]


def render(documents: Document | Sequence[Document], form: str = "json", *, role: str = "role") -> str:
    """Return *documents* in *form*, one of FORMS, for the role called *role* (a name or an ARN).

    One document becomes an inline policy of the role; several become managed policies that are attached to
    it. JSON of several documents is a list.
    """
    given = [documents] if isinstance(documents, Mapping) else list(documents)
    path, _, name = role.rpartition("/")
    user = ":user" in path
    if form == "json":
        return json.dumps(given[0] if len(given) == 1 else given, indent=2) + "\n"
    if form == "cloudformation":
        return _cloudformation(given, name, user)
    if form == "terraform":
        return _terraform(given, name, user)
    raise ValueError(f"{form!r} is none of {', '.join(FORMS)}")


def _cloudformation(documents: Sequence[Document], name: str, user: bool) -> str:
    """Return a template as JSON, which YAML's readers take too.

    CloudFormation template reference: AWS::IAM::RolePolicy, AWS::IAM::UserPolicy, AWS::IAM::ManagedPolicy.
    """
    kind = "User" if user else "Role"
    stem = pascal(name) or kind
    resources: dict[str, Any] = {}
    if len(documents) == 1:
        resources[f"{stem}LeastPrivilege"] = {
            "Type": f"AWS::IAM::{kind}Policy",
            "Properties": {
                f"{kind}Name": name,
                "PolicyName": f"{name}-least-privilege",
                "PolicyDocument": documents[0],
            },
        }
    else:
        for number, document in enumerate(documents, start=1):
            resources[f"{stem}LeastPrivilege{number}"] = {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "ManagedPolicyName": f"{name}-least-privilege-{number}",
                    f"{kind}s": [name],
                    "PolicyDocument": document,
                },
            }
    return template(f"What {kind.lower()} {name} needed in a rehearsal, and nothing else", resources)


def template(description: str, resources: Mapping[str, Any]) -> str:
    """Return a CloudFormation template of *resources* as JSON."""
    written = {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources}
    return json.dumps(written, indent=2) + "\n"


def pascal(name: str) -> str:
    """Return *name* as the logical ids of CloudFormation are written, "" where it has no letter or digit."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name))


def snake(name: str, kind: str) -> str:
    """Return *name* as labels of Terraform are written: they begin with a letter, those of *kind* where the
    name has none to begin with."""
    stem = "_".join(re.findall(r"[A-Za-z0-9]+", name)).lower() or kind
    return stem if stem[:1].isalpha() else f"{kind}_{stem}"


def _terraform(documents: Sequence[Document], name: str, user: bool) -> str:
    """Return Terraform: a policy document each, and the policy that carries it (provider hashicorp/aws)."""
    kind = "user" if user else "role"
    stem = snake(name, kind)
    blocks = []
    for number, document in enumerate(documents, start=1):
        label = f"{stem}_least_privilege" + (f"_{number}" if len(documents) > 1 else "")
        policy = f"{name}-least-privilege" + (f"-{number}" if len(documents) > 1 else "")
        body = "\n".join(hcl_statement(each) for each in document["Statement"])
        blocks.append(f'data "aws_iam_policy_document" {quoted(label)} {{\n{body}}}\n')
        carried = f"data.aws_iam_policy_document.{label}.json"
        if len(documents) == 1:
            inline = attributes({"name": quoted(policy), kind: quoted(name), "policy": carried})
            blocks.append(f'resource "aws_iam_{kind}_policy" {quoted(label)} {{\n{inline}}}\n')
        else:
            managed = attributes({"name": quoted(policy), "policy": carried})
            blocks.append(f'resource "aws_iam_policy" {quoted(label)} {{\n{managed}}}\n')
            tie = attributes({kind: quoted(name), "policy_arn": f"aws_iam_policy.{label}.arn"})
            blocks.append(f'resource "aws_iam_{kind}_policy_attachment" {quoted(label)} {{\n{tie}}}\n')
    return "\n".join(blocks)


def hcl_statement(statement: Document) -> str:
    """Return *statement*, an identity's or a resource's, as a block of aws_iam_policy_document."""
    lines = attributes({"sid": quoted(statement["Sid"]), "effect": quoted(statement["Effect"])}, 4)
    lines += _list("actions", statement["Action"], 4)
    lines += _list("resources", statement["Resource"], 4) if "Resource" in statement else ""
    for kind, names in statement.get("Principal", {}).items():
        who = attributes({"type": quoted(kind)}, 6) + _list("identifiers", names, 6)
        lines += f"    principals {{\n{who}    }}\n"
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            inner = attributes({"test": quoted(operator), "variable": quoted(key)}, 6)
            lines += f"    condition {{\n{inner}{_list('values', values, 6)}    }}\n"
    return f"  statement {{\n{lines}  }}\n"


def attributes(pairs: Mapping[str, str], indent: int = 2) -> str:
    """Return *pairs* with their equals signs in one column, as `terraform fmt` has them."""
    width = max(map(len, pairs))
    return "".join(f"{' ' * indent}{key:<{width}} = {value}\n" for key, value in pairs.items())


def _list(name: str, values: Sequence[str], indent: int) -> str:
    space = " " * indent
    return f"{space}{name} = [\n" + "".join(f"{space}  {quoted(each)},\n" for each in values) + f"{space}]\n"


def quoted(value: str) -> str:
    """Return *value* as a quoted template of HCL: `${` and `%{` mean themselves when doubled.

    In aws_iam_policy_document a policy variable is written `&{...}`, which the provider turns into `${...}`.
    """
    quoted = json.dumps(value, ensure_ascii=False).replace("${", "&{")
    return quoted.replace("%{", "%%{")


def too_many(documents: Sequence[Document]) -> str:
    """Return why *documents* cannot all be attached to one role, "" when they can."""
    if len(documents) <= MANAGED_POLICIES:
        return ""
    return (
        f"{len(documents)} managed policies are more than the {MANAGED_POLICIES} that a role may have; "
        "gather more names in wildcards (--wildcard-above)"
    )
