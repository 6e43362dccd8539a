"""A policy waits for more than one instance can do."""

from collections.abc import Iterator, Mapping

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, number
from harness.audit.scaling import Scaled, metric_of, scaled_variants
from harness.audit.view import View
from harness.endpoint.capacity import instance_type

INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
# AWS gives no figure: no container answers in less than a millisecond of one core.
SHORTEST_S = 0.001


def _most(one: Scaled) -> float | None:
    """Return how many requests an instance can do in a minute, None where nobody knows."""
    said: Mapping[str, object] = one.endpoint.extra if one.endpoint is not None else {}
    seconds = number(inside(said, "Metadata.Harness.ServiceTimeSeconds"))
    at_once = number(inside(said, "Metadata.Harness.Concurrency")) or 1.0
    if seconds:
        return at_once / seconds * 60.0
    kind = instance_type(one.variant.instance_type) if one.variant is not None else None
    return None if kind is None else kind.vcpu / SHORTEST_S * 60.0


def check(view: View) -> Iterator[Found]:
    """Yield each policy on invocations whose target is above what an instance can do in a minute."""
    for one in scaled_variants(view):
        most = _most(one)
        for policy, given in one.tracking:
            target, (predefined, _) = number(given.get("TargetValue")), metric_of(given)
            if most is not None and target is not None and predefined == INVOCATIONS and target > most:
                message = f"the target of {target:g} a minute is above the {most:g} that one instance can do"
                yield Found(policy, message, "TargetTrackingScalingPolicyConfiguration.TargetValue")


RULE = Rule(
    id="scaling-target-above-one-instance",
    title="A target above what one instance can do",
    severity="error",
    why="The metric counts what an instance is sent in a minute: an instance that can do no more queues and "
    "fails before the alarm goes off. The guide's formula is (max requests per second of an instance x "
    "0.5) x 60. What an instance can do stands in the endpoint's Metadata, Harness: "
    "{ServiceTimeSeconds: 0.8, Concurrency: 2}; without it a core is taken to do a thousand a second at "
    "most.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html",
    check=check,
    failing="""
Resources:
  Ranker:
    Type: AWS::SageMaker::Model
    Properties:
      ModelName: ranker
      ExecutionRoleArn: arn:aws:iam::000000000000:role/ranker
      PrimaryContainer: {Image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"}
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - VariantName: AllTraffic
          ModelName: !GetAtt Ranker.ModelName
          InstanceType: ml.m5.large
          InitialInstanceCount: 1
  Endpoint:
    Type: AWS::SageMaker::Endpoint
    Metadata: {Harness: {ServiceTimeSeconds: 0.8, Concurrency: 2}}
    Properties: {EndpointName: ranker, EndpointConfigName: !GetAtt Config.EndpointConfigName}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    DependsOn: Endpoint
    Properties:
      ServiceNamespace: sagemaker
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      ResourceId: endpoint/ranker/variant/AllTraffic
      MinCapacity: 1
      MaxCapacity: 4
  Tracking:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: Tracking
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 1000
        PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}
""",
    passing="""
Resources:
  Ranker:
    Type: AWS::SageMaker::Model
    Properties:
      ModelName: ranker
      ExecutionRoleArn: arn:aws:iam::000000000000:role/ranker
      PrimaryContainer: {Image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"}
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - VariantName: AllTraffic
          ModelName: !GetAtt Ranker.ModelName
          InstanceType: ml.m5.large
          InitialInstanceCount: 1
  Endpoint:
    Type: AWS::SageMaker::Endpoint
    Metadata: {Harness: {ServiceTimeSeconds: 0.8, Concurrency: 2}}
    Properties: {EndpointName: ranker, EndpointConfigName: !GetAtt Config.EndpointConfigName}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    DependsOn: Endpoint
    Properties:
      ServiceNamespace: sagemaker
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      ResourceId: endpoint/ranker/variant/AllTraffic
      MinCapacity: 1
      MaxCapacity: 4
  Tracking:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: Tracking
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 75
        PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}
""",
)
