"""A policy follows a metric that SageMaker does not publish like that."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import listed, members, text
from harness.audit.scaling import metric_of, scaled_variants
from harness.audit.view import View

PATH = "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification"
_UTILIZATION = ("CPU", "Memory", "GPU", "GPUMemory", "Disk")
PUBLISHED = {
    "/aws/sagemaker/Endpoints": tuple(f"{each}Utilization" for each in _UTILIZATION),
    "AWS/SageMaker": (
        "Invocations",
        "InvocationsPerInstance",
        "ModelLatency",
        "OverheadLatency",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "ConcurrentRequestsPerModel",
    ),
}


def _said(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "no dimension"


def check(view: View) -> Iterator[Found]:
    """Yield each customised metric of SageMaker in the wrong namespace, or without its dimensions."""
    for one in scaled_variants(view):
        for policy, given in one.tracking:
            _, metric = metric_of(given)
            name, space = text(metric.get("MetricName")), text(metric.get("Namespace"))
            right = next((each for each, names in PUBLISHED.items() if name in names), "")
            if not metric or not right or not space.lower().strip("/").startswith("aws/sagemaker"):
                continue
            given_names = {text(members(each).get("Name")) for each in listed(metric.get("Dimensions"))}
            if space != right:
                yield Found(policy, f"{name} is published in {right}, not in {space}", PATH)
            elif not {"EndpointName", "VariantName"} <= given_names and not metric.get("Metrics"):
                yield Found(
                    policy,
                    f"{name} comes by EndpointName and VariantName; the policy names {_said(given_names)}",
                    PATH,
                )


RULE = Rule(
    id="scaling-metric-nobody-publishes",
    title="A metric that nobody publishes",
    severity="error",
    why="The alarm stays in INSUFFICIENT_DATA and nothing ever scales. Invocation metrics are in "
    "AWS/SageMaker, those of instances in /aws/sagemaker/Endpoints, all with the dimensions "
    "EndpointName and VariantName.",
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
        TargetValue: 60
        CustomizedMetricSpecification:
          Namespace: AWS/SageMaker
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
        TargetValue: 60
        CustomizedMetricSpecification:
          Namespace: /aws/sagemaker/Endpoints
          MetricName: CPUUtilization
          Statistic: Average
          Dimensions: [{Name: EndpointName, Value: ranker}, {Name: VariantName, Value: AllTraffic}]
""",
)
