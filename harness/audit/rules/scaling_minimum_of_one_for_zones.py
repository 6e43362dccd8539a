"""One instance is all there may be of an endpoint that is to survive the loss of a zone."""

import re
from collections.abc import Iterator, Mapping

from harness.audit.model import Found, Rule
from harness.audit.names import MODEL
from harness.audit.plain import inside, listed, members, number, text
from harness.audit.scaling import Scaled, scaled_variants
from harness.audit.view import View

# Words with which people promise it in descriptions, names, tags and Metadata.
_WORDS = re.compile(
    r"highly?[ _-]?availab|high[ _-]?availab|multi[ _-]?az|zones? fail|lost zone|fault[ _-]?toleran", re.I
)


def _promise(view: View, one: Scaled) -> str:
    """Return where the template promises that the endpoint outlives a zone, "" where it does not."""
    if one.variant is None or one.endpoint is None:
        return ""
    count = number(one.variant.given.get("InitialInstanceCount"))
    if count is not None and count > 1:
        return f"its configuration starts with {count:g}"
    model = view.find(one.variant.given.get("ModelName"), MODEL)
    subnets = listed(inside(model.properties, "VpcConfig.Subnets")) if model is not None else []
    if len(subnets) > 1:
        return f"its model names {len(subnets)} subnets"
    for each in (one.endpoint, one.variant.config, one.target):
        said = next((t for t in _told(each.properties) if _WORDS.search(t)), "")
        if said or _WORDS.search(text(inside(each.extra, "Metadata.Description"))):
            return f"{each.logical_id} says {said or 'so in its Metadata'!r}"
    return "the template's description says so" if _WORDS.search(view.template.description) else ""


def _told(properties: Mapping[str, object]) -> Iterator[str]:
    """Yield the texts by which a resource says what it is: its names, and its tags."""
    yield from (
        value for name, value in properties.items() if name.endswith("Name") and isinstance(value, str)
    )
    for tag in listed(properties.get("Tags")):
        yield f"{members(tag).get('Key')}: {members(tag).get('Value')}"


def check(view: View) -> Iterator[Found]:
    """Yield each scalable target with a minimum of 1 whose template promises more than one zone."""
    for one in scaled_variants(view):
        promise = _promise(view, one) if one.minimum == 1 else ""
        if promise:
            message = f"{one.resource_id} may shrink to 1 instance, in one zone; {promise}"
            yield Found(one.target, message, "MinCapacity")


RULE = Rule(
    id="scaling-minimum-of-one-for-zones",
    title="A minimum of 1 where several zones are promised",
    severity="warning",
    why="SageMaker spreads instances over zones as far as there are instances: scaled in to 1, the endpoint "
    "is down while its zone is, and until a new instance has started. A promise of N zones needs a "
    "minimum of N, here 2 at least.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-best-practices.html",
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
          InitialInstanceCount: 3
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
          InitialInstanceCount: 3
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
      MinCapacity: 3
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
