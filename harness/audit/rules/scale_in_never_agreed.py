"""Policies that would all have to agree before anything scales in."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import switch, text
from harness.audit.scaling import metric_of, scaled_variants
from harness.audit.view import View

STAYS = ("MemoryUtilization", "DiskUtilization", "GPUMemoryUtilization")
CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"


def check(view: View) -> Iterator[Found]:
    """Yield each target with a policy on memory or disk, or with policies of which none may scale in."""
    for one in scaled_variants(view):
        ready = [
            (p, given) for p, given in one.tracking if switch(given.get("DisableScaleIn", False)) is not True
        ]
        if (
            one.tracking
            and not ready
            and not any(p.properties.get("PolicyType") == "StepScaling" for p in one.policies)
        ):
            policy = one.tracking[0][0]
            yield Found(
                policy, f"every policy of {one.resource_id} has DisableScaleIn: it only grows", CONFIGURATION
            )
        for policy, given in ready:
            _, metric = metric_of(given)
            name = text(metric.get("MetricName"))
            if name in STAYS:
                message = (
                    f"{name} does not fall when traffic does: {policy.logical_id} never agrees to scale in"
                )
                yield Found(policy, message, CONFIGURATION)


RULE = Rule(
    id="scale-in-never-agreed",
    title="Scale-in that nobody ever agrees to",
    severity="warning",
    why="Several target tracking policies scale in only when all of them are ready to. A model stays in "
    "memory and on disk whether it is asked or not, so that a policy on MemoryUtilization or "
    "DiskUtilization holds every instance for ever. Track invocations, or set DisableScaleIn on that "
    "policy and leave scale-in to another.",
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html#target-tracking-considerations",
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
  Tracking2:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: Tracking2
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 40
        CustomizedMetricSpecification:
          Namespace: /aws/sagemaker/Endpoints
          MetricName: MemoryUtilization
          Statistic: Average
          Dimensions: [{Name: EndpointName, Value: ranker}, {Name: VariantName, Value: AllTraffic}]
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
  Tracking2:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: Tracking2
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 40
        CustomizedMetricSpecification:
          Namespace: /aws/sagemaker/Endpoints
          MetricName: MemoryUtilization
          Statistic: Average
          Dimensions: [{Name: EndpointName, Value: ranker}, {Name: VariantName, Value: AllTraffic}]
        DisableScaleIn: true
""",
)
