"""An endpoint has a way in through the VPC, and every other way is open too."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.audit.model import Found, Rule
from harness.audit.plain import listed, text
from harness.audit.rules._statements import of_roles
from harness.audit.view import View

CALLING = {
    "*",
    "sagemaker:*",
    "sagemaker:invoke*",
    "sagemaker:invokeendpoint",
    "sagemaker:invokeendpointasync",
}


def _within(statement: Mapping[str, Any]) -> bool:
    return "aws:sourcevpc" in str(statement.get("Condition")).lower()


def check(view: View) -> Iterator[Found]:
    """Yield each statement that allows sagemaker:InvokeEndpoint without a condition on the VPC."""
    gates = view.of_type("AWS::EC2::VPCEndpoint")
    if not any(text(one.properties.get("ServiceName")).endswith("sagemaker.runtime") for one in gates):
        return
    for role, declared, path, statement in of_roles(view):
        actions = [str(each).lower() for each in listed(statement.get("Action"))]
        if statement.get("Effect") == "Allow" and set(actions) & CALLING and not _within(statement):
            yield Found(declared, f"role {role.logical_id} may invoke endpoints from outside the VPC", path)


RULE = Rule(
    id="private-endpoint-called-from-anywhere",
    title="An endpoint that may be called past its VPC",
    severity="warning",
    why="A VPC endpoint adds a way in and closes none: with the role's credentials the public address of "
    "sagemaker-runtime answers as well. Bind the statement with aws:SourceVpce or aws:SourceVpc.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/interface-vpc-endpoint.html",
    check=check,
    failing="""
Resources:
  Gate:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcEndpointType: Interface
      VpcId: vpc-0a1b2c3d
      ServiceName: com.amazonaws.us-east-1.sagemaker.runtime
  Notebook:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: call
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: sagemaker:InvokeEndpoint
                Resource: "arn:aws:sagemaker:*:*:endpoint/private"
""",
    passing="""
Resources:
  Gate:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcEndpointType: Interface
      VpcId: vpc-0a1b2c3d
      ServiceName: com.amazonaws.us-east-1.sagemaker.runtime
  Notebook:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: call
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: sagemaker:InvokeEndpoint
                Resource: "arn:aws:sagemaker:*:*:endpoint/private"
                Condition: {StringEquals: {aws:SourceVpce: !Ref Gate}}
""",
)
