"""EC2's network resources, which CloudFormation divides differently."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.templates.model import Resource
from harness.templates.provider.convert import Draft, snake

_ANY_PROTOCOL = "-1"


def _security_group(made: Draft) -> None:
    """Rules in blocks: each address range and each group of one is a rule of its own."""
    for name, member, other in (
        ("ingress", "SecurityGroupIngress", "SourceSecurityGroupId"),
        ("egress", "SecurityGroupEgress", "DestinationSecurityGroupId"),
    ):
        rules = [rule for block in made.blocks(name) for rule in _rules(block, other, made)]
        if rules:
            made.put(member, rules)


def _rules(block: Mapping[str, Any], other: str, made: Draft) -> list[dict[str, Any]]:
    given = {snake(key): value for key, value in block.items()}
    rule: dict[str, Any] = {"IpProtocol": str(given.get("protocol", _ANY_PROTOCOL))}
    if rule["IpProtocol"] != _ANY_PROTOCOL:
        rule |= {"FromPort": given.get("from_port"), "ToPort": given.get("to_port")}
    if given.get("description"):
        rule["Description"] = given["description"]
    found = [rule | {"CidrIp": each} for each in given.get("cidr_blocks") or []]
    found += [rule | {"CidrIpv6": each} for each in given.get("ipv6_cidr_blocks") or []]
    groups = list(given.get("security_groups") or [])
    groups += [given["source_security_group_id"]] if given.get("source_security_group_id") else []
    groups += [made.attribute("id")] if given.get("self") is True else []
    return found + [rule | {other: each} for each in groups]


def _security_group_rule(made: Draft) -> None:
    """aws_security_group_rule: its type says which list it belongs to."""
    ingress = made.argument("type") != "egress"
    member = "SecurityGroupIngress" if ingress else "SecurityGroupEgress"
    other = "SourceSecurityGroupId" if ingress else "DestinationSecurityGroupId"
    made.properties = {member: _rules(made.declared.arguments, other, made)}
    made.extra.clear()
    made.not_covered.clear()


def _internet_gateway(made: Draft) -> None:
    if made.argument("vpc_id"):
        made.more.append(
            _beside(
                made,
                "attachment",
                "AWS::EC2::VPCGatewayAttachment",
                {"VpcId": made.argument("vpc_id"), "InternetGatewayId": made.attribute("id")},
            )
        )


def _route_table(made: Draft) -> None:
    for index, block in enumerate(made.blocks("route")):
        given = {snake(key): value for key, value in block.items()}
        route = {
            "RouteTableId": made.attribute("id"),
            "DestinationCidrBlock": given.get("cidr_block"),
            "DestinationIpv6CidrBlock": given.get("ipv6_cidr_block"),
            "GatewayId": given.get("gateway_id"),
            "NatGatewayId": given.get("nat_gateway_id"),
            "NetworkInterfaceId": given.get("network_interface_id"),
            "VpcEndpointId": given.get("vpc_endpoint_id"),
        }
        kept = {name: value for name, value in route.items() if value not in (None, "")}
        made.more.append(_beside(made, f"route[{index}]", "AWS::EC2::Route", kept))


def _launch_template(made: Draft) -> None:
    """Options of the market: spot requests of a launch template."""
    for block in made.blocks("instance_market_options"):
        given = {snake(key): value for key, value in block.items()}
        options: dict[str, Any] = {"MarketType": given.get("market_type")}
        for spot in made_blocks(given.get("spot_options")):
            named = {snake(key): value for key, value in spot.items()}
            renamed = {"max_price": "MaxPrice", "spot_instance_type": "SpotInstanceType"}
            renamed |= {"instance_interruption_behavior": "InstanceInterruptionBehavior"}
            options["SpotOptions"] = {to: named[name] for name, to in renamed.items() if named.get(name)}
        made.put("LaunchTemplateData.InstanceMarketOptions", options)
    made.not_covered[:] = [note for note in made.not_covered if ".instance_market_options" not in note]


def made_blocks(value: Any) -> list[Mapping[str, Any]]:
    """Return blocks as a list, whichever way they are given."""
    return [value] if isinstance(value, Mapping) else list(value or [])


def _beside(made: Draft, name: str, type_: str, properties: Mapping[str, Any]) -> Resource:
    declared = made.declared
    return Resource(
        f"{made.address}/{name}",
        type_,
        properties,
        file=declared.file,
        line=declared.line,
        depends_on=tuple(sorted({made.address, *declared.references})),
    )


NETWORK_SHAPES: Mapping[str, Callable[[Draft], None]] = {
    "security_group": _security_group,
    "security_group_rule": _security_group_rule,
    "internet_gateway": _internet_gateway,
    "route_table": _route_table,
    "launch_template": _launch_template,
}
