"""What a template holds, in a scenario's words; what a scenario has no word for is said."""

from pathlib import Path
from typing import Any

import pytest
from stack_template import ROLE, WORKER, of, stack

from harness.errors import ScenarioError
from harness.scenario import (
    Endpoint,
    EventSource,
    HttpApi,
    Notification,
    Queue,
    Rule,
    Subscription,
    Table,
    Timer,
    Topic,
)

WORKER_ARN = {"Fn::GetAtt": ["Worker", "Arn"]}

ENDS = ("Work", "Worker", "Live", "Orders")


def targets(arn: Any = WORKER_ARN) -> list[dict[str, Any]]:
    """Return the one target of a rule."""
    return [{"Id": "1", "Arn": arn}]


def test_queues_topics_and_what_joins_them(tmp_path: Path) -> None:
    """Names that nobody gave are chosen, references are followed, by token, ARN or name."""
    found = stack(
        tmp_path,
        {
            "Feed": of(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn={"Fn::GetAtt": ["Work", "Arn"]},
                FunctionName={"Ref": "Worker"},
                BatchSize=5,
                ScalingConfig={"MaximumConcurrency": 4},
                FunctionResponseTypes=["ReportBatchItemFailures"],
            ),
            "Work": of(
                "AWS::SQS::Queue",
                VisibilityTimeout=60,
                RedrivePolicy={"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3},
            ),
            "Dead": of("AWS::SQS::Queue", QueueName="dead", MessageRetentionPeriod=1_209_600),
            "Orders": of("AWS::SNS::Topic", TopicName="orders.fifo", FifoTopic=True),
            "ToWork": of(
                "AWS::SNS::Subscription",
                TopicArn={"Ref": "Orders"},
                Protocol="sqs",
                Endpoint={"Fn::GetAtt": ["Work", "Arn"]},
                RawMessageDelivery=True,
                FilterPolicy={"kind": ["big"]},
            ),
            "ByMail": of(
                "AWS::SNS::Subscription", TopicArn={"Ref": "Orders"}, Protocol="email", Endpoint="a@b.c"
            ),
            "Worker": WORKER,
            "Role": ROLE,
        },
    )
    work, feed = found["Work"], found["Feed"]

    assert isinstance(work, Queue)
    assert (work.visibility_timeout_s, work.max_receive_count, work.dead_letter) == (60, 3, found["Dead"])
    assert found["Dead"].name == "dead"
    assert found["Orders"] == Topic("orders", fifo=True)
    assert found["ToWork"] == Subscription(found["Orders"], work, raw=True, filter_policy={"kind": ["big"]})
    assert feed == EventSource(
        work, found["Worker"], batch_size=5, maximum_concurrency=4, reports_item_failures=True
    )
    assert found["Worker"].role == found["Role"]
    assert found.resources == list(found.by_logical_id.values())
    assert ["ByMail" in note and "email" in note for note in found.notes] == [True]


def test_a_queue_that_is_its_own_dead_letter_queue(tmp_path: Path) -> None:
    """AWS refuses it; here it ends nobody's patience."""
    found = stack(
        tmp_path,
        {
            "Q": of(
                "AWS::SQS::Queue",
                QueueName="q",
                RedrivePolicy={"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:q"},
            )
        },
    )

    assert found["Q"].dead_letter is None


def test_functions_that_do_not_run_here_are_noted(tmp_path: Path) -> None:
    """Another runtime, a name that Lambda would not take, an alias of neither."""
    bad = {**WORKER["Properties"], "FunctionName": "x" * 80}  # type: ignore[dict-item]
    found = stack(
        tmp_path,
        {
            "Node": of(
                "AWS::Lambda::Function",
                FunctionName="n",
                Runtime="nodejs22.x",
                Handler="i.h",
                Role="arn:aws:iam::1:role/r",
            ),
            "Image": of("AWS::Lambda::Function", FunctionName="i", PackageType="Image", Role="r"),
            "Long": {"Type": "AWS::Lambda::Function", "Properties": bad},
            "Live": of("AWS::Lambda::Alias", FunctionName={"Ref": "Node"}, Name="live", FunctionVersion="1"),
            "Feed": of(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn="arn:aws:kinesis:us-east-1:1:stream/s",
                FunctionName={"Ref": "Node"},
            ),
            "Role": ROLE,
        },
    )

    assert list(found.by_logical_id) == ["Role"]
    assert len(found.notes) == 4
    assert any("nodejs22.x" in note for note in found.notes)
    assert all(str(tmp_path) in note for note in found.notes)


def test_a_role_of_another_stack(tmp_path: Path) -> None:
    """Is known by its name, and an alias by its function."""
    worker = {
        "Type": WORKER["Type"],
        "Properties": {**WORKER["Properties"], "Role": "arn:aws:iam::123456789012:role/path/elsewhere"},
    }  # type: ignore[dict-item]
    found = stack(
        tmp_path,
        {
            "Worker": worker,
            "Live": of(
                "AWS::Lambda::Alias", FunctionName={"Ref": "Worker"}, Name="live", FunctionVersion="1"
            ),
        },
    )

    assert found["Worker"].role.name == "elsewhere"
    assert found["Live"] is found["Worker"]
    assert found.resources == [found["Worker"]]


# In one piece: one template, whose resources name each other.
def test_what_starts_functions(tmp_path: Path) -> None:
    """Timers, rules, a bucket's notifications and both ways to write an HTTP API."""
    uri = {
        "Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
    }
    api = "AWS::ApiGatewayV2"
    operation = {"post": {"x-amazon-apigateway-integration": {"uri": uri}}, "parameters": []}
    found = stack(
        tmp_path,
        {
            "Worker": WORKER,
            "Role": ROLE,
            "Hourly": of("AWS::Events::Rule", ScheduleExpression="rate(1 hour)", Targets=targets()),
            "Arrived": of("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=targets()),
            "Nowhere": of("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=[]),
            "Wrong": of("AWS::Events::Rule", ScheduleExpression="rate(1 hours)", Targets=targets()),
            "Uploads": of(
                "AWS::S3::Bucket",
                BucketName="uploads-of-all",
                NotificationConfiguration={
                    "LambdaConfigurations": [
                        {
                            "Event": "s3:ObjectCreated:*",
                            "Function": WORKER_ARN,
                            "Filter": {
                                "S3Key": {
                                    "Rules": [
                                        {"Name": "prefix", "Value": "in/"},
                                        {"Name": "suffix", "Value": ".csv"},
                                    ]
                                }
                            },
                        }
                    ],
                    "QueueConfigurations": [
                        {"Event": "s3:ObjectCreated:*", "Queue": "arn:aws:sqs:us-east-1:1:other"}
                    ],
                },
            ),
            "Api": of(f"{api}::Api", Name="api", ProtocolType="HTTP"),
            "Call": of(
                f"{api}::Integration",
                ApiId={"Ref": "Api"},
                IntegrationType="AWS_PROXY",
                IntegrationUri=WORKER_ARN,
            ),
            "Route": of(
                f"{api}::Route",
                ApiId={"Ref": "Api"},
                RouteKey="POST /predict",
                Target={"Fn::Join": ["/", ["integrations", {"Ref": "Call"}]]},
            ),
            "Bodied": of(f"{api}::Api", Name="bodied", Body={"paths": {"/rank": operation}}),
            "All": of(
                f"{api}::Api",
                Name="all",
                Body={
                    "paths": {
                        "$default": {
                            "x-amazon-apigateway-any-method": {
                                "x-amazon-apigateway-integration": {"uri": uri}
                            }
                        }
                    }
                },
            ),
            "Empty": of(f"{api}::Api", Name="empty"),
            "Lost": of(f"{api}::Route", ApiId={"Ref": "Empty"}, RouteKey="GET /", Target="integrations/none"),
        },
    )
    worker = found["Worker"]

    assert found["Hourly"].schedule == "rate(1 hour)"
    assert isinstance(found["Hourly"], Timer)
    assert isinstance(found["Arrived"], Rule)
    assert found["Uploads.LambdaConfigurations[0]"] == Notification(
        found["Uploads"], worker, ("s3:ObjectCreated:*",), "in/", ".csv"
    )
    assert found["Api"] == HttpApi("api", worker, "POST /predict")
    assert found["Bodied"] == HttpApi("bodied", worker, "POST /rank")
    assert found["All"].route == "$default"
    noted = [
        name
        for name in ("Nowhere", "Wrong", "QueueConfigurations[0]", "Empty")
        if name in "".join(found.notes)
    ]
    assert noted == ["Nowhere", "Wrong", "QueueConfigurations[0]", "Empty"]


def test_whoever_can_be_told_is_found(tmp_path: Path) -> None:
    """A topic tells a queue, a function or an alias of it; a bucket these and a topic."""
    arn = {"Work": "Arn", "Worker": "Arn"}
    ends = {name: {"Fn::GetAtt": [name, arn[name]]} if name in arn else {"Ref": name} for name in ENDS}
    members = {"Live": "Function", "Worker": "Function", "Work": "Queue", "Orders": "Topic"}
    kinds = {
        "Function": "LambdaConfigurations",
        "Queue": "QueueConfigurations",
        "Topic": "TopicConfigurations",
    }
    told: dict[str, list[dict[str, Any]]] = {}
    for name, member in members.items():
        told.setdefault(kinds[member], []).append({"Event": "s3:ObjectCreated:*", member: ends[name]})
    alias = {"FunctionName": {"Ref": "Worker"}, "FunctionVersion": "$LATEST", "Name": "live"}
    subscribed = {
        f"To{name}": of(
            "AWS::SNS::Subscription", TopicArn={"Ref": "Orders"}, Protocol="any", Endpoint=ends[name]
        )
        for name in ("Work", "Worker", "Live")
    }
    found = stack(
        tmp_path,
        {
            "Worker": WORKER,
            "Role": ROLE,
            "Live": of("AWS::Lambda::Alias", **alias),
            "Work": of("AWS::SQS::Queue", QueueName="work"),
            "Orders": of("AWS::SNS::Topic", TopicName="orders"),
            "Uploads": of("AWS::S3::Bucket", BucketName="uploads", NotificationConfiguration=told),
            **subscribed,
        },
    )
    assert not found.notes
    assert found["Worker"].timeout_s == WORKER["Properties"]["Timeout"]
    assert [found[f"To{name}"].endpoint for name in ("Work", "Worker", "Live")] == [
        found[name] for name in ("Work", "Worker", "Live")
    ]
    told_of = {
        name: each.target for name, each in found.by_logical_id.items() if isinstance(each, Notification)
    }
    assert told_of == {
        "Uploads.LambdaConfigurations[0]": found["Live"],
        "Uploads.LambdaConfigurations[1]": found["Worker"],
        "Uploads.QueueConfigurations[0]": found["Work"],
        "Uploads.TopicConfigurations[0]": found["Orders"],
    }


def test_tables_and_endpoints(tmp_path: Path) -> None:
    """With the figures that no template has; a table with two keys and two variants have no word."""
    keys = [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    sage = "AWS::SageMaker"
    variant = {
        "VariantName": "blue",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InstanceType": "ml.m5.xlarge",
        "InitialInstanceCount": 2,
    }
    foreign = {"VariantName": "v", "ModelName": "of-another-stack", "InstanceType": "ml.m5.large"}
    found = stack(
        tmp_path,
        {
            "One": of("AWS::DynamoDB::Table", TableName="one", KeySchema=keys[:1]),
            "Two": of("AWS::DynamoDB::Table", TableName="two", KeySchema=keys),
            "Role": ROLE,
            "Model": of(f"{sage}::Model", ModelName="m", ExecutionRoleArn={"Fn::GetAtt": ["Role", "Arn"]}),
            "Config": of(f"{sage}::EndpointConfig", EndpointConfigName="c", ProductionVariants=[variant]),
            "Ranker": of(
                f"{sage}::Endpoint",
                EndpointName="ranker",
                EndpointConfigName={"Fn::GetAtt": ["Config", "EndpointConfigName"]},
            ),
            "Other": of(f"{sage}::EndpointConfig", EndpointConfigName="o", ProductionVariants=[foreign]),
            "Second": of(f"{sage}::Endpoint", EndpointName="second", EndpointConfigName="o"),
            "Both": of(f"{sage}::Endpoint", EndpointName="both", EndpointConfigName="elsewhere"),
        },
        assume={"Ranker": {"service_time_s": 0.2, "concurrency": 4}},
    )
    ranker = found["Ranker"]

    assert found["One"] == Table("one", "id")
    assert isinstance(ranker, Endpoint)
    assert (ranker.name, ranker.instance_type, ranker.initial_instance_count) == ("ranker", "ml.m5.xlarge", 2)
    assert (ranker.variant_name, ranker.service_time_s, ranker.concurrency) == ("blue", 0.2, 4)
    assert ranker.model.role.name == "worker"
    assert found["Second"].model.name == "of-another-stack"
    assert len(found.notes) == 2
    with pytest.raises(ScenarioError, match="brings its own models"):
        ranker.model.build(None)
