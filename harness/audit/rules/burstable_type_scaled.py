"""A variant on a burstable instance type is scaled."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.scaling import scaled_variants
from harness.audit.view import View
from harness.endpoint.capacity import is_burstable


def check(view: View) -> Iterator[Found]:
    """Yield each scalable target of a variant on a burstable type."""
    for one in scaled_variants(view):
        if one.variant is not None and is_burstable(one.variant.instance_type):
            message = f"{one.resource_id} runs on {one.variant.instance_type}, a burstable type"
            yield Found(one.target, message, "ResourceId")


RULE = Rule(
    id="burstable-type-scaled",
    title="A burstable instance type is scaled",
    severity="error",
    why="SageMaker does not support automatic scaling for burstable instances such as T2 and refuses to "
    "register them; for ml.t3 the guide is silent. Their credits hide the load until they are used up, "
    "too. Use ml.m5.large or another type with a steady clock.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html",
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
          InstanceType: ml.t2.medium
          InitialInstanceCount: 1
  Endpoint:
    Type: AWS::SageMaker::Endpoint
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
        TargetValue: 70
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
        TargetValue: 70
        PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}
""",
)
