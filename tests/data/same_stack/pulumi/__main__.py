"""Jobs from a topic through a queue to a function, beside an endpoint that scales."""

import json

import pulumi
import pulumi_aws as aws

prefix = pulumi.Config().require("prefix")
jobs = aws.sns.Topic("jobs", name=f"{prefix}-jobs")
dead = aws.sqs.Queue("dead", name=f"{prefix}-dead", message_retention_seconds=14 * 24 * 3600)
queue = aws.sqs.Queue(
    "queue",
    name=f"{prefix}-queue",
    visibility_timeout_seconds=60,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})),
)
aws.sqs.QueuePolicy(
    "queue",
    queue_url=queue.url,
    policy=aws.iam.get_policy_document_output(
        statements=[
            {
                "actions": ["sqs:SendMessage"],
                "resources": [queue.arn],
                "principals": [{"type": "Service", "identifiers": ["sns.amazonaws.com"]}],
                "conditions": [{"test": "ArnEquals", "variable": "aws:SourceArn", "values": [jobs.arn]}],
            }
        ]
    ).json,
)
aws.sns.TopicSubscription(
    "queue",
    topic=jobs.arn,
    protocol="sqs",
    endpoint=queue.arn,
    raw_message_delivery=True,
    filter_policy=json.dumps({"kind": ["train"]}),
)


def trust(service: str) -> str:
    """Return who may assume a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Action": "sts:AssumeRole"}]})


def may_receive(arn: str) -> str:
    """Return what the worker may do with its queue."""
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": arn}]}
    )


role = aws.iam.Role("worker", name=f"{prefix}-worker", assume_role_policy=trust("lambda"))
aws.iam.RolePolicyAttachment(
    "logs",
    role=role.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
)
aws.iam.RolePolicy("queue", name="queue", role=role.id, policy=queue.arn.apply(may_receive))

model_role = aws.iam.Role("model", name=f"{prefix}-model", assume_role_policy=trust("sagemaker"))
model = aws.sagemaker.Model(
    "model",
    name=f"{prefix}-model",
    execution_role_arn=model_role.arn,
    primary_container={
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/model:1",
        "environment": {"HARNESS_MODEL": "echo"},
    },
)
config = aws.sagemaker.EndpointConfiguration(
    "config",
    name=f"{prefix}-config",
    production_variants=[
        {
            "variant_name": "AllTraffic",
            "model_name": model.name,
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
        }
    ],
)
endpoint = aws.sagemaker.Endpoint("endpoint", name=f"{prefix}-endpoint", endpoint_config_name=config.name)
worker = aws.lambda_.Function(
    "worker",
    name=f"{prefix}-worker",
    role=role.arn,
    runtime="python3.12",
    handler="worker.handler",
    timeout=10,
    memory_size=256,
    code=pulumi.FileArchive("../code"),
    environment={"variables": {"ENDPOINT": endpoint.name}},
)
aws.lambda_.EventSourceMapping(
    "queue",
    event_source_arn=queue.arn,
    function_name=worker.name,
    batch_size=5,
    function_response_types=["ReportBatchItemFailures"],
)
target = aws.appautoscaling.Target(
    "endpoint",
    service_namespace="sagemaker",
    scalable_dimension="sagemaker:variant:DesiredInstanceCount",
    resource_id=pulumi.Output.concat("endpoint/", endpoint.name, "/variant/AllTraffic"),
    min_capacity=1,
    max_capacity=4,
)
aws.appautoscaling.Policy(
    "endpoint",
    name=f"{prefix}-invocations",
    policy_type="TargetTrackingScaling",
    service_namespace=target.service_namespace,
    scalable_dimension=target.scalable_dimension,
    resource_id=target.resource_id,
    target_tracking_scaling_policy_configuration={
        "target_value": 600,
        "scale_in_cooldown": 600,
        "scale_out_cooldown": 300,
        "predefined_metric_specification": {
            "predefined_metric_type": "SageMakerVariantInvocationsPerInstance"
        },
    },
)
pulumi.export("topic", jobs.arn)
