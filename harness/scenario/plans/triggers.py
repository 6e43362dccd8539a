"""The AWS calls that let functions be triggered, and those that end it; what may fire comes last."""

import json
from collections.abc import Iterator
from typing import Any

from harness.scenario.calls import Call, FromAnswer
from harness.scenario.functions import EventSource, Function, Invocable, QualifiedFunction, function_of
from harness.scenario.messaging import Queue, Subscription
from harness.scenario.plans.functions import event_source_name, permission
from harness.scenario.resources import Bucket
from harness.scenario.spec import Scenario
from harness.scenario.triggers import HttpApi, Notification, Rule, Target, Timer

# By which name a bucket's configuration has each kind of target, and its ARN: S3 API reference,
# NotificationConfiguration.
_KINDS = {
    "lambda": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    "sqs": ("QueueConfigurations", "QueueArn"),
    "sns": ("TopicConfigurations", "TopicArn"),
}


def triggering(scenario: Scenario, account: str, region: str) -> Iterator[Call]:
    """Yield the calls that connect functions with what triggers them. All else must be there and ready, for
    from now on messages are polled and timers fire."""
    for api in scenario.http_apis:
        yield from _api(api, account, region)
    for subscription in scenario.subscriptions:
        if isinstance(subscription.endpoint, Function | QualifiedFunction):
            yield _subscription(subscription, subscription.endpoint, account, region)
    for bucket in dict.fromkeys(one.bucket for one in scenario.notifications):
        told = [one for one in scenario.notifications if one.bucket == bucket]
        yield _notifications(bucket, told, account, region)
    for source in scenario.event_sources:
        yield _event_source(source, account, region)
    for rule in scenario.rules:
        yield from _rule(rule, account, region)


def stopping(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that let timers fire no more; their rules stay."""
    for rule in scenario.rules:
        if isinstance(rule, Timer):
            yield Call("events", "disable_rule", {"Name": rule.name}, f"end of {_what(rule)}")


def untriggering(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that end it, before the functions go: nobody is to be delivered to nothing.

    Subscriptions, mappings and APIs are those that `triggering` was answered.
    """
    for rule in reversed(scenario.rules):
        ids = [str(number) for number, _ in enumerate(rule.targets)]
        yield Call("events", "remove_targets", {"Rule": rule.name, "Ids": ids}, f"targets of {_what(rule)}")
        yield Call("events", "delete_rule", {"Name": rule.name}, _what(rule))
    for source in reversed(scenario.event_sources):
        what = event_source_name(source)
        yield Call(
            "lambda", "delete_event_source_mapping", {"UUID": FromAnswer(what, "UUID")}, f"end of {what}"
        )
    for bucket in dict.fromkeys(one.bucket for one in scenario.notifications):
        nothing = {"Bucket": bucket.name, "NotificationConfiguration": {}}
        what = f"end of notifications of bucket {bucket.name}"
        yield Call("s3", "put_bucket_notification_configuration", nothing, what)
    for subscription in scenario.subscriptions:
        if isinstance(subscription.endpoint, Function | QualifiedFunction):
            arn = {"SubscriptionArn": FromAnswer(subscription.label, "SubscriptionArn")}
            yield Call("sns", "unsubscribe", arn, f"end of {subscription.label}")
    for api in reversed(scenario.http_apis):
        yield Call("apigatewayv2", "delete_api", {"ApiId": api_id(api)}, f"end of {_what(api)}")


def api_id(api: HttpApi, form: str = "{}") -> FromAnswer:
    """Return what stands for the id of *api*, which API Gateway chooses, in text of that *form*."""
    return FromAnswer(_what(api), "ApiId", form)


def _what(one: HttpApi | Rule | Timer) -> str:
    return f"HTTP API {one.name}" if isinstance(one, HttpApi) else f"rule {one.name}"


def _api(api: HttpApi, account: str, region: str) -> Iterator[Call]:
    what = _what(api)
    yield Call("apigatewayv2", "create_api", {"Name": api.name, "ProtocolType": "HTTP"}, what)
    integration: dict[str, Any] = {
        "ApiId": api_id(api),
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": api.function.arn(region, account),
        "PayloadFormatVersion": "2.0",
    }
    yield Call("apigatewayv2", "create_integration", integration, f"integration of {what}")
    target = FromAnswer(f"integration of {what}", "IntegrationId", "integrations/{}")
    routed = {"ApiId": api_id(api), "RouteKey": api.route, "Target": target}
    yield Call("apigatewayv2", "create_route", routed, f"route of {what}")
    stage = {"ApiId": api_id(api), "StageName": "$default", "AutoDeploy": True}
    yield Call("apigatewayv2", "create_stage", stage, f"stage of {what}")
    if api.permitted:
        # Lambda guide, "Using Lambda with API Gateway": API/STAGE/METHOD/PATH, the default route by its name.
        route = "$default" if api.route == "$default" else f"*{api.path}"
        source = api_id(api, f"arn:aws:execute-api:{region}:{account}:{{}}/*/{route}")
        yield _permitted(api.function, f"apigateway-{api.name}", "apigateway", source)


def _subscription(one: Subscription, function: Invocable, account: str, region: str) -> Call:
    attributes: dict[str, str] = {}
    if one.filter_policy is not None:
        attributes = {"FilterPolicyScope": one.filter_scope, "FilterPolicy": json.dumps(one.filter_policy)}
    arguments = {
        "TopicArn": one.topic.arn(region, account),
        "Protocol": "lambda",
        "Endpoint": function.arn(region, account),
        "ReturnSubscriptionArn": True,
        **({"Attributes": attributes} if attributes else {}),
    }
    return Call("sns", "subscribe", arguments, one.label)


def _notifications(bucket: Bucket, told: list[Notification], account: str, region: str) -> Call:
    """Return the call that sets what *bucket* tells: the whole of it, for S3 keeps one configuration."""
    configuration: dict[str, list[dict[str, Any]]] = {}
    for number, one in enumerate(told):
        arn = one.target.arn(region, account)
        kind, member = _KINDS[arn.split(":")[2]]
        entry: dict[str, Any] = {"Id": f"notification-{number}", member: arn, "Events": list(one.events)}
        rules = [{"Name": name, "Value": getattr(one, name)} for name in ("prefix", "suffix")]
        if rules := [rule for rule in rules if rule["Value"]]:
            entry["Filter"] = {"Key": {"FilterRules": rules}}
        configuration.setdefault(kind, []).append(entry)
    arguments = {"Bucket": bucket.name, "NotificationConfiguration": configuration}
    what = f"notifications of bucket {bucket.name}"
    return Call("s3", "put_bucket_notification_configuration", arguments, what)


def _event_source(source: EventSource, account: str, region: str) -> Call:
    arguments: dict[str, Any] = {
        "EventSourceArn": source.queue.arn(region, account),
        "FunctionName": source.function.arn(region, account),
        "BatchSize": source.batch_size,
    }
    if source.window_s:
        arguments["MaximumBatchingWindowInSeconds"] = source.window_s
    if source.maximum_concurrency is not None:
        arguments["ScalingConfig"] = {"MaximumConcurrency": source.maximum_concurrency}
    if source.reports_item_failures:
        arguments["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    if source.filters:
        patterns = [{"Pattern": json.dumps(pattern)} for pattern in source.filters]
        arguments["FilterCriteria"] = {"Filters": patterns}
    return Call("lambda", "create_event_source_mapping", arguments, event_source_name(source))


def _rule(rule: Timer | Rule, account: str, region: str) -> Iterator[Call]:
    """Yield the calls of one rule; its targets come last, with them it begins to act."""
    when = (
        {"ScheduleExpression": rule.schedule}
        if isinstance(rule, Timer)
        else {"EventPattern": json.dumps(rule.pattern)}
    )
    yield Call("events", "put_rule", {"Name": rule.name, "State": "ENABLED", **when}, _what(rule))
    for function in dict.fromkeys(
        one for one in rule.targets if isinstance(one, Function | QualifiedFunction)
    ):
        if rule.permitted:
            yield _permitted(function, f"events-{rule.name}", "events", rule.arn(region, account))
    targets = [_target(rule, number, one, account, region) for number, one in enumerate(rule.targets)]
    yield Call("events", "put_targets", {"Rule": rule.name, "Targets": targets}, f"targets of {_what(rule)}")


def _target(rule: Timer | Rule, number: int, one: Target, account: str, region: str) -> dict[str, Any]:
    target: dict[str, Any] = {"Id": str(number), "Arn": one.arn(region, account)}
    if isinstance(rule, Timer) and rule.input is not None:
        target["Input"] = json.dumps(rule.input)
    if isinstance(one, Queue) and one.fifo:
        target["SqsParameters"] = {"MessageGroupId": rule.name}
    return target


def _permitted(one: Invocable, sid: str, service: str, source: str | FromAnswer) -> Call:
    qualifier = one.qualifier if isinstance(one, QualifiedFunction) else ""
    about = {"SourceArn": source}
    return permission(function_of(one), qualifier, sid, f"{service}.amazonaws.com", about)
