"""AWS::EC2: networks, and the instances in them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, as_text, document, output_shape, shown


def tag(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
    had, wanted = (
        {tag["Key"]: tag["Value"] for tag in as_tags(each.get("Tags"))} for each in (before, after)
    )
    if gone := [{"Key": key} for key in had if key not in wanted]:
        where.call("ec2", "delete_tags", Resources=[identity], Tags=gone)
    if new := [{"Key": key, "Value": value} for key, value in wanted.items() if had.get(key) != value]:
        where.call("ec2", "create_tags", Resources=[identity], Tags=new)


def _created(
    where: Surroundings, method: str, inside: str, member: str, properties: Properties, *leaves: str
) -> str:
    """Make something of EC2's and return its id; *leaves* are properties that are no arguments."""
    given = {name: value for name, value in properties.items() if name not in ("Tags", *leaves)}
    answer = where.call("ec2", method, **arguments_of(where.clients("ec2"), method, given))
    identity = str(answer[inside][member])
    tag(where, identity, {}, properties)
    return identity


def found_in_ec2(where: Surroundings, method: str, key: str, member: str, identity: str) -> Any:
    """Return what *method* tells of *identity*, in CloudFormation's names; None where it is not there."""
    try:
        answer = where.call("ec2", method, **{member: [identity]})
    except Refused as refused:
        if refused.says_gone or refused.code.startswith("Invalid"):
            return None
        raise
    shape = output_shape(where.clients("ec2"), method).members[key]
    entries = shown(answer.get(key) or [], shape)
    return entries[0] if entries else None


def _simple(
    type_: str,
    create: str,
    inside: str,
    member: str,
    describe: str,
    key: str,
    ids: str,
    delete: str,
    kept: tuple[str, ...],
    *,
    attributes: Callable[[Surroundings, Mapping[str, Any]], Mapping[str, Any]] = lambda _where, _told: {},
    also: Callable[[Surroundings, str], Mapping[str, Any]] = lambda _where, _identity: {},
    settle: Callable[[Surroundings, str, Properties, Properties], None] | None = None,
    leaves: tuple[str, ...] = (),
    twins: tuple[str, ...] = (),
) -> Kind:
    """Return a type that one call makes and one describes, whose id EC2 draws."""

    def make(where: Surroundings, properties: Properties) -> Made:
        identity = _created(where, create, inside, member, properties, *leaves)
        if settle is not None:
            with known_as(identity):
                settle(where, identity, {}, properties)
        return Made(identity)

    def read(where: Surroundings, identity: str, _properties: Properties) -> Seen | None:
        told = found_in_ec2(where, describe, key, ids, identity)
        if told is None:
            return None
        found = {name: told[name] for name in kept if told.get(name) not in (None, "", [])}
        if tags := as_tags(told.get("Tags")):
            found["Tags"] = tags
        found |= also(where, identity)
        return Seen(found, {member: identity, **attributes(where, told)})

    def change(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
        if settle is not None:
            settle(where, identity, before, after)
        tag(where, identity, before, after)

    def remove(where: Surroundings, identity: str, _properties: Properties) -> None:
        gone_is_fine(lambda: where.call("ec2", delete, **{member: identity}))

    def listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
        for each in where.pages("ec2", describe, key):
            if not is_default(each):
                yield each[member], {}

    return Kind(type_, "ec2", make, read, remove, change, listed=listed, twins=twins)


def _vpc_attributes(where: Surroundings, told: Mapping[str, Any]) -> Mapping[str, Any]:
    filters = [{"Name": "vpc-id", "Values": [told["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    groups = where.call("ec2", "describe_security_groups", Filters=filters)["SecurityGroups"]
    return {"DefaultSecurityGroup": groups[0]["GroupId"]} if groups else {}


_DNS = {"EnableDnsSupport": True, "EnableDnsHostnames": False}


def _vpc_dns(where: Surroundings, vpc: str) -> Mapping[str, Any]:
    """Return the settings of a VPC that have a call of their own, where they are not as they begin."""
    found = {}
    for name, otherwise in _DNS.items():
        attribute = name[:1].lower() + name[1:]
        value = where.call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=attribute)[name]["Value"]
        if value != otherwise:
            found[name] = value
    return found


def _settle_vpc(where: Surroundings, vpc: str, before: Properties, after: Properties) -> None:
    for name, otherwise in _DNS.items():
        had, wanted = (str(each.get(name, otherwise)).lower() == "true" for each in (before, after))
        if had != wanted:
            where.call("ec2", "modify_vpc_attribute", VpcId=vpc, **{name: {"Value": wanted}})


def _settle_subnet(where: Surroundings, subnet: str, before: Properties, after: Properties) -> None:
    had, wanted = (str(each.get("MapPublicIpOnLaunch", False)).lower() == "true" for each in (before, after))
    if had != wanted:
        sent = {"MapPublicIpOnLaunch": {"Value": wanted}}
        where.call("ec2", "modify_subnet_attribute", SubnetId=subnet, **sent)


def is_default(told: Mapping[str, Any]) -> bool:
    """Return whether something of EC2's came with the account or with its network: nobody declared it."""
    associations = told.get("Associations")
    main = isinstance(associations, list) and any(one.get("Main") for one in associations)
    return bool(
        told.get("IsDefault") or told.get("DefaultForAz") or main or told.get("GroupName") == "default"
    )


# -- attachments and routes -----


def _attach(where: Surroundings, properties: Properties) -> Made:
    vpc = str(properties["VpcId"])
    if "InternetGatewayId" not in properties:
        raise Refused("ValidationError", "Only an InternetGatewayId can be attached here, no VpnGatewayId")
    where.call("ec2", "attach_internet_gateway", InternetGatewayId=properties["InternetGatewayId"], VpcId=vpc)
    return Made(f"IGW|{vpc}")


def _read_attachment(where: Surroundings, _identity: str, properties: Properties) -> Seen | None:
    gateway = str(properties["InternetGatewayId"])
    told = found_in_ec2(
        where, "describe_internet_gateways", "InternetGateways", "InternetGatewayIds", gateway
    )
    attached = [each["VpcId"] for each in (told or {}).get("Attachments") or ()]
    if properties["VpcId"] not in attached:
        return None
    return Seen({"VpcId": properties["VpcId"], "InternetGatewayId": gateway}, {"AttachmentType": "IGW"})


def _detach(where: Surroundings, _identity: str, properties: Properties) -> None:
    named = {"InternetGatewayId": properties["InternetGatewayId"], "VpcId": properties["VpcId"]}
    try:
        where.call("ec2", "detach_internet_gateway", **named)
    except Refused as refused:
        if not (refused.says_gone or refused.code == "Gateway.NotAttached"):
            raise


_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _destination(properties: Properties) -> dict[str, str]:
    return {name: str(properties[name]) for name in _DESTINATIONS if name in properties}


def _route(where: Surroundings, properties: Properties) -> Made:
    where.call("ec2", "create_route", **arguments_of(where.clients("ec2"), "create_route", properties))
    return Made(f"{properties['RouteTableId']}|{next(iter(_destination(properties).values()), '')}")


def _read_route(where: Surroundings, _identity: str, properties: Properties) -> Seen | None:
    table = found_in_ec2(
        where, "describe_route_tables", "RouteTables", "RouteTableIds", str(properties["RouteTableId"])
    )
    for route in (table or {}).get("Routes") or ():
        if all(route.get(name) == value for name, value in _destination(properties).items()):
            kept = {
                name: route[name]
                for name in (*_DESTINATIONS, "GatewayId", "NatGatewayId", "InstanceId")
                if route.get(name)
            }
            return Seen({"RouteTableId": properties["RouteTableId"], **kept})
    return None


def _change_route(where: Surroundings, _identity: str, _before: Properties, after: Properties) -> None:
    where.call("ec2", "replace_route", **arguments_of(where.clients("ec2"), "replace_route", after))


def _remove_route(where: Surroundings, _identity: str, properties: Properties) -> None:
    named = {"RouteTableId": properties["RouteTableId"], **_destination(properties)}
    gone_is_fine(lambda: where.call("ec2", "delete_route", **named))


def _associate(where: Surroundings, properties: Properties) -> Made:
    named = {"RouteTableId": properties["RouteTableId"], "SubnetId": properties["SubnetId"]}
    return Made(where.call("ec2", "associate_route_table", **named)["AssociationId"])


def _read_association(where: Surroundings, identity: str, properties: Properties) -> Seen | None:
    table = found_in_ec2(
        where, "describe_route_tables", "RouteTables", "RouteTableIds", str(properties["RouteTableId"])
    )
    for each in (table or {}).get("Associations") or ():
        if each["RouteTableAssociationId"] == identity:
            return Seen({name: each[name] for name in ("RouteTableId", "SubnetId")}, {"Id": identity})
    return None


def _dissociate(where: Surroundings, identity: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("ec2", "disassociate_route_table", AssociationId=identity))


# -- VPC endpoints -----

_ENDPOINT = (
    "VpcEndpointType",
    "VpcId",
    "ServiceName",
    "PolicyDocument",
    "RouteTableIds",
    "SubnetIds",
    "PrivateDnsEnabled",
)


def _make_endpoint(where: Surroundings, properties: Properties) -> Made:
    client = where.clients("ec2")
    given = {name: value for name, value in properties.items() if name != "Tags"}
    arguments = arguments_of(client, "create_vpc_endpoint", given)
    identity = str(where.call("ec2", "create_vpc_endpoint", **arguments)["VpcEndpoint"]["VpcEndpointId"])
    tag(where, identity, {}, properties)
    return Made(identity)


def _read_endpoint(where: Surroundings, identity: str, _properties: Properties) -> Seen | None:
    told = found_in_ec2(where, "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointIds", identity)
    if told is None or str(told.get("State", "")).lower() == "deleted":
        return None
    found = {name: told[name] for name in _ENDPOINT if told.get(name)}
    if "PolicyDocument" in found:
        found["PolicyDocument"] = document(found["PolicyDocument"])
    if groups := told.get("Groups"):
        found["SecurityGroupIds"] = [group["GroupId"] for group in groups]
    if tags := as_tags(told.get("Tags")):
        found["Tags"] = tags
    return Seen(found, {"Id": identity})


def _change_endpoint(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
    given: dict[str, Any] = {}
    if before.get("PolicyDocument") != after.get("PolicyDocument"):
        policy = after.get("PolicyDocument")
        given = {"PolicyDocument": as_text(policy)} if policy else {"ResetPolicy": True}
    for name, word in (("RouteTableIds", "RouteTableIds"), ("SubnetIds", "SubnetIds")):
        had, wanted = (list(each.get(name) or ()) for each in (before, after))
        if added := [one for one in wanted if one not in had]:
            given[f"Add{word}"] = added
        if gone := [one for one in had if one not in wanted]:
            given[f"Remove{word}"] = gone
    if given:
        where.call("ec2", "modify_vpc_endpoint", VpcEndpointId=identity, **given)
    tag(where, identity, before, after)


def _remove_endpoint(where: Surroundings, identity: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[identity]))


def _endpoints(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints"):
        yield each["VpcEndpointId"], {}


KINDS = (
    _simple(
        "AWS::EC2::VPC",
        "create_vpc",
        "Vpc",
        "VpcId",
        "describe_vpcs",
        "Vpcs",
        "VpcIds",
        "delete_vpc",
        ("CidrBlock", "InstanceTenancy"),
        attributes=_vpc_attributes,
        also=_vpc_dns,
        settle=_settle_vpc,
        leaves=tuple(_DNS),
        twins=("CidrBlock",),
    ),
    _simple(
        "AWS::EC2::Subnet",
        "create_subnet",
        "Subnet",
        "SubnetId",
        "describe_subnets",
        "Subnets",
        "SubnetIds",
        "delete_subnet",
        ("VpcId", "CidrBlock", "AvailabilityZone", "MapPublicIpOnLaunch"),
        settle=_settle_subnet,
        leaves=("MapPublicIpOnLaunch",),
        twins=("CidrBlock",),
    ),
    _simple(
        "AWS::EC2::InternetGateway",
        "create_internet_gateway",
        "InternetGateway",
        "InternetGatewayId",
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayIds",
        "delete_internet_gateway",
        (),
        twins=("Tags",),
    ),
    _simple(
        "AWS::EC2::RouteTable",
        "create_route_table",
        "RouteTable",
        "RouteTableId",
        "describe_route_tables",
        "RouteTables",
        "RouteTableIds",
        "delete_route_table",
        ("VpcId",),
        twins=("Tags",),
    ),
    Kind("AWS::EC2::VPCGatewayAttachment", "ec2", _attach, _read_attachment, _detach),
    Kind("AWS::EC2::Route", "ec2", _route, _read_route, _remove_route, _change_route, twins=_DESTINATIONS),
    Kind("AWS::EC2::SubnetRouteTableAssociation", "ec2", _associate, _read_association, _dissociate),
    Kind(
        "AWS::EC2::VPCEndpoint",
        "ec2",
        _make_endpoint,
        _read_endpoint,
        _remove_endpoint,
        _change_endpoint,
        listed=_endpoints,
        twins=("ServiceName",),
    ),
)
