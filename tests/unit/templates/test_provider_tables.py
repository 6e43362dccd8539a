"""The AWS provider's tables: every property they name is CloudFormation's, and what shapes make of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.templates.model import Resource
from harness.templates.place import Place
from harness.templates.provider import Declared, assemble, kind_of, known_types
from harness.templates.provider.table import KindOf

PLACE = Place("s", "us-east-1", "123456789012")
# Shapes put these together from several arguments; the rest is in the tables.
NOT_CLOUDFORMATION = "Terraform::S3::Object"


def schema_of(kind: KindOf) -> Mapping[str, Any]:
    owner = kind if kind.type else kind_of(kind.into)
    assert owner is not None
    found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", owner.type).schema
    return found


def step(schema: Mapping[str, Any], node: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return the schema of a member; of an open object, an open object."""
    node = resolved(schema, node)
    if "items" in node:
        node = resolved(schema, node["items"])
    properties = node.get("properties", {})
    if name in properties:
        return resolved(schema, properties[name])
    for each in [one for word in ("oneOf", "anyOf", "allOf") for one in node.get(word, [])]:
        found = step(schema, each, name)
        if found is not None:
            return found
    return {"type": "object"} if "object" in node.get("type", ()) and not properties else None


def resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        found: Any = schema
        for part in node["$ref"].lstrip("#/").split("/"):
            found = found[part]
        node = found
    return node


def at(schema: Mapping[str, Any], node: Mapping[str, Any] | None, path: str) -> Mapping[str, Any] | None:
    for name in path.split("."):
        node = None if node is None else step(schema, node, name)
    return node


def wrong(schema: Mapping[str, Any], node: Any, to: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield the arguments whose property is not there, or is no list or object where it has to be."""
    for argument, rule in to.items():
        if argument == "*" or rule in (True, False):
            continue
        path = (rule if isinstance(rule, str) else rule["as"]).partition("|")[0]
        found = at(schema, node, path)
        if found is None:
            yield f"{where}{argument}: {path}"
        elif not isinstance(rule, str):
            word = "many" if "many" in rule else "one"
            if {"many": "array", "one": "object"}[word] not in found.get("type", "array object"):
                yield f"{where}{argument}: {path} is {found.get('type')}"
            yield from wrong(schema, found, rule[word], f"{where}{argument}.")


@pytest.mark.parametrize("provider_type", sorted(known_types()))
def test_every_property_is_cloudformation_s(provider_type: str) -> None:
    """By the schemas that CloudFormation's resource types are registered with."""
    kind = kind_of(provider_type)
    assert kind is not None
    if kind.type == NOT_CLOUDFORMATION:
        return
    schema = schema_of(kind)
    node = at(schema, schema, kind.under) if kind.under else schema
    assert list(wrong(schema, node, kind.to, "")) == []
    own = [*kind.const, *kind.needs, *filter(None, [kind.name, kind.add])]
    assert [name for name in own if at(schema, node, name) is None] == []


def made(*declared: Declared) -> dict[str, Resource]:
    resources, _, notes = assemble(declared, PLACE)
    assert notes == []
    return resources


def test_a_table_with_keys_and_indexes() -> None:
    """Keys, throughput and indexes, from arguments of several kinds."""
    attributes = [{"name": "id", "type": "S"}]
    index = {"name": "by-id", "hash_key": "id", "range_key": "at", "projection_type": "INCLUDE"}
    index |= {"non_key_attributes": ["x"], "read_capacity": 1, "write_capacity": 2}
    arguments = {
        "name": "t",
        "hash_key": "id",
        "read_capacity": 3,
        "write_capacity": 4,
        "attribute": attributes,
    }
    arguments |= {"global_secondary_index": [index], "local_secondary_index": [index]}
    arguments |= {"stream_enabled": False, "stream_view_type": "NEW_IMAGE"}
    (table,) = made(Declared("aws_dynamodb_table.t", "aws_dynamodb_table", arguments)).values()
    (found,) = table.properties["GlobalSecondaryIndexes"]
    assert table.properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table.properties["ProvisionedThroughput"] == {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    assert found["KeySchema"][1] == {"AttributeName": "at", "KeyType": "RANGE"}
    assert found["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}
    assert "ProvisionedThroughput" not in table.properties["LocalSecondaryIndexes"][0]
    assert "StreamSpecification" not in table.properties


def test_rules_of_a_security_group() -> None:
    """Blocks, rules of their own and the newer kind: each range and group one rule."""
    web = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["a", "b"], "self": True}
    group = Declared(
        "aws_security_group.g",
        "aws_security_group",
        {"name": "g", "ingress": [web], "egress": [{"protocol": "-1", "ipv6_cidr_blocks": ["::/0"]}]},
    )
    identity = "${Token[aws_security_group.g|GroupId]}"
    old = {"security_group_id": identity, "type": "ingress", "protocol": "udp", "from_port": 1, "to_port": 2}
    new = {
        "security_group_id": identity,
        "ip_protocol": "tcp",
        "cidr_ipv4": "c",
        "from_port": 5,
        "to_port": 6,
    }
    resources = made(
        group,
        Declared(
            "r", "aws_security_group_rule", {**old, "source_security_group_id": "sg-1", "description": "d"}
        ),
        Declared("n", "aws_vpc_security_group_ingress_rule", new),
    )
    found = resources["aws_security_group.g"].properties
    tcp = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    udp = {"IpProtocol": "udp", "FromPort": 1, "ToPort": 2, "Description": "d"}
    assert found["SecurityGroupIngress"] == [
        tcp | {"CidrIp": "a"},
        tcp | {"CidrIp": "b"},
        tcp | {"SourceSecurityGroupId": identity},
        udp | {"SourceSecurityGroupId": "sg-1"},
        {"IpProtocol": "tcp", "CidrIp": "c", "FromPort": 5, "ToPort": 6},
    ]
    assert found["SecurityGroupEgress"] == [{"IpProtocol": "-1", "CidrIpv6": "::/0"}]


def test_a_bucket_with_everything_in_it() -> None:
    """Policy, lifecycle and notifications in blocks of the bucket and in resources of their own."""
    lifecycle = {
        "id": "old",
        "enabled": False,
        "prefix": "x/",
        "expiration": [{"days": 3}],
        "transition": [{"days": 1, "storage_class": "GLACIER"}],
        "abort_incomplete_multipart_upload": [{"days_after_initiation": 2}],
        "noncurrent_version_expiration": [{"noncurrent_days": 4}],
    }
    rule = {"id": "r", "status": "Enabled", "filter": [{"prefix": "y/"}]}
    topic = {"topic_arn": "t", "events": ["a", "b"], "filter_suffix": ".csv"}
    resources = made(
        Declared(
            "aws_s3_bucket.b", "aws_s3_bucket", {"bucket": "b", "lifecycle_rule": [lifecycle], "policy": "{}"}
        ),
        Declared("aws_s3_bucket.c", "aws_s3_bucket", {"bucket": "c"}),
        Declared("l", "aws_s3_bucket_lifecycle_configuration", {"bucket": "c", "rule": [rule]}),
        Declared("n", "aws_s3_bucket_notification", {"bucket": "c", "topic": [topic], "eventbridge": True}),
    )
    (found,) = resources["aws_s3_bucket.b"].properties["LifecycleConfiguration"]["Rules"]
    assert found == {
        "Status": "Disabled",
        "Id": "old",
        "ExpirationInDays": 3,
        "Prefix": "x/",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 4},
        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 1}],
    }
    assert dict(resources["aws_s3_bucket.b/policy"].properties) == {"Bucket": "b", "PolicyDocument": {}}
    other = resources["aws_s3_bucket.c"].properties
    assert other["LifecycleConfiguration"]["Rules"] == [{"Status": "Enabled", "Id": "r", "Prefix": "y/"}]
    kept = {"Filter": {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".csv"}]}}}
    assert other["NotificationConfiguration"] == {
        "TopicConfigurations": [{"Event": each, "Topic": "t"} | kept for each in ("a", "b")],
        "EventBridgeConfiguration": {"EventBridgeEnabled": True},
    }


def test_targets_integrations_and_scheduled_actions_join_their_owners() -> None:
    """Found by name, by three arguments, by two; a target without an id gets its label."""
    method = {"rest_api_id": "a", "resource_id": "r", "http_method": "GET"}
    scalable = {"resource_id": "e", "scalable_dimension": "d", "service_namespace": "sagemaker"}
    resources = made(
        Declared(
            "aws_cloudwatch_event_rule.r", "aws_cloudwatch_event_rule", {"name": "r", "is_enabled": False}
        ),
        Declared("aws_cloudwatch_event_target.t", "aws_cloudwatch_event_target", {"rule": "r", "arn": "f"}),
        Declared("m", "aws_api_gateway_method", method | {"authorization": "NONE"}),
        Declared("i", "aws_api_gateway_integration", method | {"type": "AWS_PROXY", "uri": "u"}),
        Declared("s", "aws_api_gateway_integration_response", method | {"status_code": "200"}),
        Declared("e", "aws_appautoscaling_target", scalable | {"min_capacity": 1, "max_capacity": 2}),
        Declared(
            "a",
            "aws_appautoscaling_scheduled_action",
            scalable
            | {"name": "n", "scalable_target_action": [{"min_capacity": "3"}], "schedule": "rate(1 day)"},
        ),
    )
    rule = resources["aws_cloudwatch_event_rule.r"].properties
    assert (rule["State"], rule["Targets"]) == ("DISABLED", [{"Id": "t", "Arn": "f"}])
    assert resources["m"].properties["Integration"] == {
        "Type": "AWS_PROXY",
        "Uri": "u",
        "IntegrationResponses": [{"StatusCode": "200"}],
    }
    (action,) = resources["e"].properties["ScheduledActions"]
    assert action["ScalableTargetAction"] == {"MinCapacity": 3}


def test_routes_gateways_and_launch_templates() -> None:
    """What stands in one resource of the provider and in two of CloudFormation."""
    market = {"market_type": "spot", "spot_options": [{"max_price": "0.1"}]}
    resources = made(
        Declared("aws_internet_gateway.g", "aws_internet_gateway", {"vpc_id": "v"}),
        Declared(
            "aws_route_table.t",
            "aws_route_table",
            {"vpc_id": "v", "route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw"}]},
        ),
        Declared(
            "l", "aws_launch_template", {"name": "l", "instance_market_options": [market], "image_id": "a"}
        ),
    )
    assert dict(resources["aws_internet_gateway.g/attachment"].properties) == {
        "VpcId": "v",
        "InternetGatewayId": "${Token[aws_internet_gateway.g|Ref]}",
    }
    assert dict(resources["aws_route_table.t/route[0]"].properties) == {
        "RouteTableId": "${Token[aws_route_table.t|Ref]}",
        "DestinationCidrBlock": "0.0.0.0/0",
        "GatewayId": "igw",
    }
    assert resources["l"].properties["LaunchTemplateData"] == {
        "ImageId": "a",
        "InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.1"}},
    }
