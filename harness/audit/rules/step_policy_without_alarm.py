"""A step scaling policy that no alarm invokes."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import listed
from harness.audit.scaling import scaled
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each step policy that is an action of no alarm in the template."""
    alarms = view.of_type("AWS::CloudWatch::Alarm")
    actions = [str(each) for alarm in alarms for each in listed(alarm.properties.get("AlarmActions"))]
    for one in scaled(view):
        for policy in one.policies:
            mine = (view.arn(policy), policy.logical_id, str(policy.properties.get("PolicyName")))
            stepping = policy.properties.get("PolicyType") == "StepScaling"
            if stepping and not any(name and name in action for name in mine for action in actions):
                yield Found(
                    policy,
                    f"no alarm invokes step policy {policy.logical_id}",
                    "StepScalingPolicyConfiguration",
                )


RULE = Rule(
    id="step-policy-without-alarm",
    title="A step policy without an alarm",
    severity="warning",
    why="AWS makes the alarms of target tracking policies, not those of step policies: without an alarm "
    "that has the policy among its AlarmActions it never runs.",
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html",
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
  Steps:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: Steps
      PolicyType: StepScaling
      ScalingTargetId: !Ref Target
      StepScalingPolicyConfiguration:
        AdjustmentType: ChangeInCapacity
        StepAdjustments: [{MetricIntervalLowerBound: 0, ScalingAdjustment: 1}]
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
  Steps:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: Steps
      PolicyType: StepScaling
      ScalingTargetId: !Ref Target
      StepScalingPolicyConfiguration:
        AdjustmentType: ChangeInCapacity
        StepAdjustments: [{MetricIntervalLowerBound: 0, ScalingAdjustment: 1}]
  Busy:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SageMaker
      MetricName: Invocations
      Dimensions: [{Name: EndpointName, Value: ranker}, {Name: VariantName, Value: AllTraffic}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 100
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Steps]
""",
)
