"""A target for CPU utilisation that counts one core of several."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number, text
from harness.audit.scaling import metric_of, scaled_variants
from harness.audit.view import View
from harness.endpoint.capacity import instance_type


def check(view: View) -> Iterator[Found]:
    """Yield each policy on CPUUtilization of at most 100 on a type with several cores."""
    for one in scaled_variants(view):
        kind = instance_type(one.variant.instance_type) if one.variant is not None else None
        for policy, given in one.tracking if kind is not None and kind.vcpu > 2 else ():
            _, metric = metric_of(given)
            target = number(given.get("TargetValue"))
            if (
                kind is not None
                and text(metric.get("MetricName")) == "CPUUtilization"
                and target is not None
                and target <= 100
            ):
                message = (
                    f"{target:g} of {100 * kind.vcpu} on {kind.name}: CPUUtilization "
                    f"adds up its {kind.vcpu} cores"
                )
                yield Found(policy, message, "TargetTrackingScalingPolicyConfiguration.TargetValue")


RULE = Rule(
    id="cpu-target-of-one-core",
    title="A CPU target that counts one core",
    severity="note",
    why="CPUUtilization of an endpoint is the sum over the cores: with 4 of them it goes to 400 %, and a "
    "target of 60 is a load of 15 %.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html",
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
          InstanceType: ml.m5.2xlarge
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
        TargetValue: 60
        CustomizedMetricSpecification:
          Namespace: /aws/sagemaker/Endpoints
          MetricName: CPUUtilization
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
          InstanceType: ml.m5.2xlarge
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
        TargetValue: 480
        CustomizedMetricSpecification:
          Namespace: /aws/sagemaker/Endpoints
          MetricName: CPUUtilization
          Statistic: Average
          Dimensions: [{Name: EndpointName, Value: ranker}, {Name: VariantName, Value: AllTraffic}]
""",
)
