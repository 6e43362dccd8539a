"""AWS::Lambda: what hangs on a function: permissions, event sources, versions, aliases, layers and URLs."""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.stacks.kind import Kind, Listed, Made, Properties, Refused, Seen, Surroundings
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.shaping import arguments_of, document, shown

# -- permissions -----


def _function(text: Any) -> dict[str, str]:
    """Return FunctionName and, where *text* (a name or an ARN) has one, Qualifier."""
    parts = str(text).split(":")
    if parts[0] == "arn":
        name, qualifier = parts[6], parts[7] if len(parts) > 7 else ""
    else:
        name, qualifier = parts[0], parts[1] if len(parts) > 1 else ""
    return {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})


def _permit(where: Surroundings, properties: Properties) -> Made:
    about = _function(properties["FunctionName"])
    given = {name: value for name, value in properties.items() if name not in ("FunctionName", "StatementId")}
    statement = str(properties["StatementId"])
    arguments = arguments_of(where.clients("lambda"), "add_permission", given)
    where.call("lambda", "add_permission", **about, StatementId=statement, **arguments)
    return Made(statement)


def _statements(where: Surroundings, about: Mapping[str, str]) -> list[Any]:
    answer = gone_is_fine(lambda: where.call("lambda", "get_policy", **about))
    return [] if answer is None else document(answer["Policy"])["Statement"]


def _read_permission(where: Surroundings, statement: str, properties: Properties) -> Seen | None:
    for each in _statements(where, _function(properties["FunctionName"])):
        if each.get("Sid") == statement:
            return Seen({"FunctionName": properties["FunctionName"], **_told(each)}, {"Id": statement})
    return None


def _told(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement of a function's policy as the properties that made it."""
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        principal = next(iter(principal.values()))
    found = {"Action": statement["Action"], "Principal": principal}
    names = {"aws:sourcearn": "SourceArn", "aws:sourceaccount": "SourceAccount"}
    for conditions in (statement.get("Condition") or {}).values():
        for key, value in conditions.items():
            if key.lower() in names:
                found[names[key.lower()]] = value
    return found


def _forbid(where: Surroundings, statement: str, properties: Properties) -> None:
    about = _function(properties["FunctionName"])
    gone_is_fine(lambda: where.call("lambda", "remove_permission", **about, StatementId=statement))


def _listed_permissions(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for function in where.pages("lambda", "list_functions", "Functions"):
        name = function["FunctionName"]
        for each in _statements(where, {"FunctionName": name}):
            yield str(each.get("Sid", "")), {"FunctionName": name}


# -- event sources -----

_MAPPING = Plain(
    type="AWS::Lambda::EventSourceMapping",
    service="lambda",
    create="create_event_source_mapping",
    describe="get_event_source_mapping",
    delete="delete_event_source_mapping",
    update="update_event_source_mapping",
    by="UUID",
    ref="UUID",
    attributes={"EventSourceMappingArn": "EventSourceMappingArn", "Id": "UUID"},
    lists=("list_event_source_mappings", "EventSourceMappings", "UUID"),
    twins=("FunctionName", "EventSourceArn"),
)


def _mapping_seen(where: Surroundings, identity: str, properties: Properties) -> Seen | None:
    described = _MAPPING.describe_it(where, identity)
    if described is None:
        return None
    told = shown(*described)
    told["FunctionName"] = _named(str(told.get("FunctionArn", "")))
    told["Enabled"] = told.get("State") not in ("Disabled", "Disabling")
    told = {key: value for key, value in told.items() if value not in ({}, [], "")}
    return _MAPPING.seen(where, identity, told)


def _named(arn: str) -> str:
    return ":".join(arn.split(":")[6:]) or arn


def _mapping_ready(where: Surroundings, identity: str, _properties: Properties) -> str | None:
    told = where.call("lambda", "get_event_source_mapping", UUID=identity)
    return None if told.get("State") in ("Creating", "Enabling", "Updating") else ""


# -- versions, aliases, layers -----


def _publish(where: Surroundings, properties: Properties) -> Made:
    given = {key: properties[key] for key in ("CodeSha256", "Description") if key in properties}
    name = _function(properties["FunctionName"])["FunctionName"]
    made = where.call("lambda", "publish_version", FunctionName=name, **given)
    provision(where, {"FunctionName": name, "Qualifier": made["Version"]}, {}, properties)
    arn = str(made["FunctionArn"])
    return Made(arn if arn.endswith(f":{made['Version']}") else f"{arn}:{made['Version']}")


def provision(where: Surroundings, about: Mapping[str, str], before: Properties, after: Properties) -> None:
    """Bring provisioned concurrency from that of *before* to that of *after*."""
    had, wanted = (
        (each.get("ProvisionedConcurrencyConfig") or {}).get("ProvisionedConcurrentExecutions")
        for each in (before, after)
    )
    if wanted is not None and wanted != had:
        given = {"ProvisionedConcurrentExecutions": int(wanted)}
        where.call("lambda", "put_provisioned_concurrency_config", **about, **given)
    elif had is not None and wanted is None:
        gone_is_fine(lambda: where.call("lambda", "delete_provisioned_concurrency_config", **about))


def _read_version(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    about = _function(arn)
    answer = gone_is_fine(lambda: where.call("lambda", "get_function_configuration", **about))
    if answer is None:
        return None
    found = {"FunctionName": about["FunctionName"]}
    if answer.get("Description"):
        found["Description"] = answer["Description"]
    return Seen(found | _provisioned(where, about), {"Version": answer["Version"], "FunctionArn": arn})


def _provisioned(where: Surroundings, about: Mapping[str, str]) -> dict[str, Any]:
    try:
        told = where.call("lambda", "get_provisioned_concurrency_config", **about)
    except Refused:
        return {}
    wanted = told["RequestedProvisionedConcurrentExecutions"]
    return {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": wanted}}


def _remove_version(where: Surroundings, arn: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("lambda", "delete_function", **_function(arn)))


_ALIAS = ("FunctionName", "FunctionVersion", "Name", "Description", "RoutingConfig")


def _alias_arguments(where: Surroundings, method: str, properties: Properties) -> dict[str, Any]:
    given = {name: properties[name] for name in _ALIAS if name in properties}
    given["FunctionName"] = _function(properties["FunctionName"])["FunctionName"]
    routing = (given.pop("RoutingConfig", None) or {}).get("AdditionalVersionWeights")
    arguments = arguments_of(where.clients("lambda"), method, given)
    if routing is not None:
        weights = {one["FunctionVersion"]: float(one["FunctionWeight"]) for one in routing}
        arguments["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    return arguments


def _alias(where: Surroundings, properties: Properties) -> Made:
    made = where.call("lambda", "create_alias", **_alias_arguments(where, "create_alias", properties))
    arn = str(made["AliasArn"])
    provision(where, _function(arn), {}, properties)
    return Made(arn)


def _read_alias(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    about = _function(arn)
    named = {"FunctionName": about["FunctionName"], "Name": about["Qualifier"]}
    answer = gone_is_fine(lambda: where.call("lambda", "get_alias", **named))
    if answer is None:
        return None
    found = {key: answer[key] for key in ("Name", "FunctionVersion", "Description") if answer.get(key)}
    found["FunctionName"] = about["FunctionName"]
    weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if weights:
        routing = [{"FunctionVersion": name, "FunctionWeight": value} for name, value in weights.items()]
        found["RoutingConfig"] = {"AdditionalVersionWeights": routing}
    return Seen(found | _provisioned(where, about), {"AliasArn": arn})


def _change_alias(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    where.call("lambda", "update_alias", **_alias_arguments(where, "update_alias", after))
    provision(where, _function(arn), before, after)


def _remove_alias(where: Surroundings, arn: str, _properties: Properties) -> None:
    about = _function(arn)
    named = {"FunctionName": about["FunctionName"], "Name": about["Qualifier"]}
    gone_is_fine(lambda: where.call("lambda", "delete_alias", **named))


def _make_layer(where: Surroundings, properties: Properties) -> Made:
    arguments = arguments_of(where.clients("lambda"), "publish_layer_version", properties)
    return Made(where.call("lambda", "publish_layer_version", **arguments)["LayerVersionArn"])


def _layer(arn: str) -> dict[str, Any]:
    return {"LayerName": arn.split(":")[6], "VersionNumber": int(arn.rpartition(":")[2])}


def _read_layer(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("lambda", "get_layer_version", **_layer(arn)))
    if answer is None:
        return None
    found = {"LayerName": _layer(arn)["LayerName"]}
    for key in ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"):
        if answer.get(key):
            found[key] = answer[key]
    return Seen(found, {"LayerVersionArn": arn})


def _remove_layer(where: Surroundings, arn: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("lambda", "delete_layer_version", **_layer(arn)))


# -- URLs and asynchronous invocation -----


def _url_arguments(where: Surroundings, method: str, properties: Properties) -> dict[str, Any]:
    given = {name: value for name, value in properties.items() if name != "TargetFunctionArn"}
    about = _function(properties["TargetFunctionArn"])
    return arguments_of(where.clients("lambda"), method, given) | about


def _make_url(where: Surroundings, properties: Properties) -> Made:
    arguments = _url_arguments(where, "create_function_url_config", properties)
    return Made(where.call("lambda", "create_function_url_config", **arguments)["FunctionArn"])


def _read_url(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("lambda", "get_function_url_config", **_function(arn)))
    if answer is None:
        return None
    found = {"TargetFunctionArn": arn, "AuthType": answer["AuthType"]}
    found |= {key: answer[key] for key in ("Cors", "InvokeMode") if answer.get(key)}
    return Seen(found, {"FunctionUrl": answer["FunctionUrl"], "FunctionArn": answer["FunctionArn"]})


def _change_url(where: Surroundings, _arn: str, _before: Properties, after: Properties) -> None:
    arguments = _url_arguments(where, "update_function_url_config", after)
    where.call("lambda", "update_function_url_config", **arguments)


def _remove_url(where: Surroundings, arn: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("lambda", "delete_function_url_config", **_function(arn)))


def _invoke_config(where: Surroundings, properties: Properties) -> Made:
    method = "put_function_event_invoke_config"
    where.call("lambda", method, **arguments_of(where.clients("lambda"), method, properties))
    return Made(f"{properties['FunctionName']}|{properties['Qualifier']}")


def _read_invoke_config(where: Surroundings, _identity: str, properties: Properties) -> Seen | None:
    about = {key: str(properties[key]) for key in ("FunctionName", "Qualifier")}
    answer = gone_is_fine(lambda: where.call("lambda", "get_function_event_invoke_config", **about))
    if answer is None:
        return None
    known = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    return Seen(about | {key: answer[key] for key in known if answer.get(key) is not None})


def _change_invoke_config(
    where: Surroundings, _identity: str, _before: Properties, after: Properties
) -> None:
    _invoke_config(where, after)


def _remove_invoke_config(where: Surroundings, _identity: str, properties: Properties) -> None:
    about = {key: str(properties[key]) for key in ("FunctionName", "Qualifier")}
    gone_is_fine(lambda: where.call("lambda", "delete_function_event_invoke_config", **about))


# -- lists -----


def _of_functions(method: str, key: str, member: str) -> Listed:
    """Return a `listed` that asks *method* of every function; what Ref gives is *member* of each entry."""

    def listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
        for function in where.pages("lambda", "list_functions", "Functions"):
            name = function["FunctionName"]
            for each in where.pages("lambda", method, key, FunctionName=name):
                yield each[member], {"FunctionName": name}

    return listed


def _versions(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    published = _of_functions("list_versions_by_function", "Versions", "FunctionArn")(where)
    for arn, about in published:
        if arn.rpartition(":")[2].isdecimal():
            yield arn, {"FunctionName": about["FunctionName"]}


def _invoke_configs(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    found = _of_functions("list_function_event_invoke_configs", "FunctionEventInvokeConfigs", "FunctionArn")(
        where
    )
    for arn, about in found:
        qualifier = _function(arn).get("Qualifier", "$LATEST")
        yield f"{about['FunctionName']}|{qualifier}", {**about, "Qualifier": qualifier}


def _urls(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for arn, _ in _of_functions("list_function_url_configs", "FunctionUrlConfigs", "FunctionArn")(where):
        yield arn, {"TargetFunctionArn": arn}


def _layers(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for layer in where.pages("lambda", "list_layers", "Layers"):
        yield layer["LatestMatchingVersion"]["LayerVersionArn"], {}


KINDS = (
    Kind(
        "AWS::Lambda::Permission",
        "lambda",
        _permit,
        _read_permission,
        _forbid,
        listed=_listed_permissions,
        twins=("FunctionName", "Action", "Principal", "SourceArn"),
    ),
    _MAPPING.kind(read=_mapping_seen, ready=_mapping_ready),
    Kind(
        "AWS::Lambda::Version",
        "lambda",
        _publish,
        _read_version,
        _remove_version,
        listed=_versions,
        twins=("FunctionName", "Description"),
    ),
    Kind(
        "AWS::Lambda::Alias",
        "lambda",
        _alias,
        _read_alias,
        _remove_alias,
        _change_alias,
        listed=_of_functions("list_aliases", "Aliases", "AliasArn"),
        twins=("FunctionName", "Name"),
    ),
    Kind("AWS::Lambda::LayerVersion", "lambda", _make_layer, _read_layer, _remove_layer, listed=_layers),
    Kind(
        "AWS::Lambda::Url",
        "lambda",
        _make_url,
        _read_url,
        _remove_url,
        _change_url,
        listed=_urls,
        twins=("TargetFunctionArn",),
    ),
    Kind(
        "AWS::Lambda::EventInvokeConfig",
        "lambda",
        _invoke_config,
        _read_invoke_config,
        _remove_invoke_config,
        _change_invoke_config,
        listed=_invoke_configs,
        twins=("FunctionName", "Qualifier"),
    ),
)
