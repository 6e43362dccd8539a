"""AWS calls as the resources that they make: CreateQueue becomes an AWS::SQS::Queue with its properties.

What a call has no property for is left out; what CloudFormation calls otherwise is renamed here.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from harness.scenario.calls import Call, FromAnswer
from harness.templates.model import Resource

Properties = dict[str, Any]
Made = Iterator[tuple[str, str, Properties]]
"""Logical id, type and properties."""


def resources_of(calls: Iterable[Call], file: str = "") -> Iterator[Resource]:
    """Yield the resources that *calls* make, in their order, with *file* for their place."""
    found: dict[str, tuple[str, Properties]] = {}
    for call in calls:
        make = _MAKERS.get((call.service, call.method))
        arguments = {name: _known(value) for name, value in call.arguments.items()}
        for logical_id, kind, properties in make(arguments, call.what) if make is not None else ():
            if logical_id in found:
                _merge(found[logical_id][1], properties)
            else:
                found[logical_id] = (kind, properties)
    for logical_id, (kind, properties) in found.items():
        yield Resource(address(logical_id), kind, properties, file=file, extra={})


def address(what: str) -> str:
    """Return the logical id of what people call "queue jobs": `queue.jobs`; of longer words themselves."""
    kind, _, name = what.partition(" ")
    return f"{kind}.{name}" if name and " " not in name else what


def _known(value: Any) -> Any:
    """Return *value* with a name of its own in place of what only an answer says."""
    if isinstance(value, FromAnswer):
        return value.form.replace("{}", value.what.replace(" ", "-"))
    return [_known(each) for each in value] if isinstance(value, list) else value


def _merge(into: Properties, more: Properties) -> None:
    """Put what a later call says of a resource beside what an earlier one said; lists grow."""
    for name, value in more.items():
        if isinstance(into.get(name), list) and isinstance(value, list):
            into[name] = [*into[name], *value]
        else:
            into[name] = value


def _document(given: Any) -> Any:
    return json.loads(given) if isinstance(given, str) else given


def _whole(kind: str) -> Callable[[Properties, str], Made]:
    """Return what makes a resource of *kind* whose properties are called as the call's arguments are."""

    def make(arguments: Properties, what: str) -> Made:
        yield what, kind, arguments

    return make


# -- IAM and S3 -----


def _role(arguments: Properties, what: str) -> Made:
    trust = _document(arguments["AssumeRolePolicyDocument"])
    yield what, "AWS::IAM::Role", {"RoleName": arguments["RoleName"], "AssumeRolePolicyDocument": trust}


def _managed_policy(arguments: Properties, what: str) -> Made:
    document = _document(arguments["PolicyDocument"])
    properties = {"ManagedPolicyName": arguments["PolicyName"], "PolicyDocument": document}
    yield what, "AWS::IAM::ManagedPolicy", properties


def _inline(arguments: Properties, _: str) -> Made:
    policy = {"PolicyName": arguments["PolicyName"], "PolicyDocument": _document(arguments["PolicyDocument"])}
    yield f"role {arguments['RoleName']}", "AWS::IAM::Role", {"Policies": [policy]}


def _attached(arguments: Properties, _: str) -> Made:
    yield f"role {arguments['RoleName']}", "AWS::IAM::Role", {"ManagedPolicyArns": [arguments["PolicyArn"]]}


def _boundary(arguments: Properties, _: str) -> Made:
    limit = {"PermissionsBoundary": arguments["PermissionsBoundary"]}
    yield f"role {arguments['RoleName']}", "AWS::IAM::Role", limit


def _bucket(arguments: Properties, what: str) -> Made:
    # What S3 gives every new bucket: S3 user guide, "Setting default server-side encryption behavior".
    by_default = {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    }
    yield what, "AWS::S3::Bucket", {"BucketName": arguments["Bucket"], "BucketEncryption": by_default}


def _bucket_policy(arguments: Properties, what: str) -> Made:
    properties = {"Bucket": arguments["Bucket"], "PolicyDocument": _document(arguments["Policy"])}
    yield what, "AWS::S3::BucketPolicy", properties


def _notifications(arguments: Properties, _: str) -> Made:
    """S3's names of the configurations, and CloudFormation's."""
    given = arguments["NotificationConfiguration"]
    named = (
        ("LambdaFunctionConfigurations", "LambdaConfigurations", "LambdaFunctionArn", "Function"),
        ("QueueConfigurations", "QueueConfigurations", "QueueArn", "Queue"),
        ("TopicConfigurations", "TopicConfigurations", "TopicArn", "Topic"),
    )
    configuration: Properties = {}
    for theirs, ours, arn, target in named:
        for each in given.get(theirs, ()):
            rules = each.get("Filter", {}).get("Key", {}).get("FilterRules", [])
            for event in each["Events"]:
                entry = {"Event": event, target: each[arn], "Filter": {"S3Key": {"Rules": rules}}}
                configuration.setdefault(ours, []).append(entry)
    yield f"bucket {arguments['Bucket']}", "AWS::S3::Bucket", {"NotificationConfiguration": configuration}


# -- messages and tables -----


def _topic(arguments: Properties, what: str) -> Made:
    attributes = dict(arguments.get("Attributes", {}))
    policy = attributes.pop("Policy", None)
    yield what, "AWS::SNS::Topic", {"TopicName": arguments["Name"], **attributes}
    if policy is not None:
        properties = {"Topics": [arguments["Name"]], "PolicyDocument": _document(policy)}
        yield f"policy of {what}", "AWS::SNS::TopicPolicy", properties


def _queue(arguments: Properties, what: str) -> Made:
    attributes = dict(arguments.get("Attributes", {}))
    policy, redrive = attributes.pop("Policy", None), attributes.pop("RedrivePolicy", None)
    if redrive is not None:
        attributes["RedrivePolicy"] = _document(redrive)
    yield what, "AWS::SQS::Queue", {"QueueName": arguments["QueueName"], **attributes}
    if policy is not None:
        properties = {"Queues": [arguments["QueueName"]], "PolicyDocument": _document(policy)}
        yield f"policy of {what}", "AWS::SQS::QueuePolicy", properties


def _subscription(arguments: Properties, what: str) -> Made:
    attributes = dict(arguments.get("Attributes", {}))
    if "FilterPolicy" in attributes:
        attributes["FilterPolicy"] = _document(attributes["FilterPolicy"])
    named = {name: arguments[name] for name in ("TopicArn", "Protocol", "Endpoint")}
    yield what, "AWS::SNS::Subscription", named | attributes


# -- functions and what starts them -----


def _function(arguments: Properties, what: str) -> Made:
    yield what, "AWS::Lambda::Function", {k: v for k, v in arguments.items() if k != "Code"}


def _reserved(arguments: Properties, _: str) -> Made:
    most = {"ReservedConcurrentExecutions": arguments["ReservedConcurrentExecutions"]}
    yield f"function {arguments['FunctionName']}", "AWS::Lambda::Function", most


def _provisioned(arguments: Properties, _: str) -> Made:
    count = {"ProvisionedConcurrentExecutions": arguments["ProvisionedConcurrentExecutions"]}
    logical_id = f"alias {arguments['Qualifier']} of function {arguments['FunctionName']}"
    yield logical_id, "AWS::Lambda::Alias", {"ProvisionedConcurrencyConfig": count}


def _permission(arguments: Properties, what: str) -> Made:
    qualifier = arguments.get("Qualifier", "")
    name = arguments["FunctionName"] + (f":{qualifier}" if qualifier else "")
    given = {name: value for name, value in arguments.items() if name not in ("StatementId", "Qualifier")}
    yield what, "AWS::Lambda::Permission", given | {"FunctionName": name}


def _rule(arguments: Properties, what: str) -> Made:
    pattern = {"EventPattern": _document(arguments["EventPattern"])} if "EventPattern" in arguments else {}
    yield what, "AWS::Events::Rule", arguments | pattern


def _targets(arguments: Properties, _: str) -> Made:
    yield f"rule {arguments['Rule']}", "AWS::Events::Rule", {"Targets": arguments["Targets"]}


# -- endpoints and their scaling -----


def _scheduled(arguments: Properties, _: str) -> Made:
    name = str(arguments["ResourceId"]).split("/")[1]
    action = {"ScheduledActionName": arguments["ScheduledActionName"], "Schedule": arguments["Schedule"]}
    logical_id = f"scalable target of {name}"
    yield logical_id, "AWS::ApplicationAutoScaling::ScalableTarget", {"ScheduledActions": [action]}


_MAKERS: Mapping[tuple[str, str], Callable[[Properties, str], Made]] = {
    ("iam", "create_role"): _role,
    ("iam", "create_policy"): _managed_policy,
    ("iam", "put_role_policy"): _inline,
    ("iam", "attach_role_policy"): _attached,
    ("iam", "put_role_permissions_boundary"): _boundary,
    ("s3", "create_bucket"): _bucket,
    ("s3", "put_bucket_policy"): _bucket_policy,
    ("s3", "put_bucket_notification_configuration"): _notifications,
    ("sns", "create_topic"): _topic,
    ("sns", "subscribe"): _subscription,
    ("sqs", "create_queue"): _queue,
    ("dynamodb", "create_table"): _whole("AWS::DynamoDB::Table"),
    ("lambda", "create_function"): _function,
    ("lambda", "create_alias"): _whole("AWS::Lambda::Alias"),
    ("lambda", "put_function_concurrency"): _reserved,
    ("lambda", "put_provisioned_concurrency_config"): _provisioned,
    ("lambda", "put_function_event_invoke_config"): _whole("AWS::Lambda::EventInvokeConfig"),
    ("lambda", "add_permission"): _permission,
    ("lambda", "create_event_source_mapping"): _whole("AWS::Lambda::EventSourceMapping"),
    ("events", "put_rule"): _rule,
    ("events", "put_targets"): _targets,
    ("apigatewayv2", "create_api"): _whole("AWS::ApiGatewayV2::Api"),
    ("apigatewayv2", "create_integration"): _whole("AWS::ApiGatewayV2::Integration"),
    ("sagemaker", "create_model"): _whole("AWS::SageMaker::Model"),
    ("sagemaker", "create_endpoint_config"): _whole("AWS::SageMaker::EndpointConfig"),
    ("sagemaker", "create_endpoint"): _whole("AWS::SageMaker::Endpoint"),
    ("application-autoscaling", "register_scalable_target"): _whole(
        "AWS::ApplicationAutoScaling::ScalableTarget"
    ),
    ("application-autoscaling", "put_scaling_policy"): _whole("AWS::ApplicationAutoScaling::ScalingPolicy"),
    ("application-autoscaling", "put_scheduled_action"): _scheduled,
    ("cloudwatch", "put_metric_alarm"): _whole("AWS::CloudWatch::Alarm"),
}
