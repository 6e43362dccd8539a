"""Functions that other services start: what must be permitted, and what is then delivered."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from lambdas import ACCOUNT, LOGS, REGION, Stand, allow, code_of, lambdas, until
from lambdas_in_minutes import RETURNS, busy_role, call, in_minutes, named

from harness import journal
from harness.aws.permission import Mode
from harness.backends import open_backend
from harness.config import Settings


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with in_minutes(tmp_path_factory.mktemp("logs")) as made:
        yield made


@pytest.fixture(scope="module")
def role(stand: Stand) -> str:
    return busy_role(stand)


def permit(stand: Stand, name: str, service: str, source: str) -> None:
    stand.functions.add_permission(
        FunctionName=name,
        StatementId="trigger",
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
    )


def arn_of(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def test_sns_invokes_asynchronously(stand: Stand, role: str) -> None:
    """One event for each message, with the topic as its trigger."""
    name = stand.function(RETURNS, role=role)
    topic = stand.client("sns").create_topic(Name=f"t-{name}")["TopicArn"]
    permit(stand, name, "sns", topic)
    stand.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn_of(name))
    stand.client("sns").publish(TopicArn=topic, Message="hello")
    seen = until(lambda: stand.of(journal.FunctionInvoked, name))[0]
    assert (seen.source, seen.trigger, seen.outcome) == ("asynchronous", topic, "ok")


def test_s3_invokes_for_each_object(stand: Stand, role: str) -> None:
    """The bucket is its trigger."""
    name = stand.function(
        "def handler(event, context):\n    print(event['Records'][0]['s3']['object']['key'])\n", role=role
    )
    bucket = f"b-{name}"
    s3 = stand.client("s3")
    s3.create_bucket(Bucket=bucket)
    permit(stand, name, "s3", f"arn:aws:s3:::{bucket}")
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": arn_of(name), "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )
    s3.put_object(Bucket=bucket, Key="one", Body=b"1")
    seen = until(lambda: stand.of(journal.FunctionInvoked, name))[0]
    assert (seen.source, seen.trigger, seen.outcome) == ("asynchronous", f"arn:aws:s3:::{bucket}", "ok")


def test_without_permission_nothing_is_delivered(stand: Stand, role: str) -> None:
    """SNS may not invoke what does not let it in; the journal says so."""
    name = stand.function(RETURNS, role=role)
    topic = stand.client("sns").create_topic(Name=f"t-{name}")["TopicArn"]
    stand.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn_of(name))
    stand.client("sns").publish(TopicArn=topic, Message="hello")

    def refused() -> list[Any]:
        return [
            each for each in stand.records if isinstance(each, journal.DeliveryRefused) and name in str(each)
        ]

    until(refused)
    assert stand.of(journal.FunctionInvoked, name) == []


def test_a_function_of_a_stack_runs(stand: Stand) -> None:
    """Its code never passed the gateway: the backend gives it out."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
    function = {
        "FunctionName": "from-stack",
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context):\n    return 'stack'\n"},
    }
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }
    stacks = stand.client("cloudformation")
    stacks.create_stack(
        StackName="functions",
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_IAM"],
    )
    until(
        lambda: stacks.describe_stacks(StackName="functions")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    )
    assert stand.invoke("from-stack").payload == "stack"


def test_a_runtime_that_cannot_run_here_is_refused(stand: Stand, role: str) -> None:
    """With an error of Lambda's, and a finding that says what is not covered."""
    name = stand.function(RETURNS, role=role, Runtime="nodejs22.x")
    with pytest.raises(ClientError) as caught:
        stand.invoke(name)
    assert code_of(caught.value) == ("InvalidRuntimeException", 502)
    found = [each for each in stand.records if isinstance(each, journal.Finding)]
    assert any(each.rule == "function-not-covered" and name in each.resource for each in found)


def test_eventbridge_invokes_for_each_event(stand: Stand, role: str) -> None:
    """The rule is its trigger; an alias is what was asked for."""
    name = stand.function(RETURNS, role=role)
    stand.functions.publish_version(FunctionName=name)
    stand.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    events = stand.client("events")
    rule = events.put_rule(Name=f"r-{name}", EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    stand.functions.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="trigger",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_targets(Rule=f"r-{name}", Targets=[{"Id": "1", "Arn": f"{arn_of(name)}:live"}])
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    seen = until(lambda: stand.of(journal.FunctionInvoked, name))[0]
    assert (seen.trigger, seen.qualifier, seen.version, seen.outcome) == (rule, "live", "1", "ok")


def api(stand: Stand, name: str, *, permitted: bool) -> tuple[str, str]:
    """Put an HTTP API before a function; return its URL at the gateway, and its ARN for every route."""
    made = stand.client("apigatewayv2")
    identity = made.create_api(Name=f"a-{name}", ProtocolType="HTTP")["ApiId"]
    integration = made.create_integration(
        ApiId=identity,
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn_of(name),
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    made.create_route(ApiId=identity, RouteKey="POST /predict", Target=f"integrations/{integration}")
    made.create_stage(ApiId=identity, StageName="$default", AutoDeploy=True)
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{identity}/*/*/predict"
    if permitted:
        permit(stand, name, "apigateway", arn)
    return identity, arn


def test_api_gateway_waits_for_the_answer(stand: Stand, role: str) -> None:
    """What the handler returns is the response, and the API its trigger."""
    name = stand.function(
        "def handler(event, context):\n    return {'statusCode': 201, 'body': event['body']}\n", role=role
    )
    identity, _ = api(stand, name, permitted=True)
    assert call(stand, identity, b'{"x": 1}') == (201, b'{"x": 1}')
    seen = stand.of(journal.FunctionInvoked, name)[0]
    assert seen.source == "synchronous"
    assert seen.trigger == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{identity}/$default/POST/predict"


def test_api_gateway_without_permission_gets_no_answer(stand: Stand, role: str) -> None:
    """500 to the caller, a finding in the journal, and nothing runs."""
    name = stand.function(RETURNS, role=role)
    identity, _ = api(stand, name, permitted=False)
    assert call(stand, identity, b"{}")[0] == 500
    assert stand.of(journal.FunctionInvoked, name) == []
    found = [each for each in stand.records if isinstance(each, journal.Finding)]
    assert any(each.rule == "function-not-permitted" and name in each.resource for each in found)


def test_step_functions_waits_for_the_answer(stand: Stand, role: str) -> None:
    """A task's result is what the handler returned."""
    name = stand.function("def handler(event, context):\n    return {'n': event['n'] + 1}\n", role=role)
    states = stand.client("stepfunctions")
    machine = states.create_state_machine(
        name=f"m-{name}",
        roleArn=stand.role(allow("lambda:InvokeFunction"), service="states.amazonaws.com"),
        definition=json.dumps(
            {"StartAt": "a", "States": {"a": {"Type": "Task", "Resource": arn_of(name), "End": True}}}
        ),
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]

    def output() -> str:
        return str(states.describe_execution(executionArn=execution).get("output", ""))

    assert json.loads(until(output)) == {"n": 2}


def test_metrics_are_in_cloudwatch(stand: Stand, role: str) -> None:
    """AWS/Lambda's Invocations of a function, once its minute has passed."""
    from datetime import UTC, datetime, timedelta

    name = stand.function(RETURNS, role=role)
    for _ in range(3):
        stand.invoke(name)
    at = datetime.fromtimestamp(stand.stage.clock.epoch_s(stand.stage.clock.now()), UTC)

    def counted() -> float:
        found = stand.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Invocations",
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=at - timedelta(minutes=5),
            EndTime=at + timedelta(minutes=5),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(each["Sum"] for each in found)) if found else 0.0

    assert until(lambda: counted() == 3.0)


def test_a_topic_reaches_a_function_where_nobody_is_judged(tmp_path: Path) -> None:
    """`harness serve` looks at no policy unless it is told to, and delivers all the same."""
    with open_backend("embedded", Settings(), tmp_path) as backend, lambdas(backend, iam=Mode.OFF) as stand:
        name = named(stand, "unjudged", RETURNS, stand.role(LOGS))
        topic = stand.client("sns").create_topic(Name="unjudged")["TopicArn"]
        stand.functions.add_permission(
            FunctionName=name,
            StatementId="topic",
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        stand.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
        stand.client("sns").publish(TopicArn=topic, Message="x")

        assert until(lambda: stand.of(journal.FunctionInvoked, name))[0].outcome == "ok"
