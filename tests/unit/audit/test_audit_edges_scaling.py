"""Rules about scaling, alarms and odd templates, beside their own examples."""

from pathlib import Path

import pytest

from harness.audit.catalogue import every_rule
from harness.audit.engine import audit
from harness.audit.view import View
from harness.templates.model import Resource, Template
from tests.unit.audit.audited import audited, rules_broken
from tests.unit.audit.templates import ENDPOINT, TWO_SUBNETS


def test_a_reference_to_what_is_not_in_the_template_is_no_fault(tmp_path: Path) -> None:
    """What another stack has, nobody here can judge."""
    text = """
Resources:
  Way:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: arn:aws:sns:us-east-1:123456789012:orders
      Protocol: sqs
      Endpoint: arn:aws:sqs:us-east-1:123456789012:inbox
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::123456789012:role/of-another-stack
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: "arn:aws:sqs:us-east-1:123456789012:inbox", FunctionName: !Ref Worker}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: sagemaker
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      ResourceId: endpoint/of-another-stack/variant/AllTraffic
      MinCapacity: 1
      MaxCapacity: 4
      ScheduledActions: [{ScheduledActionName: night, Schedule: rate(1 day)}]
"""
    assert rules_broken(tmp_path, text) == set()


def test_values_of_the_wrong_kind_break_no_rule(tmp_path: Path) -> None:
    """A template that cfn-lint refuses is audited as far as it goes, without an exception."""
    text = """
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: wrong, VisibilityTimeout: [1], Tags: 3}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: 5, AccessControl: 7}}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: 3, PolicyDocument: text}}
  Way: {Type: AWS::SNS::Subscription, Properties: {TopicArn: [1], Endpoint: {a: b}, FilterPolicy: text}}
  Orders: {Type: AWS::SNS::Topic, Properties: {Subscription: [text, 5]}}
  Worker: {Type: AWS::Lambda::Function, Properties: {Role: 3, Environment: text, Code: 5, Runtime: 3}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: 3, BatchSize: many}}
  Rule: {Type: AWS::Events::Rule, Properties: {Targets: [3], ScheduleExpression: 5}}
  Role: {Type: AWS::IAM::Role, Properties: {Policies: [3, {PolicyDocument: 4}], ManagedPolicyArns: 5}}
  Config: {Type: AWS::SageMaker::EndpointConfig, Properties: {ProductionVariants: [3, text]}}
  Endpoint: {Type: AWS::SageMaker::Endpoint, Properties: {EndpointConfigName: !Ref Config}}
  Target: {Type: AWS::ApplicationAutoScaling::ScalableTarget, Properties: {ResourceId: 5, MinCapacity: few}}
  Scale: {Type: AWS::ApplicationAutoScaling::ScalingPolicy, Properties: {ScalingTargetId: 5, PolicyType: 4}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {KeySchema: text, AttributeDefinitions: [5]}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Period: often, AlarmActions: 5}}
  Stream: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {S3DestinationConfiguration: [1]}}
  Group: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MixedInstancesPolicy: 5}}
  Disk: {Type: AWS::EC2::Instance, Properties: {BlockDeviceMappings: [5, {Ebs: text}]}}
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {ContainerDefinitions: [5, {Environment: text}]}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: text}}
"""
    assert audited(tmp_path, text).resources == 20


def test_an_alarm_by_the_second_over_a_metric_by_the_minute(tmp_path: Path) -> None:
    """A period that CloudWatch takes may still have no data in it."""
    text = """
Resources:
  Orders: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: email, Endpoint: a@example.com}]}}
  Busy:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/SQS, MetricName: MessagesSent, Period: 10, AlarmActions: [!Ref Orders]}
  Math: {Type: AWS::CloudWatch::Alarm, Properties: {Metrics: []}}
"""
    assert rules_broken(tmp_path, text) == {"alarm-period-refused"}


@pytest.mark.parametrize(
    ("description", "model", "tag", "promised"),
    [
        ("A ranker", "EnableNetworkIsolation: true", "test", False),
        ("A highly available ranker", "EnableNetworkIsolation: true", "test", True),
        ("A ranker", TWO_SUBNETS, "test", True),
        ("A ranker", "EnableNetworkIsolation: true", "multi-az", True),
    ],
)
def test_a_promise_of_zones_is_found_where_it_is_made(
    description: str, model: str, tag: str, promised: bool, tmp_path: Path
) -> None:
    """In the description, by subnets of several zones, in tags; else a minimum of 1 is nobody's fault."""
    broken = rules_broken(tmp_path, ENDPOINT % (description, model, tag))
    assert broken == ({"scaling-minimum-of-one-for-zones"} if promised else set())


def test_targets_that_wait_by_way_of_others_wait(tmp_path: Path) -> None:
    """A target that depends on what depends on the endpoint comes after it; a circle of names ends."""
    text = ENDPOINT % ("A ranker", "EnableNetworkIsolation: true", "test")
    text = text.replace('!Sub "endpoint/${Endpoint.EndpointName}/variant/all"', "endpoint/ranker/variant/all")
    text = text.replace(
        "Properties: {EndpointConfigName", "Properties: {EndpointName: ranker, EndpointConfigName"
    )
    assert rules_broken(tmp_path, text) == {"scalable-target-before-its-endpoint"}
    after = text.replace(
        "  Target:\n", "  Gone: {Type: AWS::SQS::Queue, DependsOn: [Endpoint, Config]}\n  Target:\n"
    )
    after = after.replace("ScalableTarget\n", "ScalableTarget\n    DependsOn: [Gone, Config]\n")
    assert rules_broken(tmp_path, after) == set()


def test_provisioned_concurrency_beside_the_properties_is_seen() -> None:
    """Terraform puts it on a qualifier that need not be an alias of the files."""
    given = [{"Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 3}]
    extra = {"ProvisionedConcurrency": given}
    worker = Resource("w", "AWS::Lambda::Function", {"ReservedConcurrentExecutions": 2}, extra=extra)
    found = audit(View(Template("terraform", "", "s", {"w": worker})), every_rule()).findings
    assert {each.rule for each in found} == {"provisioned-on-latest", "provisioned-above-reserved"}


@pytest.mark.parametrize(("kind", "only_grows"), [("TargetTrackingScaling", True), ("StepScaling", False)])
def test_policies_that_may_not_scale_in_need_another_that_does(
    kind: str, only_grows: bool, tmp_path: Path
) -> None:
    """DisableScaleIn on every policy is a ratchet, unless a step policy takes capacity away."""
    metric = "PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}"
    text = (
        ENDPOINT % ("A ranker", "EnableNetworkIsolation: true", "test")
        + f"""
  Tracking:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: tracking
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 70
        DisableScaleIn: true
        {metric}
  Other:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties: {{PolicyName: other, PolicyType: {kind}, ScalingTargetId: !Ref Target}}
"""
    )
    assert ("scale-in-never-agreed" in rules_broken(tmp_path, text)) is only_grows


@pytest.mark.parametrize(("target", "above"), [(600, False), (240_000, True)])
def test_no_instance_does_a_request_in_no_time(target: int, above: bool, tmp_path: Path) -> None:
    """Where nobody says what an instance can do, a request takes a millisecond of a core at least."""
    metric = "PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}"
    text = (
        ENDPOINT % ("A ranker", "EnableNetworkIsolation: true", "test")
        + f"""
  Tracking:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: tracking
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: {target}
        {metric}
"""
    )
    found = rules_broken(tmp_path, text)
    assert ("scaling-target-above-one-instance" in found) is above
    assert "scaling-target-above-one-instance" not in rules_broken(
        tmp_path, text.replace("ml.m5.large", "ml.x.new")
    )
