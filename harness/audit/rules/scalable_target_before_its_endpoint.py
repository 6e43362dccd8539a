"""A scalable target is made while its endpoint is not there yet."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.scaling import scaled_variants
from harness.audit.view import View
from harness.templates.model import Resource


def _awaited(view: View, resource: Resource) -> set[str]:
    """Return what is there when *resource* is made."""
    found, waiting = set[str](), [resource.logical_id]
    while waiting:
        one = view.resources.get(waiting.pop())
        for each in one.depends_on if one is not None else ():
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def check(view: View) -> Iterator[Found]:
    """Yield each scalable target that does not wait for its endpoint, where CloudFormation makes both."""
    if view.template.language not in ("cloudformation", "sam", "cdk"):
        return
    for one in scaled_variants(view):
        if one.endpoint is not None and one.endpoint.logical_id not in _awaited(view, one.target):
            message = f"{one.target.logical_id} does not wait for endpoint {one.endpoint.logical_id}"
            yield Found(one.target, message, "ResourceId")


RULE = Rule(
    id="scalable-target-before-its-endpoint",
    title="A scalable target that does not wait for its endpoint",
    severity="error",
    why="CloudFormation makes what does not depend on each other side by side; an endpoint takes minutes "
    "until it is InService, and the target of one that is not there is refused. Add DependsOn, or build "
    "the ResourceId with !GetAtt Endpoint.EndpointName.",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html",
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
    Properties: {EndpointName: ranker, EndpointConfigName: !GetAtt Config.EndpointConfigName}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
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
