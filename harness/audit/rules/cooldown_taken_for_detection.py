"""A cooldown so short that it was meant for how soon scaling begins."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.scaling import scaled_variants
from harness.audit.view import View

# PutScalingPolicy: 300 s for variants where the policy names none. The alarms count whole minutes.
DEFAULT_S, LEAST_S = 300.0, 60.0


def check(view: View) -> Iterator[Found]:
    """Yield each target tracking policy of a variant with a scale-in cooldown below a minute."""
    for one in scaled_variants(view):
        for policy, given in one.tracking:
            cooldown = number(given.get("ScaleInCooldown", DEFAULT_S))
            if cooldown is not None and cooldown < LEAST_S:
                message = (
                    f"ScaleInCooldown {cooldown:g} s does not make scaling "
                    "sooner: detection takes 3 to 15 minutes"
                )
                yield Found(policy, message, "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown")


RULE = Rule(
    id="cooldown-taken-for-detection",
    title="A cooldown taken for the time until scaling begins",
    severity="warning",
    why="A cooldown is how long scaling waits after a scaling activity. When it begins is the alarms' "
    "matter: three minutes above the target to scale out, fifteen below nine tenths of it to scale in. "
    "A scale-in cooldown below a minute only lets an endpoint shrink again before the last step shows.",
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html",
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
        ScaleInCooldown: 30
        ScaleOutCooldown: 30
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
        ScaleInCooldown: 600
        ScaleOutCooldown: 60
""",
)
