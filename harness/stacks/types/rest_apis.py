"""AWS::ApiGateway: REST APIs with their resources, methods, deployments and stages."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, as_text, output_shape, shown
from harness.stacks.types.rest_import import body_of, put_body

_API = (
    "Name",
    "Description",
    "ApiKeySourceType",
    "BinaryMediaTypes",
    "EndpointConfiguration",
    "MinimumCompressionSize",
    "Policy",
    "DisableExecuteApiEndpoint",
    "Tags",
)


def _call(where: Surroundings, method: str, **arguments: Any) -> Any:
    return where.call("apigateway", method, **arguments)


def _look(where: Surroundings, method: str, **named: str) -> Any:
    """Return what *method* answers in CloudFormation's names, None where it is not there."""
    answer = gone_is_fine(lambda: _call(where, method, **named))
    return None if answer is None else shown(answer, output_shape(where.clients("apigateway"), method))


def _make(where: Surroundings, properties: Properties) -> Made:
    body = body_of(where, properties)
    given = {name: properties[name] for name in _API if name in properties}
    given.setdefault("Name", ((body or {}).get("info") or {}).get("title") or "api")
    arguments = arguments_of(where.clients("apigateway"), "create_rest_api", given)
    api = str(_call(where, "create_rest_api", **arguments)["id"])
    if body is not None:
        with known_as(api):
            put_body(where, api, body)
    return Made(api)


def _root(where: Surroundings, api: str) -> str:
    resources = where.pages("apigateway", "get_resources", "items", restApiId=api)
    return next((str(each["id"]) for each in resources if each["path"] == "/"), "")


def _read(where: Surroundings, api: str, _properties: Properties) -> Seen | None:
    told = _look(where, "get_rest_api", restApiId=api)
    if told is None:
        return None
    found = {
        name: told[name]
        for name in ("Name", "Description", "BinaryMediaTypes", "EndpointConfiguration")
        if told.get(name)
    }
    if tags := as_tags(told.get("Tags")):
        found["Tags"] = tags
    return Seen(found, {"RestApiId": api, "RootResourceId": _root(where, api)})


def _patch(before: Properties, after: Properties, paths: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"op": "replace", "path": path, "value": as_text(after.get(name, ""))}
        for name, path in paths.items()
        if before.get(name) != after.get(name)
    ]


def _change(where: Surroundings, api: str, before: Properties, after: Properties) -> None:
    operations = _patch(before, after, {"Name": "/name", "Description": "/description", "Policy": "/policy"})
    had, wanted = ((each.get("EndpointConfiguration") or {}).get("Types") for each in (before, after))
    if had and wanted and had != wanted:
        path = f"/endpointConfiguration/types/{had[0]}"
        operations.append({"op": "replace", "path": path, "value": str(wanted[0])})
    if operations:
        _call(where, "update_rest_api", restApiId=api, patchOperations=operations)
    if any(before.get(name) != after.get(name) for name in ("Body", "BodyS3Location")):
        put_body(where, api, body_of(where, after) or {})


def _remove(where: Surroundings, api: str, _properties: Properties) -> None:
    gone_is_fine(lambda: _call(where, "delete_rest_api", restApiId=api))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("apigateway", "get_rest_apis", "items"):
        yield each["id"], {}


# -- resources and methods -----


def _make_resource(where: Surroundings, properties: Properties) -> Made:
    given = {"restApiId": properties["RestApiId"], "parentId": properties["ParentId"]}
    return Made(_call(where, "create_resource", pathPart=properties["PathPart"], **given)["id"])


def _read_resource(where: Surroundings, identity: str, properties: Properties) -> Seen | None:
    told = _look(where, "get_resource", restApiId=properties["RestApiId"], resourceId=identity)
    if told is None:
        return None
    found = {name: told[name] for name in ("ParentId", "PathPart") if name in told}
    return Seen({"RestApiId": properties["RestApiId"], **found}, {"ResourceId": identity})


def _remove_resource(where: Surroundings, identity: str, properties: Properties) -> None:
    named = {"restApiId": properties["RestApiId"], "resourceId": identity}
    gone_is_fine(lambda: _call(where, "delete_resource", **named))


_METHOD = (
    "ApiKeyRequired",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
    "RequestModels",
    "RequestParameters",
    "RequestValidatorId",
)


def _method_named(properties: Properties) -> dict[str, str]:
    return {
        "restApiId": str(properties["RestApiId"]),
        "resourceId": str(properties["ResourceId"]),
        "httpMethod": str(properties["HttpMethod"]),
    }


def _make_method(where: Surroundings, properties: Properties) -> Made:
    client, named = where.clients("apigateway"), _method_named(properties)
    given = {name: properties[name] for name in _METHOD if name in properties}
    given.setdefault("AuthorizationType", "NONE")
    _call(where, "put_method", **arguments_of(client, "put_method", given), **named)
    for answer in properties.get("MethodResponses") or ():
        _call(where, "put_method_response", **arguments_of(client, "put_method_response", answer), **named)
    if integration := properties.get("Integration"):
        _integrate(where, named, integration)
    return Made("-".join(named.values()))


def _integrate(where: Surroundings, named: dict[str, str], integration: Properties) -> None:
    client = where.clients("apigateway")
    given = {name: value for name, value in integration.items() if name != "IntegrationResponses"}
    if "IntegrationHttpMethod" in given:
        given["integrationHttpMethod"] = given.pop("IntegrationHttpMethod")
    _call(where, "put_integration", **arguments_of(client, "put_integration", given), **named)
    for answer in integration.get("IntegrationResponses") or ():
        method = "put_integration_response"
        _call(where, method, **arguments_of(client, method, answer), **named)


def _read_method(where: Surroundings, _identity: str, properties: Properties) -> Seen | None:
    named = _method_named(properties)
    told = _look(where, "get_method", **named)
    if told is None:
        return None
    found = {name: told[name] for name in _METHOD if told.get(name)}
    found |= {name: properties[name] for name in ("RestApiId", "ResourceId", "HttpMethod")}
    if integration := told.get("MethodIntegration"):
        found["Integration"] = {
            ("IntegrationHttpMethod" if name == "HttpMethod" else name): value
            for name, value in integration.items()
            if name in ("Type", "Uri", "HttpMethod", "Credentials", "PassthroughBehavior", "TimeoutInMillis")
        }
    return Seen(found)


def _change_method(where: Surroundings, identity: str, before: Properties, after: Properties) -> None:
    _remove_method(where, identity, before)
    _make_method(where, after)


def _remove_method(where: Surroundings, _identity: str, properties: Properties) -> None:
    gone_is_fine(lambda: _call(where, "delete_method", **_method_named(properties)))


# -- deployments and stages -----

_STAGE = (
    "CacheClusterEnabled",
    "CacheClusterSize",
    "ClientCertificateId",
    "DocumentationVersion",
    "TracingEnabled",
    "Variables",
)
_SETTINGS = {
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
    "LoggingLevel": "logging/loglevel",
    "DataTraceEnabled": "logging/dataTrace",
    "MetricsEnabled": "metrics/enabled",
}


def _make_deployment(where: Surroundings, properties: Properties) -> Made:
    about = properties.get("StageDescription") or {}
    given = {
        name: properties[name] for name in ("RestApiId", "StageName", "Description") if name in properties
    }
    given |= {name: about[name] for name in ("TracingEnabled", "Variables") if name in about}
    method = "create_deployment"
    return Made(_call(where, method, **arguments_of(where.clients("apigateway"), method, given))["id"])


def _read_deployment(where: Surroundings, identity: str, properties: Properties) -> Seen | None:
    api = str(properties["RestApiId"])
    told = _look(where, "get_deployment", restApiId=api, deploymentId=identity)
    if told is None:
        return None
    found = {"RestApiId": api} | ({"Description": told["Description"]} if told.get("Description") else {})
    return Seen(found, {"DeploymentId": identity})


def _remove_deployment(where: Surroundings, identity: str, properties: Properties) -> None:
    api = str(properties["RestApiId"])
    if stage := properties.get("StageName"):  # API Gateway keeps a deployment that a stage points to
        gone_is_fine(lambda: _call(where, "delete_stage", restApiId=api, stageName=stage))
    gone_is_fine(lambda: _call(where, "delete_deployment", restApiId=api, deploymentId=identity))


def _make_stage(where: Surroundings, properties: Properties) -> Made:
    given = {
        name: properties[name]
        for name in (*_STAGE, "RestApiId", "StageName", "DeploymentId", "Description")
        if name in properties
    }
    tags = {tag["Key"]: tag["Value"] for tag in as_tags(properties.get("Tags"))}
    method = "create_stage"
    arguments = arguments_of(where.clients("apigateway"), method, given)
    _call(where, method, **arguments, **({"tags": tags} if tags else {}))
    name = str(properties["StageName"])
    with known_as(name):
        _settings(where, {}, properties)
    return Made(name)


def _settings(where: Surroundings, before: Properties, after: Properties) -> None:
    """Put the method settings of a stage, which are patches."""
    if before.get("MethodSettings") == after.get("MethodSettings"):
        return
    operations = []
    for setting in after.get("MethodSettings") or ():
        at = str(setting.get("ResourcePath", "/*")).strip("/").replace("/", "~1") or "*"
        for name, path in _SETTINGS.items():
            if name in setting:
                where_to = f"/{at}/{setting.get('HttpMethod', '*')}/{path}"
                operations.append({"op": "replace", "path": where_to, "value": as_text(setting[name])})
    if operations:
        named = {"restApiId": str(after["RestApiId"]), "stageName": str(after["StageName"])}
        _call(where, "update_stage", **named, patchOperations=operations)


def _read_stage(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    api = str(properties["RestApiId"])
    told = _look(where, "get_stage", restApiId=api, stageName=name)
    if told is None:
        return None
    found = {key: told[key] for key in (*_STAGE, "DeploymentId", "Description") if told.get(key)}
    if tags := as_tags(told.get("Tags")):
        found["Tags"] = tags
    return Seen({"RestApiId": api, "StageName": name, **found})


def _change_stage(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    operations = _patch(before, after, {"DeploymentId": "/deploymentId", "Description": "/description"})
    had, wanted = (each.get("Variables") or {} for each in (before, after))
    operations += [
        {"op": "replace", "path": f"/variables/{key}", "value": str(value)}
        for key, value in wanted.items()
        if had.get(key) != value
    ]
    if operations:
        named = {"restApiId": str(after["RestApiId"]), "stageName": name}
        _call(where, "update_stage", **named, patchOperations=operations)
    _settings(where, before, after)


def _remove_stage(where: Surroundings, name: str, properties: Properties) -> None:
    named = {"restApiId": str(properties["RestApiId"]), "stageName": name}
    gone_is_fine(lambda: _call(where, "delete_stage", **named))


# -- lists -----


def _resources(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for api, _ in _listed(where):
        for each in where.pages("apigateway", "get_resources", "items", restApiId=api):
            if each["path"] != "/":
                yield each["id"], {"RestApiId": api}


def _methods(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for api, _ in _listed(where):
        for each in where.pages("apigateway", "get_resources", "items", restApiId=api):
            for method in each.get("resourceMethods") or ():
                about = {"RestApiId": api, "ResourceId": each["id"], "HttpMethod": method}
                yield "-".join(about.values()), about


def _stages(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for api, _ in _listed(where):
        for each in _call(where, "get_stages", restApiId=api).get("item") or ():
            yield each["stageName"], {"RestApiId": api}


KINDS = (
    Kind("AWS::ApiGateway::RestApi", "apigateway", _make, _read, _remove, _change, listed=_listed),
    Kind(
        "AWS::ApiGateway::Resource",
        "apigateway",
        _make_resource,
        _read_resource,
        _remove_resource,
        listed=_resources,
        twins=("PathPart",),
    ),
    Kind(
        "AWS::ApiGateway::Method",
        "apigateway",
        _make_method,
        _read_method,
        _remove_method,
        _change_method,
        listed=_methods,
        twins=("HttpMethod",),
    ),
    Kind(
        "AWS::ApiGateway::Deployment",
        "apigateway",
        _make_deployment,
        _read_deployment,
        _remove_deployment,
        twins=("Description",),
    ),
    Kind(
        "AWS::ApiGateway::Stage",
        "apigateway",
        _make_stage,
        _read_stage,
        _remove_stage,
        _change_stage,
        listed=_stages,
        twins=("StageName",),
    ),
)
