"""AWS::IAM: policies that stand by themselves, and instance profiles."""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine, listed_by
from harness.stacks.shaping import as_text, document
from harness.stacks.types.grants import (
    GROUP,
    ROLE,
    USER,
    Holder,
    attach,
    detach,
    drop_inline,
    inline,
    names_of,
    put_inline,
)

# -- managed policies -----


def _make_managed(where: Surroundings, properties: Properties) -> Made:
    given = {key: properties[key] for key in ("Path", "Description") if key in properties}
    arn = where.call(
        "iam",
        "create_policy",
        PolicyName=properties["ManagedPolicyName"],
        PolicyDocument=as_text(properties["PolicyDocument"]),
        **given,
    )["Policy"]["Arn"]
    with known_as(arn):
        _attachments(where, arn, {}, properties)
    return Made(arn)


_HOLDERS: Mapping[str, Holder] = {"Roles": ROLE, "Users": USER, "Groups": GROUP}


def _attachments(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    for key, holder in _HOLDERS.items():
        had, wanted = (list(each.get(key) or ()) for each in (before, after))
        for name in had:
            if name not in wanted:
                detach(where, holder, name, arn)
        for name in wanted:
            if name not in had:
                attach(where, holder, name, arn)


def _read_managed(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("iam", "get_policy", PolicyArn=arn))
    if answer is None:
        return None
    told = answer["Policy"]
    version = where.call("iam", "get_policy_version", PolicyArn=arn, VersionId=told["DefaultVersionId"])
    found: dict[str, Any] = {
        "ManagedPolicyName": told["PolicyName"],
        "PolicyDocument": document(version["PolicyVersion"]["Document"]),
    }
    found |= {key: told[key] for key in ("Path", "Description") if told.get(key)}
    holders = where.call("iam", "list_entities_for_policy", PolicyArn=arn)
    for key in _HOLDERS:
        names = sorted(each[f"{key[:-1]}Name"] for each in holders.get(f"Policy{key}") or ())
        if names:
            found[key] = names
    return Seen(found, {"PolicyArn": arn, "PolicyId": told.get("PolicyId", "")})


def _change_managed(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    if before["PolicyDocument"] != after["PolicyDocument"]:
        versions = where.pages("iam", "list_policy_versions", "Versions", PolicyArn=arn)
        spare = [each["VersionId"] for each in versions if not each["IsDefaultVersion"]]
        if len(versions) >= 5:  # IAM keeps no more
            where.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=min(spare))
        text = as_text(after["PolicyDocument"])
        where.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    _attachments(where, arn, before, after)


def _remove_managed(where: Surroundings, arn: str, _properties: Properties) -> None:
    seen = _read_managed(where, arn, {})
    if seen is None:
        return
    _attachments(where, arn, seen.properties, {})
    for each in where.pages("iam", "list_policy_versions", "Versions", PolicyArn=arn):
        if not each["IsDefaultVersion"]:
            where.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=each["VersionId"])
    gone_is_fine(lambda: where.call("iam", "delete_policy", PolicyArn=arn))


def _own_policies(where: Surroundings) -> Iterable[str]:
    return [each["Arn"] for each in where.pages("iam", "list_policies", "Policies", Scope="Local")]


# -- inline policies as resources -----


def _put_everywhere(where: Surroundings, properties: Properties) -> Made:
    for key, holder in _HOLDERS.items():
        for name in properties.get(key) or ():
            put_inline(where, holder, name, properties)
    return Made(str(properties["PolicyName"]))


def _found_everywhere(where: Surroundings, identity: str, properties: Properties) -> Seen | None:
    found: dict[str, Any] = {"PolicyName": properties["PolicyName"]}
    for key, holder in _HOLDERS.items():
        for name in properties.get(key) or ():
            policy = inline(where, holder, name, properties["PolicyName"])
            if policy is not None:
                found["PolicyDocument"] = policy
                found[key] = [*found.get(key, ()), name]
    return Seen(found, {"Id": identity}) if "PolicyDocument" in found else None


def _drop_everywhere(where: Surroundings, _identity: str, properties: Properties) -> None:
    for key, holder in _HOLDERS.items():
        for name in properties.get(key) or ():
            drop_inline(where, holder, name, properties["PolicyName"])


def _change_everywhere(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
    renamed = before["PolicyName"] != after["PolicyName"]
    left = {
        key: [name for name in before.get(key) or () if renamed or name not in (after.get(key) or ())]
        for key in _HOLDERS
    }
    _put_everywhere(where, after)
    _drop_everywhere(where, identity, {"PolicyName": before["PolicyName"], **left})


def _single(type_: str, holder: Holder) -> Kind:
    """Return the type of one inline policy of one holder, AWS::IAM::RolePolicy say."""

    def make(where: Surroundings, properties: Properties) -> Made:
        put_inline(where, holder, properties[holder.member], properties)
        return Made(f"{properties['PolicyName']}|{properties[holder.member]}")

    def read(where: Surroundings, _identity: str, properties: Properties) -> Seen | None:
        name, policy_name = properties[holder.member], properties["PolicyName"]
        policy = inline(where, holder, name, policy_name)
        if policy is None:
            return None
        return Seen({holder.member: name, "PolicyName": policy_name, "PolicyDocument": policy})

    def change(where: Surroundings, _identity: str, _before: Properties, after: Properties) -> None:
        put_inline(where, holder, after[holder.member], after)

    def remove(where: Surroundings, _identity: str, properties: Properties) -> None:
        drop_inline(where, holder, properties[holder.member], properties["PolicyName"])

    return Kind(type_, "iam", make, read, remove, change, twins=(holder.member, "PolicyName"))


# -- instance profiles -----


def _make_profile(where: Surroundings, properties: Properties) -> Made:
    name = properties["InstanceProfileName"]
    given = {"Path": properties["Path"]} if "Path" in properties else {}
    where.call("iam", "create_instance_profile", InstanceProfileName=name, **given)
    with known_as(name):
        for role in properties["Roles"]:
            where.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=role)
    return Made(name)


def _read_profile(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("iam", "get_instance_profile", InstanceProfileName=name))
    if answer is None:
        return None
    told = answer["InstanceProfile"]
    roles = [role["RoleName"] for role in told.get("Roles", ())]
    found = {"InstanceProfileName": name, "Path": told.get("Path", "/"), "Roles": roles}
    return Seen(found, {"Arn": told["Arn"]})


def _change_profile(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    for role in before["Roles"]:
        where.call("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role)
    for role in after["Roles"]:
        where.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=role)


def _remove_profile(where: Surroundings, name: str, _properties: Properties) -> None:
    seen = _read_profile(where, name, {})
    if seen is None:
        return
    for role in seen.properties["Roles"]:
        where.call("iam", "remove_role_from_instance_profile", InstanceProfileName=name, RoleName=role)
    gone_is_fine(lambda: where.call("iam", "delete_instance_profile", InstanceProfileName=name))


KINDS = (
    Kind(
        "AWS::IAM::ManagedPolicy",
        "iam",
        _make_managed,
        _read_managed,
        _remove_managed,
        _change_managed,
        listed=listed_by(_own_policies),
    ),
    Kind(
        "AWS::IAM::Policy",
        "iam",
        _put_everywhere,
        _found_everywhere,
        _drop_everywhere,
        _change_everywhere,
        twins=("PolicyName",),
    ),
    _single("AWS::IAM::RolePolicy", ROLE),
    _single("AWS::IAM::UserPolicy", USER),
    _single("AWS::IAM::GroupPolicy", GROUP),
    Kind(
        "AWS::IAM::InstanceProfile",
        "iam",
        _make_profile,
        _read_profile,
        _remove_profile,
        _change_profile,
        listed=names_of("list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    ),
)
