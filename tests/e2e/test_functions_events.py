"""Functions under load limits, asynchronously and by triggers, a model minute in half a second."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from lambdas import ACCOUNT, LOGS, REGION, Stand, allow, code_of, lambdas, until, words_of

from harness import journal
from harness.aws.functions.results import Modelled
from harness.aws.permission import Mode
from harness.backends import open_backend
from harness.config import Settings
from harness.endpoint.distributions import Constant

SPEED = 120.0
RETURNS = "def handler(event, context):\n    return event\n"
RAISES = "def handler(event, context):\n    raise ValueError('always')\n"
SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One backend and gateway for all tests here, whose functions have names of their own."""
    modelled = Modelled(
        {"modelled": Constant(30.0), "late": Constant(5.0), "slow": Constant(2.0)},
        {"modelled": Constant(12.0)},
    )
    logs = tmp_path_factory.mktemp("logs")
    with (
        open_backend("embedded", Settings(), logs) as backend,
        lambdas(backend, speed=SPEED, functions=modelled) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def role(stand: Stand) -> str:
    return stand.role(LOGS, allow("sqs:SendMessage", "lambda:InvokeFunction"))


def named(stand: Stand, name: str, code: str, role: str, **more: Any) -> str:
    """Make a function of that name."""
    from lambdas import zipped

    stand.functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": zipped(app_py=code)},
        **more,
    )
    return name


# -- modelled spans -----


def test_a_modelled_function_takes_the_span_that_it_is_given(stand: Stand, role: str) -> None:
    """30 s of duration and 12 s of initialisation, in model seconds."""
    name = named(stand, "modelled", RETURNS, role, Timeout=60)
    assert stand.invoke(name, 5).payload == 5
    seen = until(lambda: stand.of(journal.FunctionInvoked, name))[0]
    assert (seen.init_s, seen.duration_s) == (12.0, 30.0)
    assert 42.0 <= seen.at - seen.began_at < 100.0


def test_a_modelled_span_beyond_the_timeout_is_a_timeout(stand: Stand, role: str) -> None:
    """It ends at its timeout, although the handler returned long before."""
    name = named(stand, "late", RETURNS, role, Timeout=3)
    assert stand.invoke(name).payload["errorType"] == "Sandbox.Timedout"
    assert until(lambda: stand.of(journal.FunctionInvoked, name))[0].duration_s == 3.0


def test_a_function_that_is_slower_than_modelled_is_told(stand: Stand, role: str) -> None:
    """0.3 s here are far more than 2 model seconds at this clock."""
    name = named(stand, "slow", SLEEPS, role)
    stand.invoke(name)
    shares = stand.stage._on_loop(stand.stage.functions._runner.too_slow)
    assert (shares.get("slow"), "modelled" in shares) == (1.0, False)


# -- concurrency -----


def test_reserved_concurrency_throttles_what_is_above_it(stand: Stand, role: str) -> None:
    """Of four at once two run; the others get 429 with the reason."""
    name = stand.function(SLEEPS, role=role)
    stand.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    stand.invoke(name)

    def call(_: int) -> str:
        try:
            stand.invoke(name)
        except ClientError as error:
            return f"{code_of(error)[1]} {error.response['Reason']}"
        return "ran"

    with ThreadPoolExecutor(4) as four:
        seen = sorted(four.map(call, range(4)))
    assert seen == ["429 ReservedFunctionConcurrentInvocationLimitExceeded"] * 2 + ["ran"] * 2
    assert len(stand.of(journal.FunctionThrottled, name)) == 2


def test_what_leaves_too_little_unreserved_is_refused(stand: Stand, role: str) -> None:
    """At least 100 are kept for functions without a reservation."""
    name = stand.function(RETURNS, role=role)
    with pytest.raises(ClientError) as caught:
        stand.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=950)
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)
    assert "below its minimum value of [100]" in words_of(caught.value)


def test_provisioned_concurrency_is_there_after_a_minute_or_two(stand: Stand, role: str) -> None:
    """It is in progress first; then its environments are initialised before anybody asks."""
    code = (
        "import os\ndef handler(event, context):\n    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
    )
    name = stand.function(code, role=role)
    stand.functions.publish_version(FunctionName=name)
    stand.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    asked = {"FunctionName": name, "Qualifier": "live"}
    put = stand.functions.put_provisioned_concurrency_config(**asked, ProvisionedConcurrentExecutions=2)
    assert (put["Status"], put["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)

    def ready() -> bool:
        return stand.functions.get_provisioned_concurrency_config(**asked)["Status"] == "READY"

    until(ready)
    assert stand.invoke(name, Qualifier="live").payload == "provisioned-concurrency"
    seen = stand.of(journal.FunctionInvoked, name)[-1]
    assert (seen.provisioned, seen.cold, seen.qualifier) == (True, False, "live")
    listed = stand.functions.list_provisioned_concurrency_configs(FunctionName=name)
    assert [each["Status"] for each in listed["ProvisionedConcurrencyConfigs"]] == ["READY"]
    stand.functions.delete_provisioned_concurrency_config(**asked)
    with pytest.raises(ClientError) as caught:
        stand.functions.get_provisioned_concurrency_config(**asked)
    assert code_of(caught.value) == ("ProvisionedConcurrencyConfigNotFoundException", 404)


def test_an_alias_with_weights_leads_to_both_versions(stand: Stand, role: str) -> None:
    """Each gets its share, and the executed version is told."""
    name = stand.function(RETURNS, role=role)
    stand.functions.publish_version(FunctionName=name)
    stand.functions.update_function_configuration(FunctionName=name, Description="second")
    stand.functions.publish_version(FunctionName=name)
    stand.functions.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    assert {stand.invoke(name, Qualifier="live").version for _ in range(16)} == {"1", "2"}
    with pytest.raises(ClientError) as caught:
        stand.functions.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1
        )
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)


def test_latest_cannot_be_provisioned(stand: Stand, role: str) -> None:
    """Lambda takes a version or an alias only."""
    name = stand.function(RETURNS, role=role)
    with pytest.raises(ClientError) as caught:
        stand.functions.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)


# -- asynchronously -----


def test_an_event_is_tried_three_times_and_then_told(stand: Stand, role: str) -> None:
    """After one minute and two more; the destination gets the record, the journal each attempt."""
    url, queue = stand.queue()
    name = stand.function(RAISES, role=role)
    stand.functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    sent = stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    assert sent["StatusCode"] == 202
    record = json.loads(stand.received(url)["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert (record["requestPayload"], record["responsePayload"]["errorType"]) == ({"n": 1}, "ValueError")
    attempts = stand.of(journal.FunctionInvoked, name)
    assert [each.attempt for each in attempts] == [1, 2, 3]
    gaps = [later.began_at - first.at for first, later in pairwise(attempts)]
    assert 60.0 <= gaps[0] < 110.0
    assert 120.0 <= gaps[1] < 170.0
    ended = until(lambda: stand.of(journal.FunctionEventEnded, name))[0]
    assert (ended.how, ended.attempts, ended.destination) == ("failed", 3, queue)


def test_a_dead_letter_queue_gets_the_event_itself(stand: Stand, role: str) -> None:
    """With what went wrong in its attributes."""
    url, queue = stand.queue()
    name = stand.function(RAISES, role=role, DeadLetterConfig={"TargetArn": queue})
    stand.functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 2}')
    message = stand.received(url)
    assert json.loads(message["Body"]) == {"n": 2}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "always"


def test_throttled_events_are_kept_and_run(stand: Stand, role: str) -> None:
    """Three at a reserved concurrency of one: none is lost."""
    name = stand.function(SLEEPS, role=role)
    stand.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for _ in range(3):
        stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    ended = until(lambda: len(found := stand.of(journal.FunctionEventEnded, name)) == 3 and found)
    assert {each.how for each in ended} == {"succeeded"}
    assert stand.of(journal.FunctionThrottled, name)


def test_a_declared_throttle_hits_what_is_asynchronous(stand: Stand, role: str) -> None:
    """It has no request of a client that a fault could hit; the event is kept and tried again."""
    name = stand.function(RETURNS, role=role)
    stand.stage.functions.is_throttled_by_fault = lambda: not stand.of(journal.FunctionThrottled, name)
    stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    assert until(lambda: stand.of(journal.FunctionEventEnded, name))[0].how == "succeeded"
    stand.stage.functions.is_throttled_by_fault = lambda: False
    assert [each.reason for each in stand.of(journal.FunctionThrottled, name)] == ["CallerRateLimitExceeded"]


def test_the_old_way_to_invoke_asynchronously_works(stand: Stand, role: str) -> None:
    """InvokeAsync answers 202, and the function runs."""
    name = stand.function(RETURNS, role=role)
    assert stand.functions.invoke_async(FunctionName=name, InvokeArgs=b'{"n": 3}')["Status"] == 202
    assert until(lambda: stand.of(journal.FunctionInvoked, name))[0].source == "asynchronous"


def test_a_success_is_told_to_another_function(stand: Stand, role: str) -> None:
    """A destination may be a function; it is invoked with the record."""
    second = stand.function(RETURNS, role=role)
    first = stand.function(RETURNS, role=role)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{second}"
    stand.functions.put_function_event_invoke_config(
        FunctionName=first, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    stand.functions.invoke(FunctionName=first, InvocationType="Event", Payload=b'"x"')
    assert until(lambda: stand.of(journal.FunctionInvoked, second))[0].source == "asynchronous"


def test_a_destination_that_the_role_may_not_reach_is_a_finding(stand: Stand) -> None:
    """The event is lost, and the run says why."""
    _, queue = stand.queue()
    name = stand.function(RAISES, role=stand.role(LOGS))
    stand.functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    ended = until(lambda: stand.of(journal.FunctionEventEnded, name))[0]
    assert (ended.how, ended.destination) == ("failed", "")
    found = [each for each in stand.records if isinstance(each, journal.Finding)]
    assert any(each.rule == "asynchronous-destination-failed" and name in each.resource for each in found)


# -- triggers -----


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


def call(stand: Stand, identity: str, body: bytes) -> tuple[int, bytes]:
    url = f"{stand.gateway.url}/_aws/execute-api/{identity}/$default/predict"
    asked = Request(url, body, {"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=20) as answer:
            return answer.status, answer.read()
    except OSError as error:
        status: int = error.status  # type: ignore[attr-defined]
        return status, b""


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
