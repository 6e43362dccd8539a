"""A target for the utilisation of provisioned concurrency that it never reaches."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.scaling import metric_of, scaled
from harness.audit.view import View

UTILIZATION = "LambdaProvisionedConcurrencyUtilization"
MOST = 0.9


def check(view: View) -> Iterator[Found]:
    """Yield each policy on provisioned concurrency's utilisation with a target above 0.9."""
    for one in scaled(view):
        for policy, given in one.tracking:
            target = number(given.get("TargetValue"))
            if metric_of(given)[0] == UTILIZATION and target is not None and target > MOST:
                message = f"a target of {target:g} for {UTILIZATION}, which goes from 0 to 1"
                yield Found(policy, message, "TargetTrackingScalingPolicyConfiguration.TargetValue")


RULE = Rule(
    id="utilization-target-above-one",
    title="A utilisation target that is never reached",
    severity="error",
    why="The utilisation of provisioned concurrency goes from 0 to 1, not to 100, and what is above 1 "
    "spills over instead of counting: with a target above 0.9 nothing scales out. The guide's example "
    "is 0.7.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html#managing-provisioned-concurency",
    check=check,
    failing="""
Resources:
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: lambda
      ScalableDimension: lambda:function:ProvisionedConcurrency
      ResourceId: function:dogs:live
      MinCapacity: 1
      MaxCapacity: 10
  Tracking:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: tracking
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 70
        PredefinedMetricSpecification: {PredefinedMetricType: LambdaProvisionedConcurrencyUtilization}
""",
    passing="""
Resources:
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: lambda
      ScalableDimension: lambda:function:ProvisionedConcurrency
      ResourceId: function:dogs:live
      MinCapacity: 1
      MaxCapacity: 10
  Tracking:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: tracking
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: 0.7
        PredefinedMetricSpecification: {PredefinedMetricType: LambdaProvisionedConcurrencyUtilization}
""",
)
