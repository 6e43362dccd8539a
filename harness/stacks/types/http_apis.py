"""AWS::ApiGatewayV2: HTTP and WebSocket APIs with their integrations, routes and stages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.schema import schema_of
from harness.stacks.shaping import arguments_of, as_tags, document, members_of, output_shape, shown

SERVICE = "apigatewayv2"
_API = Plain(
    type="AWS::ApiGatewayV2::Api",
    service=SERVICE,
    create="create_api",
    describe="get_api",
    delete="delete_api",
    update="update_api",
    by="ApiId",
    ref="ApiId",
    attributes={"ApiId": "ApiId", "ApiEndpoint": "ApiEndpoint"},
    lists=("get_apis", "Items", "ApiId"),
    aside=frozenset({"Body", "BodyS3Location", "BasePath", "FailOnWarnings", "DisableSchemaValidation"}),
)


def _make_api(where: Surroundings, properties: Properties) -> Made:
    if "Body" not in properties:
        return _API.make(where, properties)
    body = document(properties["Body"])
    about = body.get("info") or {}
    given = {name: value for name, value in properties.items() if name not in _API.aside}
    given.setdefault("Name", about.get("title") or "api")
    given.setdefault("ProtocolType", "HTTP")
    made = _API.make(where, given)
    with known_as(made.physical_id):
        _import(where, made.physical_id, body)
    return made


def _import(where: Surroundings, api: str, body: Mapping[str, Any]) -> None:
    """Make the routes of an OpenAPI definition, each with its integration.

    API Gateway developer guide, "Work with OpenAPI definitions for HTTP APIs"; an emulator that has no
    ImportApi has these calls.
    """
    for path, operations in (body.get("paths") or {}).items():
        for method, operation in operations.items():
            told = (
                operation.get("x-amazon-apigateway-integration") if isinstance(operation, Mapping) else None
            )
            if told is None:
                continue
            made = where.call(SERVICE, "create_integration", ApiId=api, **_integration(told))
            verb = "ANY" if method == _ANY else method.upper()
            key = "$default" if path in ("$default", "/$default") else f"{verb} {path}"
            target = f"integrations/{made['IntegrationId']}"
            where.call(SERVICE, "create_route", ApiId=api, RouteKey=key, Target=target)


_ANY = "x-amazon-apigateway-any-method"


def _integration(told: Mapping[str, Any]) -> dict[str, Any]:
    uri = str(told.get("uri", ""))
    found = {
        "IntegrationType": str(told.get("type", "aws_proxy")).upper(),
        # `…:lambda:path/2015-03-31/functions/ARN/invocations`
        "IntegrationUri": uri.partition("/functions/")[2].removesuffix("/invocations") or uri,
        "PayloadFormatVersion": str(told.get("payloadFormatVersion", "1.0")),
    }
    if told.get("httpMethod"):
        found["IntegrationMethod"] = str(told["httpMethod"]).upper()
    return found


def _change_api(where: Surroundings, api: str, before: Properties, after: Properties) -> None:
    had, wanted = (
        {name: value for name, value in each.items() if name not in _API.aside} for each in (before, after)
    )
    _API.change(where, api, had, wanted)
    if before.get("Body") == after.get("Body"):
        return
    for word, member in (("route", "RouteId"), ("integration", "IntegrationId")):
        for each in where.pages(SERVICE, f"get_{word}s", "Items", ApiId=api):
            where.call(SERVICE, f"delete_{word}", ApiId=api, **{member: each[member]})
    if "Body" in after:
        _import(where, api, document(after["Body"]))


@dataclass(frozen=True, slots=True)
class Inside:
    """A type inside of an API: *word* is in the names of its calls, *member* names it in them.

    `drawn` says that the service draws its id.
    """

    type: str
    word: str
    member: str
    drawn: bool

    def kind(self, twins: tuple[str, ...]) -> Kind:
        """Return what can be done with it."""
        return Kind(
            self.type,
            SERVICE,
            self.make,
            self.read,
            self.remove,
            self.change,
            listed=self.listed,
            twins=twins,
        )

    def make(self, where: Surroundings, properties: Properties) -> Made:
        method = f"create_{self.word}"
        answer = where.call(
            SERVICE, method, **arguments_of(where.clients(SERVICE), method, _given(properties))
        )
        return Made(str(answer[self.member] if self.drawn else properties[self.member]))

    def listed(self, where: Surroundings) -> Iterable[tuple[str, Properties]]:
        for api in where.pages(SERVICE, "get_apis", "Items"):
            about = {"ApiId": api["ApiId"]}
            for each in where.pages(SERVICE, f"get_{self.word}s", "Items", **about):
                yield each[self.member], about

    def _named(self, identity: str, properties: Properties) -> dict[str, str]:
        return {"ApiId": str(properties["ApiId"]), self.member: identity}

    def read(self, where: Surroundings, identity: str, properties: Properties) -> Seen | None:
        named, method = self._named(identity, properties), f"get_{self.word}"
        answer = gone_is_fine(lambda: where.call(SERVICE, method, **named))
        if answer is None:
            return None
        told = shown(answer, output_shape(where.clients(SERVICE), method))
        known = schema_of(self.type).properties
        found = {name: value for name, value in told.items() if name in known and value not in (None, {}, [])}
        if tags := as_tags(found.pop("Tags", None)):
            found["Tags"] = tags
        return Seen(found | {"ApiId": properties["ApiId"]}, {self.member: identity})

    def change(self, where: Surroundings, identity: str, _before: Properties, after: Properties) -> None:
        method, client = f"update_{self.word}", where.clients(SERVICE)
        takes = members_of(client, method)
        given = {name: value for name, value in _given(after).items() if name.lower() in takes}
        where.call(SERVICE, method, **(arguments_of(client, method, given) | self._named(identity, after)))

    def remove(self, where: Surroundings, identity: str, properties: Properties) -> None:
        named = self._named(identity, properties)
        gone_is_fine(lambda: where.call(SERVICE, f"delete_{self.word}", **named))


def _given(properties: Properties) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != "AccessPolicyId"}


KINDS = (
    _API.kind(make=_make_api, change=_change_api),
    Inside("AWS::ApiGatewayV2::Integration", "integration", "IntegrationId", True).kind(("IntegrationUri",)),
    Inside("AWS::ApiGatewayV2::Route", "route", "RouteId", True).kind(("RouteKey",)),
    Inside("AWS::ApiGatewayV2::Stage", "stage", "StageName", False).kind(("StageName",)),
)
