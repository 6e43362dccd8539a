"""The AWS calls that make functions and what Lambda keeps of them, and those that remove them."""

import re
from collections.abc import Iterator
from typing import Any

from harness.scenario.calls import Call
from harness.scenario.code import package_of
from harness.scenario.functions import LATEST, EventSource, Function, Variable
from harness.scenario.messaging import Queue, Topic
from harness.scenario.resources import Bucket
from harness.scenario.roles import Role
from harness.scenario.spec import Scenario

# AddPermission: what a StatementId may not have.
_NOT_IN_A_SID = re.compile(r"[^a-zA-Z0-9_-]")
# PutFunctionEventInvokeConfig: what Lambda does where nothing is configured.
RETRIES_BY_DEFAULT, MAX_EVENT_AGE_BY_DEFAULT_S = 2, 21_600


def functions(scenario: Scenario, account: str, region: str, url: str) -> Iterator[Call]:
    """Yield the calls that make the functions of *scenario* and permit those they are `invoked_by`.

    Roles, buckets, tables, topics and queues must be there; the queues' addresses begin with *url*. The
    provisioned concurrency is being allocated when the calls are done.
    """
    for function in scenario.functions:
        yield _created(function, account, region, url)
    for function in scenario.functions:
        yield from _versions(function)
        yield from _event_config(function, account, region)
        for one in function.invoked_by:
            for qualifier in qualifiers(function):
                yield _permission(function, qualifier, one, account, region)


def unmaking(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that remove functions, with their versions, aliases, permissions and configurations."""
    for function in reversed(scenario.functions):
        yield Call("lambda", "delete_function", {"FunctionName": function.name}, f"function {function.name}")


def qualifiers(function: Function) -> list[str]:
    """Return what the configuration and the policy of *function* are kept by: "" and each alias."""
    return ["", *(alias.name for alias in function.aliases)]


def named(function: Function, qualifier: str) -> dict[str, str]:
    """Return the arguments that name *function* by *qualifier*."""
    return {"FunctionName": function.name} | ({"Qualifier": qualifier} if qualifier else {})


def permission(function: Function, qualifier: str, sid: str, principal: str, about: dict[str, Any]) -> Call:
    """Return the call that lets *principal* invoke *function*, *about* what source.

    AWS keeps a policy for each qualifier; an emulator that keeps one for all must not meet an id twice.
    """
    told = f"{qualifier}-{sid}" if qualifier else sid
    arguments = {
        **named(function, qualifier),
        "StatementId": _NOT_IN_A_SID.sub("-", told)[:100],
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
        **about,
    }
    alias = f" ({qualifier})" if qualifier else ""
    return Call(
        "lambda", "add_permission", arguments, f"permission of function {function.name}{alias}: {sid}"
    )


def event_source_name(source: EventSource) -> str:
    """Return what calls about *source* are known by."""
    return f"event source {source.queue.aws_name} of function {source.function.name}"


def resolved(value: Variable, account: str, region: str, url: str) -> str:
    """Return a variable of the environment as the function sees it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Queue):
        return f"{url}/{account}/{value.aws_name}"
    return value.arn(region, account) if isinstance(value, Topic | Role) else value.name


def _created(function: Function, account: str, region: str, url: str) -> Call:
    arguments: dict[str, Any] = {
        "FunctionName": function.name,
        "Runtime": function.runtime,
        "Role": function.role.arn(region, account),
        "Handler": function.handler_name,
        "Code": {"ZipFile": package_of(function)},
        "Timeout": function.timeout_s,
        "MemorySize": function.memory_mb,
    }
    if function.environment:
        variables = {
            name: resolved(value, account, region, url) for name, value in function.environment.items()
        }
        arguments["Environment"] = {"Variables": variables}
    if function.dead_letter is not None:
        arguments["DeadLetterConfig"] = {"TargetArn": function.dead_letter.arn(region, account)}
    return Call("lambda", "create_function", arguments, f"function {function.name}")


def _versions(function: Function) -> Iterator[Call]:
    """Yield the calls for the version, the aliases and the concurrency of *function*."""
    what = f"function {function.name}"
    if any(alias.version != LATEST for alias in function.aliases):
        yield Call("lambda", "publish_version", {"FunctionName": function.name}, f"version of {what}")
    for alias in function.aliases:
        arguments = {"FunctionName": function.name, "Name": alias.name, "FunctionVersion": alias.version}
        yield Call("lambda", "create_alias", arguments, f"alias {alias.name} of {what}")
    if function.reserved is not None:
        reserved = {"FunctionName": function.name, "ReservedConcurrentExecutions": function.reserved}
        yield Call("lambda", "put_function_concurrency", reserved, f"reserved concurrency of {what}")
    for alias in function.aliases:
        if alias.provisioned:
            arguments_of = named(function, alias.name) | {
                "ProvisionedConcurrentExecutions": alias.provisioned
            }
            yield Call(
                "lambda",
                "put_provisioned_concurrency_config",
                arguments_of,
                f"provisioned concurrency of {what}:{alias.name}",
            )


def _event_config(function: Function, account: str, region: str) -> Iterator[Call]:
    """Yield what is configured of asynchronous invocations, where it is not what Lambda does by itself."""
    ends = {"OnSuccess": function.on_success, "OnFailure": function.on_failure}
    destinations = {
        name: {"Destination": one.arn(region, account)} for name, one in ends.items() if one is not None
    }
    as_is = (RETRIES_BY_DEFAULT, MAX_EVENT_AGE_BY_DEFAULT_S)
    if (function.retries, function.max_event_age_s) == as_is and not destinations:
        return
    arguments = {
        "MaximumRetryAttempts": function.retries,
        "MaximumEventAgeInSeconds": function.max_event_age_s,
        **({"DestinationConfig": destinations} if destinations else {}),
    }
    for qualifier in qualifiers(function):
        wanted = named(function, qualifier) | arguments
        what = f"asynchronous invocations of function {function.name} {qualifier}".rstrip()
        yield Call("lambda", "put_function_event_invoke_config", wanted, what)


def _permission(
    function: Function, qualifier: str, one: Topic | Bucket | Role | str, account: str, region: str
) -> Call:
    if isinstance(one, Topic):
        about = {"SourceArn": one.arn(region, account)}
        return permission(function, qualifier, f"sns-{one.aws_name}", "sns.amazonaws.com", about)
    if isinstance(one, Bucket):
        # A bucket's ARN names no account: Lambda guide, "Process Amazon S3 event notifications".
        about = {"SourceArn": one.arn(), "SourceAccount": account}
        return permission(function, qualifier, f"s3-{one.name}", "s3.amazonaws.com", about)
    if isinstance(one, Role):
        return permission(function, qualifier, f"role-{one.name}", one.arn(region, account), {})
    return permission(function, qualifier, f"principal-{one}", one, {})
