"""Stacks of every type on the embedded backend, and CloudFormation's API through boto3."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from conftest import Served, unique
from lambdas import Stand, lambdas

from harness import journal, sessions
from harness.stacks import Deployed, Surroundings, compare, delete, deploy, known_types, live
from harness.templates.load import load
from harness.templates.model import Template

EVERY_TYPE = Path(__file__).parents[1] / "data" / "stacks" / "every_type.yaml"
# Types that are made as their like is, of which one is there; and those with nothing behind them.
ELSEWHERE = {
    "AWS::EC2::SecurityGroupEgress",
    "AWS::IAM::GroupPolicy",
    "AWS::KMS::Alias",
    "AWS::Logs::SubscriptionFilter",
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::WaitConditionHandle",
    "Terraform::S3::Object",
}
OFTEN = {"Delay": 0.02, "MaxAttempts": 1000}
FAN_OUT = """
Description: One topic, one queue.
Parameters: {Timeout: {Type: Number, Default: 30}}
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Timeout}}
  News: {Type: AWS::SNS::Topic, Properties: {DisplayName: one}}
  May:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: {ArnEquals: {"aws:SourceArn": !Ref News}}
  Gets:
    Type: AWS::SNS::Subscription
    DependsOn: May
    Properties: {TopicArn: !Ref News, Protocol: sqs, Endpoint: !GetAtt Jobs.Arn, RawMessageDelivery: true}
Outputs:
  Queue: {Value: !Ref Jobs}
  Topic: {Value: !Ref News}
"""
BAD = "  Bad: {Type: AWS::SQS::Queue, DependsOn: [News, Gets], Properties: {VisibilityTimeout: 99999999}}\n"


def surroundings(served: Served) -> Surroundings:
    return Surroundings(served.client, "us-east-1", "123456789012", sleep)


@pytest.fixture(scope="module")
def where(served: Served) -> Surroundings:
    s3, packed = served.client("s3"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("python/layer.py", "")
    s3.create_bucket(Bucket="every-type-code")
    s3.put_object(Bucket="every-type-code", Key="layer.zip", Body=packed.getvalue())
    return surroundings(served)


def of(template: Template) -> set[tuple[str, str]]:
    return {(one.type, one.physical_id) for one in template.resources.values()}


@pytest.fixture(scope="module")
def before(where: Surroundings) -> set[tuple[str, str]]:
    return of(live(where))


@pytest.fixture(scope="module")
def every(where: Surroundings, before: set[tuple[str, str]]) -> Deployed:
    return deploy(load(EVERY_TYPE, stack="every"), where)


def test_every_type_is_made_and_read_back(every: Deployed) -> None:
    """Each one is there when its service is asked, with the properties that were asked for."""
    assert every.failure is None
    assert {one.type for one in every.resources.values()} == known_types() - ELSEWHERE
    never_told = {"Body", "Code", "Content", "DefinitionSubstitutions", "GenerateSecretString", "StatementId"}
    for placed in every.resources.values():
        missing = placed.properties.keys() - placed.read.keys() - never_told - {"ScalingTargetId"}
        assert not missing, placed.logical_id


def test_what_is_read_back_is_what_was_asked_for(every: Deployed) -> None:
    """Field by field, for what has no further defaults."""
    for name in ("Jobs", "Sub", "Role", "Data", "Table", "Worker", "Poll", "Config", "Target", "Alarm", "Sg"):
        placed = every.resources[name]
        for field in placed.properties.keys() & placed.read.keys():
            asked, told = placed.properties[field], placed.read[field]
            assert str(asked) == str(told) or asked == told, (name, field, asked, told)


def test_all_that_is_there_can_be_listed(every: Deployed, where: Surroundings) -> None:
    """An endpoint read as a template has what the stack made."""
    there = live(
        where, ["AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::SageMaker::Endpoint"]
    )
    wanted = {
        (one.type, one.physical_id)
        for one in every.resources.values()
        if one.type in {found.type for found in there.resources.values()}
    }
    assert wanted <= of(there)
    assert there.not_covered == ()


def test_an_api_has_what_its_definition_says(every: Deployed, served: Served) -> None:
    """Routes and methods of a Body are made, each with its integration."""
    api = every.resources["FromBody"].physical_id
    paths = [one["path"] for one in served.client("apigateway").get_resources(restApiId=api)["items"]]
    assert sorted(paths) == ["/", "/a", "/a/b"]
    api = every.resources["HttpFromBody"].physical_id
    (route,) = served.client("apigatewayv2").get_routes(ApiId=api)["Items"]
    assert route["RouteKey"] == "POST /a"


def test_a_stack_is_equal_to_itself(every: Deployed) -> None:
    """With the drawn ids of every service in it."""
    assert compare(every, every) == ()


def test_deletion_leaves_what_was_there_before(
    every: Deployed, where: Surroundings, before: set[tuple[str, str]]
) -> None:
    """Every type is removed again."""
    gone = delete(every, where)
    assert (gone.status, gone.left) == ("DELETE_COMPLETE", ())
    assert {type_ for type_, _ in of(live(where)) - before} <= {
        "AWS::Logs::LogGroup"
    }  # that Lambda writes to


# -- CloudFormation's API -----


class Stacks:
    """One client of CloudFormation, and a stack name of its own."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.name = unique("stack")

    def wait(self, what: str) -> None:
        self.client.get_waiter(what).wait(StackName=self.name, WaiterConfig=OFTEN)

    def create(self, text: str = FAN_OUT, **more: Any) -> None:
        self.client.create_stack(StackName=self.name, TemplateBody=text, **more)
        self.wait("stack_create_complete")

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return found

    @property
    def outputs(self) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.told["Outputs"]}


@pytest.fixture
def stacks(served: Served) -> Stacks:
    return Stacks(served.client("cloudformation"))


def test_a_stack_works_as_its_template_says(served: Served, stacks: Stacks) -> None:
    """Its topic reaches its queue; events, resources and journal tell of it."""
    stacks.create(
        Parameters=[{"ParameterKey": "Timeout", "ParameterValue": "45"}], Tags=[{"Key": "a", "Value": "b"}]
    )
    served.client("sns").publish(TopicArn=stacks.outputs["Topic"], Message="hello")
    asked = {"QueueUrl": stacks.outputs["Queue"], "WaitTimeSeconds": 5}
    assert served.client("sqs").receive_message(**asked)["Messages"][0]["Body"] == "hello"
    found = stacks.client.list_stack_resources(StackName=stacks.name)["StackResourceSummaries"]
    assert {one["LogicalResourceId"]: one["ResourceStatus"] for one in found} == dict.fromkeys(
        ("Jobs", "News", "May", "Gets"), "CREATE_COMPLETE"
    )
    told = stacks.client.describe_stack_events(StackName=stacks.name)["StackEvents"]
    assert (told[0]["LogicalResourceId"], told[0]["ResourceStatus"]) == (stacks.name, "CREATE_COMPLETE")
    assert [one.status for one in served.of(journal.StackChanged) if one.stack == stacks.name][
        -1
    ] == "CREATE_COMPLETE"
    assert stacks.told["Tags"] == [{"Key": "a", "Value": "b"}]


def test_a_change_set_says_what_it_does_and_does_it(served: Served, stacks: Stacks) -> None:
    """The timeout changes in place, with the template as it was."""
    stacks.create()
    named = {"StackName": stacks.name, "ChangeSetName": "slower"}
    values = [{"ParameterKey": "Timeout", "ParameterValue": "60"}]
    stacks.client.create_change_set(**named, UsePreviousTemplate=True, Parameters=values)
    (change,) = stacks.client.describe_change_set(**named)["Changes"]
    about = change["ResourceChange"]
    assert (about["LogicalResourceId"], about["Action"], about["Replacement"]) == ("Jobs", "Modify", "False")
    stacks.client.execute_change_set(**named)
    stacks.wait("stack_update_complete")
    asked = {"QueueUrl": stacks.outputs["Queue"], "AttributeNames": ["VisibilityTimeout"]}
    assert served.client("sqs").get_queue_attributes(**asked)["Attributes"] == {"VisibilityTimeout": "60"}


def test_an_update_without_changes_is_refused(stacks: Stacks) -> None:
    """In the words that the AWS CLI looks for, of a change set as well."""
    stacks.create()
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.client.update_stack(StackName=stacks.name, UsePreviousTemplate=True)
    named = {"StackName": stacks.name, "ChangeSetName": "nothing"}
    stacks.client.create_change_set(**named, UsePreviousTemplate=True)
    assert "didn't contain changes" in stacks.client.describe_change_set(**named)["StatusReason"]


def test_a_failed_update_leaves_the_stack_as_it_was(served: Served, stacks: Stacks) -> None:
    """What was changed is changed back."""
    stacks.create()
    text = FAN_OUT.replace("DisplayName: one", "DisplayName: two").replace("Outputs:", f"{BAD}Outputs:")
    stacks.client.update_stack(StackName=stacks.name, TemplateBody=text)
    with pytest.raises(WaiterError):
        stacks.wait("stack_update_complete")
    assert stacks.told["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    topic = served.client("sns").get_topic_attributes(TopicArn=stacks.outputs["Topic"])
    assert topic["Attributes"]["DisplayName"] == "one"


def test_what_has_a_name_of_its_own_cannot_be_replaced(stacks: Stacks) -> None:
    """There cannot be two of that name, not even for a moment."""
    role = """
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: NAME
      Path: /one/
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
""".replace("NAME", unique("role"))
    stacks.create(role, Capabilities=["CAPABILITY_NAMED_IAM"])
    more = {"TemplateBody": role.replace("/one/", "/two/"), "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    stacks.client.update_stack(StackName=stacks.name, **more)
    with pytest.raises(WaiterError):
        stacks.wait("stack_update_complete")
    assert "custom-named resource requires replacing" in stacks.told["StackStatusReason"]


def test_a_stack_that_fails_leaves_nothing(served: Served, stacks: Stacks) -> None:
    """The reason names logical id and line; the stack can only be deleted."""
    with pytest.raises(WaiterError):
        stacks.create(FAN_OUT.replace("Outputs:", f"{BAD}Outputs:"))
    assert stacks.told["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Template:23: Bad (AWS::SQS::Queue): InvalidAttributeValue" in stacks.told["StackStatusReason"]
    assert served.client("sqs").list_queues(QueueNamePrefix=stacks.name).get("QueueUrls", []) == []
    stacks.client.delete_stack(StackName=stacks.name)
    stacks.wait("stack_delete_complete")


def test_a_stack_is_made_once_and_deleted_once(stacks: Stacks) -> None:
    """Deleting what is not there is no error, describing it is one."""
    stacks.create()
    with pytest.raises(stacks.client.exceptions.AlreadyExistsException):
        stacks.create()
    stacks.client.delete_stack(StackName=stacks.name)
    stacks.wait("stack_delete_complete")
    stacks.client.delete_stack(StackName=stacks.name)
    with pytest.raises(ClientError, match="does not exist"):
        assert stacks.told


def test_a_template_at_an_address_of_s3_is_read(served: Served, stacks: Stacks) -> None:
    """By path and by host."""
    bucket = unique("templates")
    served.client("s3").create_bucket(Bucket=bucket)
    served.client("s3").put_object(Bucket=bucket, Key="a/t.yaml", Body=FAN_OUT.encode())
    for url in (f"https://s3.amazonaws.com/{bucket}/a/t.yaml", f"https://{bucket}.s3.amazonaws.com/a/t.yaml"):
        told = stacks.client.get_template_summary(TemplateURL=url)
        assert told["Description"] == "One topic, one queue."


# -- in whose name -----


@pytest.fixture(scope="module")
def enforced(served: Served) -> Iterator[Stand]:
    with lambdas(served.backend) as stand:
        yield stand


def allowing(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_stack_may_what_its_caller_may(enforced: Stand) -> None:
    """A service refuses a resource of the stack as it would refuse its caller."""
    iam, name = enforced.client("iam"), unique("user")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allowing("cloudformation:*", "sqs:*"))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    signs = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
    stacks = Stacks(sessions.client("cloudformation", enforced.gateway.url, **signs))
    with pytest.raises(WaiterError):
        stacks.create()
    said = stacks.told["StackStatusReason"]
    assert f"user/{name} is not authorized to perform: SNS:CreateTopic" in said
    assert stacks.told["StackStatus"] == "ROLLBACK_COMPLETE"


def test_a_service_role_may_more_than_its_caller(enforced: Stand) -> None:
    """RoleARN: what is done is done under it."""
    statement = {"Effect": "Allow", "Action": ["sqs:*", "sns:*"], "Resource": "*"}
    role = enforced.role(statement, service="cloudformation.amazonaws.com")
    stacks = Stacks(enforced.client("cloudformation"))
    stacks.create(RoleARN=role)
    used = [one for one in enforced.records if isinstance(one, journal.PermissionUsed)]
    assert any(one.action == "sns:CreateTopic" and role.rpartition("/")[2] in one.principal for one in used)
