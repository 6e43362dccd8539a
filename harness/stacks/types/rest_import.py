"""A REST API from its OpenAPI definition: the resources, methods and integrations that stand in it.

API Gateway developer guide, "OpenAPI extensions for API Gateway". An emulator that has no PutRestApi has the
calls that make them one by one.
"""

from collections.abc import Mapping
from typing import Any

from harness.stacks.kind import Properties, Surroundings
from harness.stacks.shaping import as_text, document

_VERBS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_ANY, _INTEGRATION = "x-amazon-apigateway-any-method", "x-amazon-apigateway-integration"
# Members of the extension that PutIntegration has, under its names.
_MEMBERS = {
    "uri": "uri",
    "credentials": "credentials",
    "passthroughBehavior": "passthroughBehavior",
    "requestTemplates": "requestTemplates",
    "requestParameters": "requestParameters",
    "timeoutInMillis": "timeoutInMillis",
    "cacheKeyParameters": "cacheKeyParameters",
}


def body_of(where: Surroundings, properties: Properties) -> Mapping[str, Any] | None:
    """Return the definition that a RestApi is given, from the template or from S3; None without one."""
    body = properties.get("Body")
    if body is None and "BodyS3Location" in properties:
        at = properties["BodyS3Location"]
        body = where.call("s3", "get_object", Bucket=at["Bucket"], Key=at["Key"])["Body"].read().decode()
    if body is None:
        return None
    found = document(body) if isinstance(body, str) else body
    return found if isinstance(found, Mapping) else {}


def put_body(where: Surroundings, api: str, body: Mapping[str, Any]) -> None:
    """Let *api* have what *body* says, and nothing else."""
    _clear(where, api)
    resources = {"/": _root(where, api)}
    for path, operations in (body.get("paths") or {}).items():
        resource = _resource(where, api, path, resources)
        for verb, operation in operations.items():
            if verb.lower() in _VERBS or verb == _ANY:
                _method(where, api, resource, "ANY" if verb == _ANY else verb.upper(), operation)


def _call(where: Surroundings, method: str, **arguments: Any) -> Any:
    return where.call("apigateway", method, **arguments)


def _all(where: Surroundings, api: str) -> list[Any]:
    return where.pages("apigateway", "get_resources", "items", restApiId=api)


def _root(where: Surroundings, api: str) -> str:
    return next(str(each["id"]) for each in _all(where, api) if each["path"] == "/")


def _clear(where: Surroundings, api: str) -> None:
    for each in _all(where, api):
        if each["path"].count("/") == 1 and each["path"] != "/":
            _call(where, "delete_resource", restApiId=api, resourceId=each["id"])
        for verb in (each.get("resourceMethods") or ()) if each["path"] == "/" else ():
            _call(where, "delete_method", restApiId=api, resourceId=each["id"], httpMethod=verb)


def _resource(where: Surroundings, api: str, path: str, known: dict[str, str]) -> str:
    """Return the id of the resource at *path*, made with those above it where it is not there."""
    if path not in known:
        above, _, part = path.rstrip("/").rpartition("/")
        parent = _resource(where, api, above or "/", known)
        made = _call(where, "create_resource", restApiId=api, parentId=parent, pathPart=part)
        known[path] = str(made["id"])
    return known[path]


def _method(where: Surroundings, api: str, resource: str, verb: str, operation: Mapping[str, Any]) -> None:
    named = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
    is_signed = any("sigv4" in each for each in operation.get("security") or ())
    _call(where, "put_method", **named, authorizationType="AWS_IAM" if is_signed else "NONE")
    told = operation.get(_INTEGRATION)
    if not isinstance(told, Mapping):
        return
    given = {member: told[name] for name, member in _MEMBERS.items() if name in told}
    if "httpMethod" in told:
        given["integrationHttpMethod"] = str(told["httpMethod"]).upper()
    _call(where, "put_integration", **named, type=str(told.get("type", "aws_proxy")).upper(), **given)
    for pattern, answer in (told.get("responses") or {}).items():
        sent = {"statusCode": as_text(answer.get("statusCode", "200"))}
        if pattern != "default":
            sent["selectionPattern"] = pattern
        _call(where, "put_method_response", **named, statusCode=sent["statusCode"])
        _call(where, "put_integration_response", **named, **sent)
