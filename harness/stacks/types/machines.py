"""AWS::EC2: security groups with their rules, instances and launch templates."""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, output_shape, shown
from harness.stacks.types.networks import found_in_ec2, is_default, tag

_WAYS = {"SecurityGroupIngress": "ingress", "SecurityGroupEgress": "egress"}
_ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def permission_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule of a template as the IpPermission of the API."""
    made: dict[str, Any] = {"IpProtocol": str(rule.get("IpProtocol", "-1"))}
    made |= {name: int(rule[name]) for name in ("FromPort", "ToPort") if name in rule}
    about = {"Description": rule["Description"]} if rule.get("Description") else {}
    if "CidrIp" in rule:
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"], **about}]
    if "CidrIpv6" in rule:
        made["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **about}]
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if group:
        made["UserIdGroupPairs"] = [{"GroupId": group, **about}]
    prefix = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if prefix:
        made["PrefixListIds"] = [{"PrefixListId": prefix, **about}]
    return made


def rules_of(permissions: Iterable[Mapping[str, Any]], way: str) -> list[dict[str, Any]]:
    """Return the API's IpPermissions as rules of a template."""
    side = "Source" if way == "ingress" else "Destination"
    found = []
    for each in permissions:
        base = {
            name: each[name] for name in ("IpProtocol", "FromPort", "ToPort") if each.get(name) is not None
        }
        ends = [("CidrIp", one["CidrIp"], one) for one in each.get("IpRanges") or ()]
        ends += [("CidrIpv6", one["CidrIpv6"], one) for one in each.get("Ipv6Ranges") or ()]
        ends += [
            (f"{side}SecurityGroupId", one["GroupId"], one) for one in each.get("UserIdGroupPairs") or ()
        ]
        ends += [(f"{side}PrefixListId", one["PrefixListId"], one) for one in each.get("PrefixListIds") or ()]
        for name, value, one in ends:
            about = {"Description": one["Description"]} if one.get("Description") else {}
            found.append({**base, name: value, **about})
    return found


def _authorize(
    where: Surroundings, group: str, way: str, rules: Iterable[Mapping[str, Any]], word: str
) -> None:
    for rule in rules:
        sent = {"GroupId": group, "IpPermissions": [permission_of(rule)]}
        where.call("ec2", f"{word}_security_group_{way}", **sent)


def _make(where: Surroundings, properties: Properties) -> Made:
    given = {"Description": properties["GroupDescription"], "GroupName": properties["GroupName"]}
    if "VpcId" in properties:
        given["VpcId"] = properties["VpcId"]
    group = str(where.call("ec2", "create_security_group", **given)["GroupId"])
    with known_as(group):
        tag(where, group, {}, properties)
        if "SecurityGroupEgress" in properties:  # then the rule that lets all out goes (user guide)
            sent = {"GroupId": group, "IpPermissions": [_ANYWHERE]}
            gone_is_fine(lambda: where.call("ec2", "revoke_security_group_egress", **sent))
        for name, way in _WAYS.items():
            _authorize(where, group, way, properties.get(name) or (), "authorize")
    return Made(group)


def _told(where: Surroundings, group: str) -> Any:
    try:
        answer = where.call("ec2", "describe_security_groups", GroupIds=[group])
    except Refused as refused:
        if refused.says_gone:
            return None
        raise
    return answer["SecurityGroups"][0] if answer["SecurityGroups"] else None


def _read(where: Surroundings, group: str, properties: Properties) -> Seen | None:
    told = _told(where, group)
    if told is None:
        return None
    found = {"GroupName": told["GroupName"], "GroupDescription": told["Description"]}
    if told.get("VpcId"):
        found["VpcId"] = told["VpcId"]
    ingress = rules_of(told.get("IpPermissions") or (), "ingress")
    egress = rules_of(told.get("IpPermissionsEgress") or (), "egress")
    if ingress:
        found["SecurityGroupIngress"] = ingress
    if egress and ("SecurityGroupEgress" in properties or not properties):
        found["SecurityGroupEgress"] = egress
    if tags := as_tags(told.get("Tags")):
        found["Tags"] = tags
    return Seen(found, {"GroupId": group, "VpcId": told.get("VpcId", ""), "Id": group})


def _change(where: Surroundings, group: str, before: Properties, after: Properties) -> None:
    for name, way in _WAYS.items():
        had, wanted = (list(each.get(name) or ()) for each in (before, after))
        _authorize(where, group, way, [rule for rule in had if rule not in wanted], "revoke")
        _authorize(where, group, way, [rule for rule in wanted if rule not in had], "authorize")
    tag(where, group, before, after)


def _remove(where: Surroundings, group: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("ec2", "delete_security_group", GroupId=group))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("ec2", "describe_security_groups", "SecurityGroups"):
        if not is_default(each):
            yield each["GroupId"], {}


def _rule(type_: str, way: str) -> Kind:
    """Return the type of one rule that stands by itself."""

    def make(where: Surroundings, properties: Properties) -> Made:
        _authorize(where, str(properties["GroupId"]), way, [properties], "authorize")
        return Made(f"{properties['GroupId']}|{way}|{permission_of(properties)}")

    def read(where: Surroundings, _identity: str, properties: Properties) -> Seen | None:
        group = str(properties["GroupId"])
        key = "IpPermissions" if way == "ingress" else "IpPermissionsEgress"
        there = rules_of((_told(where, group) or {}).get(key) or (), way)
        mine = rules_of([permission_of(properties)], way)
        return Seen({"GroupId": group, **mine[0]}) if mine and mine[0] in there else None

    def remove(where: Surroundings, _identity: str, properties: Properties) -> None:
        group = str(properties["GroupId"])
        gone_is_fine(lambda: _authorize(where, group, way, [properties], "revoke"))

    return Kind(type_, "ec2", make, read, remove)


# -- instances -----


def _run(where: Surroundings, properties: Properties) -> Made:
    client = where.clients("ec2")
    given = {name: value for name, value in properties.items() if name not in ("Tags", *_RENAMED, *_UNUSED)}
    if "AvailabilityZone" in properties:
        given["Placement"] = {"AvailabilityZone": properties["AvailabilityZone"]}
    if "IamInstanceProfile" in properties:
        given["IamInstanceProfile"] = {"Name": properties["IamInstanceProfile"]}
    if "Monitoring" in properties:
        given["Monitoring"] = {"Enabled": properties["Monitoring"]}
    if "UserData" in properties:  # a template gives it in Base64, boto3 encodes it again
        given["UserData"] = _decoded(str(properties["UserData"]))
    arguments = arguments_of(client, "run_instances", given)
    answer = where.call("ec2", "run_instances", MinCount=1, MaxCount=1, **arguments)
    identity = str(answer["Instances"][0]["InstanceId"])
    tag(where, identity, {}, properties)
    return Made(identity)


def _decoded(text: str) -> str:
    import base64
    import binascii

    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text


_RENAMED = ("AvailabilityZone", "IamInstanceProfile", "Monitoring", "UserData")
_UNUSED = (
    "PropagateTagsToVolumeOnCreation",
    "SourceDestCheck",
    "Affinity",
    "Volumes",
    "SsmAssociations",
    "Tenancy",
)


def _instance(where: Surroundings, identity: str) -> Any:
    try:
        answer = where.call("ec2", "describe_instances", InstanceIds=[identity])
    except Refused as refused:
        if refused.says_gone:
            return None
        raise
    shape = output_shape(where.clients("ec2"), "describe_instances").members["Reservations"].member
    found = [each for one in answer["Reservations"] for each in shown(one, shape).get("Instances", ())]
    if not found or found[0]["State"]["Name"] in ("terminated", "shutting-down"):
        return None
    return found[0]


def _read_instance(where: Surroundings, identity: str, _properties: Properties) -> Seen | None:
    told = _instance(where, identity)
    if told is None:
        return None
    found = {
        name: told[name] for name in ("ImageId", "InstanceType", "KeyName", "SubnetId") if told.get(name)
    }
    found["AvailabilityZone"] = (told.get("Placement") or {}).get("AvailabilityZone", "")
    if profile := (told.get("IamInstanceProfile") or {}).get("Arn"):
        found["IamInstanceProfile"] = profile.rpartition("/")[2]
    if tags := as_tags(told.get("Tags")):
        found["Tags"] = tags
    names = {
        "PrivateIp": "PrivateIpAddress",
        "PublicIp": "PublicIpAddress",
        "PrivateDnsName": "PrivateDnsName",
    }
    attributes = {
        name: told[key] for name, key in {**names, "PublicDnsName": "PublicDnsName"}.items() if told.get(key)
    }
    return Seen(found, {"InstanceId": identity, "AvailabilityZone": found["AvailabilityZone"], **attributes})


def _instance_ready(where: Surroundings, identity: str, _properties: Properties) -> str | None:
    told = _instance(where, identity)
    if told is None:
        return "it ended as soon as it was made"
    return None if told["State"]["Name"] == "pending" else ""


def _change_instance(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
    if before.get("InstanceType") != after.get("InstanceType"):
        where.call("ec2", "stop_instances", InstanceIds=[identity])
        sent = {"InstanceType": {"Value": after["InstanceType"]}}
        where.call("ec2", "modify_instance_attribute", InstanceId=identity, **sent)
        where.call("ec2", "start_instances", InstanceIds=[identity])
    tag(where, identity, before, after)


def _terminate(where: Surroundings, identity: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("ec2", "terminate_instances", InstanceIds=[identity]))


def _instances(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for reservation in where.pages("ec2", "describe_instances", "Reservations"):
        for each in reservation["Instances"]:
            if each["State"]["Name"] not in ("terminated", "shutting-down"):
                yield each["InstanceId"], {}


# -- launch templates -----


def _make_template(where: Surroundings, properties: Properties) -> Made:
    arguments = arguments_of(where.clients("ec2"), "create_launch_template", properties)
    return Made(
        where.call("ec2", "create_launch_template", **arguments)["LaunchTemplate"]["LaunchTemplateId"]
    )


def _read_template(where: Surroundings, identity: str, _properties: Properties) -> Seen | None:
    told = found_in_ec2(where, "describe_launch_templates", "LaunchTemplates", "LaunchTemplateIds", identity)
    if told is None:
        return None
    versions = where.call("ec2", "describe_launch_template_versions", LaunchTemplateId=identity)
    shape = output_shape(where.clients("ec2"), "describe_launch_template_versions")
    newest = max(
        shown(versions, shape)["LaunchTemplateVersions"], key=lambda each: int(each["VersionNumber"])
    )
    found = {
        "LaunchTemplateName": told["LaunchTemplateName"],
        "LaunchTemplateData": newest["LaunchTemplateData"],
    }
    numbers = ("DefaultVersionNumber", "LatestVersionNumber")
    attributes = {name: str(told.get(name, 1)) for name in numbers}
    return Seen(found, {"LaunchTemplateId": identity, **attributes})


def _change_template(where: Surroundings, identity: str, _before: Properties, after: Properties) -> None:
    given = {"LaunchTemplateData": after["LaunchTemplateData"]}
    arguments = arguments_of(where.clients("ec2"), "create_launch_template_version", given)
    where.call("ec2", "create_launch_template_version", LaunchTemplateId=identity, **arguments)


def _remove_template(where: Surroundings, identity: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("ec2", "delete_launch_template", LaunchTemplateId=identity))


def _templates(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("ec2", "describe_launch_templates", "LaunchTemplates"):
        yield each["LaunchTemplateId"], {}


KINDS = (
    Kind("AWS::EC2::SecurityGroup", "ec2", _make, _read, _remove, _change, listed=_listed),
    _rule("AWS::EC2::SecurityGroupIngress", "ingress"),
    _rule("AWS::EC2::SecurityGroupEgress", "egress"),
    Kind(
        "AWS::EC2::Instance",
        "ec2",
        _run,
        _read_instance,
        _terminate,
        _change_instance,
        _instance_ready,
        _instances,
        twins=("Tags",),
        unused=frozenset(_UNUSED),
    ),
    Kind(
        "AWS::EC2::LaunchTemplate",
        "ec2",
        _make_template,
        _read_template,
        _remove_template,
        _change_template,
        listed=_templates,
    ),
)
