"""AWS::IAM: roles, users, groups, access keys."""

from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import as_tags, as_text, document
from harness.stacks.tags import read_tags, retag
from harness.stacks.types.grants import GROUP, ROLE, USER, grants, held, names_of, strip

# -- roles -----


def _make_role(where: Surroundings, properties: Properties) -> Made:
    name, tags = properties["RoleName"], as_tags(properties.get("Tags"))
    given = {
        key: properties[key] for key in ("Path", "Description", "PermissionsBoundary") if key in properties
    }
    if "MaxSessionDuration" in properties:
        given["MaxSessionDuration"] = int(properties["MaxSessionDuration"])
    where.call(
        "iam",
        "create_role",
        RoleName=name,
        AssumeRolePolicyDocument=as_text(properties["AssumeRolePolicyDocument"]),
        **given,
        **({"Tags": tags} if tags else {}),
    )
    with known_as(name):
        grants(where, ROLE, name, {}, properties)
    return Made(name)


def _read_role(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("iam", "get_role", RoleName=name))
    if answer is None:
        return None
    told = answer["Role"]
    found: dict[str, Any] = {
        "RoleName": name,
        "AssumeRolePolicyDocument": document(told["AssumeRolePolicyDocument"]),
        **held(where, ROLE, name, properties),
    }
    found |= {key: told[key] for key in ("Path", "Description", "MaxSessionDuration") if told.get(key)}
    if boundary := told.get("PermissionsBoundary"):
        found["PermissionsBoundary"] = boundary["PermissionsBoundaryArn"]
    if tags := read_tags(where, "iam-role", name):
        found["Tags"] = tags
    return Seen(found, {"Arn": told["Arn"], "RoleId": told["RoleId"]})


def _change_role(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    if before["AssumeRolePolicyDocument"] != after["AssumeRolePolicyDocument"]:
        text = as_text(after["AssumeRolePolicyDocument"])
        where.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=text)
    about = ("Description", "MaxSessionDuration")
    if any(before.get(key) != after.get(key) for key in about):
        given: dict[str, Any] = {"Description": after.get("Description", "")}
        given["MaxSessionDuration"] = int(after.get("MaxSessionDuration", 3600))
        where.call("iam", "update_role", RoleName=name, **given)
    if before.get("PermissionsBoundary") != after.get("PermissionsBoundary"):
        boundary = after.get("PermissionsBoundary")
        if boundary:
            where.call("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=boundary)
        else:
            where.call("iam", "delete_role_permissions_boundary", RoleName=name)
    grants(where, ROLE, name, before, after)
    retag(where, "iam-role", name, before, after)


def _remove_role(where: Surroundings, name: str, _properties: Properties) -> None:
    strip(where, ROLE, name)
    gone_is_fine(lambda: where.call("iam", "delete_role", RoleName=name))


# -- users and groups -----


def _make_user(where: Surroundings, properties: Properties) -> Made:
    name, tags = properties["UserName"], as_tags(properties.get("Tags"))
    given = {key: properties[key] for key in ("Path", "PermissionsBoundary") if key in properties}
    where.call("iam", "create_user", UserName=name, **given, **({"Tags": tags} if tags else {}))
    with known_as(name):
        for group in properties.get("Groups") or ():
            where.call("iam", "add_user_to_group", GroupName=group, UserName=name)
        grants(where, USER, name, {}, properties)
    return Made(name)


def _read_user(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("iam", "get_user", UserName=name))
    if answer is None:
        return None
    told = answer["User"]
    found: dict[str, Any] = {"UserName": name, **held(where, USER, name, properties)}
    groups = where.pages("iam", "list_groups_for_user", "Groups", UserName=name)
    if groups:
        found["Groups"] = [each["GroupName"] for each in groups]
    if told.get("Path"):
        found["Path"] = told["Path"]
    if tags := read_tags(where, "iam-user", name):
        found["Tags"] = tags
    return Seen(found, {"Arn": told["Arn"]})


def _change_user(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    old, new = (list(each.get("Groups") or ()) for each in (before, after))
    for group in old:
        if group not in new:
            where.call("iam", "remove_user_from_group", GroupName=group, UserName=name)
    for group in new:
        if group not in old:
            where.call("iam", "add_user_to_group", GroupName=group, UserName=name)
    grants(where, USER, name, before, after)
    retag(where, "iam-user", name, before, after)


def _remove_user(where: Surroundings, name: str, _properties: Properties) -> None:
    strip(where, USER, name)
    groups = gone_is_fine(lambda: where.pages("iam", "list_groups_for_user", "Groups", UserName=name))
    for each in groups or ():
        where.call("iam", "remove_user_from_group", GroupName=each["GroupName"], UserName=name)
    gone_is_fine(lambda: where.call("iam", "delete_user", UserName=name))


def _make_group(where: Surroundings, properties: Properties) -> Made:
    name = properties["GroupName"]
    given = {"Path": properties["Path"]} if "Path" in properties else {}
    where.call("iam", "create_group", GroupName=name, **given)
    with known_as(name):
        grants(where, GROUP, name, {}, properties)
    return Made(name)


def _read_group(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("iam", "get_group", GroupName=name))
    if answer is None:
        return None
    told = answer["Group"]
    found = {"GroupName": name, "Path": told.get("Path", "/"), **held(where, GROUP, name, properties)}
    return Seen(found, {"Arn": told["Arn"]})


def _change_group(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    grants(where, GROUP, name, before, after)


def _remove_group(where: Surroundings, name: str, _properties: Properties) -> None:
    strip(where, GROUP, name)
    gone_is_fine(lambda: where.call("iam", "delete_group", GroupName=name))


def _join(where: Surroundings, properties: Properties) -> Made:
    for user in properties["Users"]:
        where.call("iam", "add_user_to_group", GroupName=properties["GroupName"], UserName=user)
    return Made(f"{properties['GroupName']}-membership")


def _joined(where: Surroundings, identity: str, properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("iam", "get_group", GroupName=properties["GroupName"]))
    users = [user["UserName"] for user in (answer or {}).get("Users", ())]
    own = [user for user in properties["Users"] if user in users]
    return Seen({"GroupName": properties["GroupName"], "Users": own}, {"Id": identity}) if own else None


def _leave(where: Surroundings, _identity: str, properties: Properties) -> None:
    for user in properties["Users"]:
        named = {"GroupName": properties["GroupName"], "UserName": user}
        gone_is_fine(lambda named=named: where.call("iam", "remove_user_from_group", **named))  # type: ignore[misc]


def _make_key(where: Surroundings, properties: Properties) -> Made:
    key = where.call("iam", "create_access_key", UserName=properties["UserName"])["AccessKey"]
    if properties.get("Status") == "Inactive":
        named = {"UserName": properties["UserName"], "AccessKeyId": key["AccessKeyId"]}
        where.call("iam", "update_access_key", **named, Status="Inactive")
    return Made(key["AccessKeyId"], {"SecretAccessKey": key["SecretAccessKey"]})


def _read_key(where: Surroundings, key: str, properties: Properties) -> Seen | None:
    user = properties["UserName"]
    keys = gone_is_fine(lambda: where.pages("iam", "list_access_keys", "AccessKeyMetadata", UserName=user))
    for each in keys or ():
        if each["AccessKeyId"] == key:
            return Seen({"UserName": user, "Status": each["Status"]}, {"Id": key})
    return None


def _change_key(where: Surroundings, key: str, _before: Properties, after: Properties) -> None:
    status = after.get("Status", "Active")
    where.call("iam", "update_access_key", UserName=after["UserName"], AccessKeyId=key, Status=status)


def _remove_key(where: Surroundings, key: str, properties: Properties) -> None:
    named = {"UserName": properties["UserName"], "AccessKeyId": key}
    gone_is_fine(lambda: where.call("iam", "delete_access_key", **named))


KINDS = (
    Kind(
        "AWS::IAM::Role",
        "iam",
        _make_role,
        _read_role,
        _remove_role,
        _change_role,
        listed=names_of("list_roles", "Roles", "RoleName"),
    ),
    Kind(
        "AWS::IAM::User",
        "iam",
        _make_user,
        _read_user,
        _remove_user,
        _change_user,
        listed=names_of("list_users", "Users", "UserName"),
    ),
    Kind(
        "AWS::IAM::Group",
        "iam",
        _make_group,
        _read_group,
        _remove_group,
        _change_group,
        listed=names_of("list_groups", "Groups", "GroupName"),
    ),
    Kind(
        "AWS::IAM::UserToGroupAddition",
        "iam",
        _join,
        _joined,
        _leave,
        twins=("GroupName", "Users"),
    ),
    Kind("AWS::IAM::AccessKey", "iam", _make_key, _read_key, _remove_key, _change_key, twins=("UserName",)),
)
