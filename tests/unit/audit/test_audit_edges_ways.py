"""Rules about who sends to whom, beside their own examples."""

from pathlib import Path

import pytest

from tests.unit.audit.audited import rules_broken
from tests.unit.audit.templates import API, FED, FUNCTION, TRUSTED


def test_a_policy_for_another_topic_does_not_let_this_one_in(tmp_path: Path) -> None:
    """aws:SourceArn is held to the topic that is subscribed."""
    text = """
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Others: {Type: AWS::SNS::Topic}
  Inbox: {Type: AWS::SQS::Queue}
  Way:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: sqs, Endpoint: !GetAtt Inbox.Arn}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Inbox]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Inbox.Arn
            Condition: {ArnEquals: {aws:SourceArn: !Ref Others}}
"""
    assert "queue-refuses-its-topic" in rules_broken(tmp_path, text)


def test_an_old_policy_for_everybody_with_the_topics_arn_is_no_fault(tmp_path: Path) -> None:
    """Principal `*` with aws:SourceArn is what older guides say, and lets nobody else in."""
    text = """
Resources:
  Orders: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: sqs, Endpoint: !GetAtt Inbox.Arn}]}}
  Inbox: {Type: AWS::SQS::Queue}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Inbox]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: SQS:SendMessage
            Resource: "*"
            Condition: {ArnEquals: {aws:SourceArn: !Ref Orders}}
"""
    assert rules_broken(tmp_path, text) == set()


@pytest.mark.parametrize(("name", "refused"), [("!Ref Live", False), ("!Ref Worker", True)])
def test_a_permission_is_of_its_alias(name: str, refused: bool, tmp_path: Path) -> None:
    """Each alias has a policy of its own: the function's lets nobody call the alias."""
    broken = rules_broken(tmp_path, FUNCTION % (TRUSTED, name))
    assert broken == ({"function-refuses-its-topic"} if refused else set())


def test_a_rule_with_a_role_needs_no_queue_policy(tmp_path: Path) -> None:
    """EventBridge may send under a role of its own."""
    text = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: jobs, Arn: !GetAtt Jobs.Arn, RoleArn: arn:aws:iam::123456789012:role/events}]
"""
    assert rules_broken(tmp_path, text) == set()


def test_a_topic_that_the_stack_gives_out_may_be_subscribed_elsewhere(tmp_path: Path) -> None:
    """An output is how another stack finds the topic."""
    text = "Resources:\n  Orders: {Type: AWS::SNS::Topic}\nOutputs:\n  Orders: {Value: !Ref Orders}\n"
    assert rules_broken(tmp_path, text) == set()


@pytest.mark.parametrize(
    ("integration", "refused"),
    [("TimeoutInMillis: 29000", True), ("Credentials: arn:aws:iam::123456789012:role/api", False)],
)
def test_a_rest_api_needs_a_permission_or_a_role(integration: str, refused: bool, tmp_path: Path) -> None:
    """The function's ARN is found inside the integration's URI; an API with credentials acts under them."""
    broken = rules_broken(tmp_path, FUNCTION % (TRUSTED, "!Ref Live") + API % integration)
    assert broken == ({"function-refuses-its-api"} if refused else set())


def test_what_an_alarm_publishes_has_no_attributes(tmp_path: Path) -> None:
    """A filter by attributes on a topic of alarms matches nothing."""
    text = """
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Pager: {Type: AWS::SQS::Queue}
  Way:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: email, Endpoint: a@b.com, FilterPolicy: {state: [ALARM]}}
  Busy:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/SQS, MetricName: MessagesSent, Period: 60, AlarmActions: [!Ref Orders]}
"""
    assert rules_broken(tmp_path, text) == {"filter-on-missing-attributes"}


def test_a_key_may_be_named_by_its_alias(tmp_path: Path) -> None:
    """A queue encrypted by alias/jobs has the key behind it, and its policy counts."""
    key = """
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/jobs, TargetKeyId: !Ref Key}}
  Other: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/other, TargetKeyId: !Ref Key}}
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "kms:*", Resource: "*"}]
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: jobs, Arn: !GetAtt Jobs.Arn, RoleArn: arn:aws:iam::123456789012:role/events}]
"""
    text = FED % (", KmsMasterKeyId: alias/jobs", "def handler(e, c): pass", "BatchSize: 1")
    assert rules_broken(tmp_path, text + key) == {"key-policy-shuts-services-out"}


def test_a_service_works_on_the_queue_that_its_task_may_read(tmp_path: Path) -> None:
    """A worker of ECS is a consumer as a function is: without a dead-letter queue, and beside a function."""
    text = """
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: work
          PolicyDocument:
            Statement: [{Effect: Allow, Action: "sqs:ReceiveMessage", Resource: !GetAtt Jobs.Arn}]
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !GetAtt Role.Arn}}
  Archive: {Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !GetAtt Role.Arn}}
  First: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Task}}
  Second: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref %s}}
  Other: {Type: AWS::ECS::Service, Properties: {TaskDefinition: of-another-stack}}
"""
    assert rules_broken(tmp_path, text % "Task") == {"queue-without-dead-letter-queue"}
    others = {"queue-without-dead-letter-queue", "one-queue-many-consumers"}
    assert rules_broken(tmp_path, text % "Archive") == others


def test_everybody_may_invoke_a_function_by_an_account(tmp_path: Path) -> None:
    """SourceAccount alone narrows a service; without SourceArn the function is still let in."""
    text = FUNCTION % (TRUSTED, "!Ref Live")
    text = text.replace("SourceArn: !Ref Orders", "SourceAccount: !Ref AWS::AccountId")
    assert rules_broken(tmp_path, text) == set()


def test_a_rule_of_a_bus_of_its_own_is_known_by_both(tmp_path: Path) -> None:
    """The ARN of such a rule has the bus before the name, and the permission names it so."""
    text = (
        FUNCTION % (TRUSTED, "!Ref Live")
        + """
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: trainings}}
  Done:
    Type: AWS::Events::Rule
    Properties:
      Name: done
      EventBusName: !Ref Bus
      EventPattern: {source: [of.ours]}
      Targets: [{Id: worker, Arn: !GetAtt Worker.Arn}]
  LetIn:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
      SourceArn: %s
"""
    )
    assert rules_broken(tmp_path, text % "!GetAtt Done.Arn") == set()
    of_default = "arn:aws:events:us-east-1:123456789012:rule/done"
    assert rules_broken(tmp_path, text % of_default) == {"function-refuses-its-rule"}
