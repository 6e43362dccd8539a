"""A notebook in a network of its own reaches the internet past it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import text
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each notebook instance whose direct internet access is not disabled."""
    for one in view.of_type("AWS::SageMaker::NotebookInstance"):
        if text(one.properties.get("DirectInternetAccess")) != "Disabled":
            message = f"notebook {one.logical_id} has a way to the internet that no VPC sees"
            yield Found(one, message, "DirectInternetAccess")


RULE = Rule(
    id="notebook-with-direct-internet",
    title="A notebook with direct internet access",
    severity="warning",
    why="By default a notebook instance has a network interface of SageMaker's own to the internet, beside "
    "the VPC's: data may leave past every endpoint policy and security group. Set DirectInternetAccess: "
    "Disabled with a SubnetId.",
    source="https://docs.aws.amazon.com/sagemaker/latest/dg/appendix-notebook-and-internet-access.html",
    check=check,
    failing="""
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::000000000000:role/n
      SubnetId: subnet-0a1b2c3d
""",
    passing="""
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::000000000000:role/n
      SubnetId: subnet-0a1b2c3d
      DirectInternetAccess: Disabled
""",
)
