"""An object in a bucket becomes a message, and the message starts a training job."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy that allows what *statements* say."""
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def trust(service: str) -> str:
    """Return who may assume a role."""
    return policy({"Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"})


trigger = aws.sns.Topic("trigger", name="flow-trigger")
data = aws.s3.Bucket("data", bucket="flow-data")
publish = aws.sns.TopicPolicy(
    "trigger",
    arn=trigger.arn,
    policy=pulumi.Output.all(topic=trigger.arn, bucket=data.arn).apply(
        lambda of: policy(
            {
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": of["topic"],
                "Condition": {"ArnLike": {"aws:SourceArn": of["bucket"]}},
            }
        )
    ),
)
aws.s3.BucketNotification(
    "data",
    bucket=data.id,
    topics=[{"topic_arn": trigger.arn, "events": ["s3:ObjectCreated:*"], "filter_prefix": "incoming/"}],
    opts=pulumi.ResourceOptions(depends_on=[publish]),
)
training = aws.iam.Role("training", name="flow-training", assume_role_policy=trust("sagemaker"))
aws.iam.RolePolicy(
    "data",
    name="data",
    role=training.name,
    policy=data.arn.apply(
        lambda arn: policy(
            {"Action": "s3:ListBucket", "Resource": arn},
            {"Action": "s3:GetObject", "Resource": f"{arn}/prepared/*"},
        )
    ),
)
role = aws.iam.Role("start", name="flow-start", assume_role_policy=trust("lambda"))
aws.iam.RolePolicyAttachment(
    "logs",
    role=role.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
)
aws.iam.RolePolicy(
    "start",
    name="start",
    role=role.name,
    policy=pulumi.Output.all(bucket=data.arn, training=training.arn).apply(
        lambda of: policy(
            {"Action": "s3:GetObject", "Resource": f"{of['bucket']}/incoming/*"},
            {"Action": "s3:PutObject", "Resource": f"{of['bucket']}/prepared/*"},
            {"Action": "sagemaker:CreateTrainingJob", "Resource": "*"},
            {"Action": "iam:PassRole", "Resource": of["training"]},
        )
    ),
)
start = aws.lambda_.Function(
    "start",
    name="flow-start",
    role=role.arn,
    runtime="python3.11",
    handler="start_training.handler",
    timeout=10,
    code=pulumi.FileArchive("../code"),
    environment={"variables": {"TRAINING_ROLE": training.arn}},
)
aws.lambda_.Permission(
    "trigger",
    function=start.name,
    action="lambda:InvokeFunction",
    principal="sns.amazonaws.com",
    source_arn=trigger.arn,
)
aws.sns.TopicSubscription("start", topic=trigger.arn, protocol="lambda", endpoint=start.arn)
