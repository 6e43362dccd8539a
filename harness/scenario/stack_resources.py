"""From a template's resources to those that a scenario declares: what a stack holds, in the scenario's words.

Nothing is made of these, the stack makes it; they are what the load is sent to and what expectations ask
about. What a scenario has no word for (another runtime, a service that is not looked at) becomes a note.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import ScenarioError
from harness.scenario.functions import EventSource, Function
from harness.scenario.handlers import IN_STACK
from harness.scenario.messaging import FIFO_ENDING, Queue, Subscription, Table, Topic
from harness.scenario.resources import Bucket, Endpoint, Model
from harness.scenario.roles import Role
from harness.scenario.triggers import HttpApi, Notification, Rule, Timer
from harness.templates.model import Resource, Template
from harness.templates.refer import name_of, resource_of

ROLE, BUCKET, TABLE = "AWS::IAM::Role", "AWS::S3::Bucket", "AWS::DynamoDB::Table"
TOPIC, SUBSCRIPTION, QUEUE = "AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::SQS::Queue"
FUNCTION, ALIAS = "AWS::Lambda::Function", "AWS::Lambda::Alias"
MAPPING, RULE = "AWS::Lambda::EventSourceMapping", "AWS::Events::Rule"
HTTP_API, ROUTE, INTEGRATION = (f"AWS::ApiGatewayV2::{kind}" for kind in ("Api", "Route", "Integration"))
MODEL, CONFIG, ENDPOINT = (f"AWS::SageMaker::{kind}" for kind in ("Model", "EndpointConfig", "Endpoint"))

_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_INTEGRATION_KEY = "x-amazon-apigateway-integration"
_DEFAULT_RECEIVES = 10  # SQS developer guide, maxReceiveCount of a redrive policy that names none
_FIGURES = {
    FUNCTION: ("duration", "init_time"),
    ENDPOINT: ("service_time_s", "concurrency", "queue_limit"),
}


class Held:
    """What *template* holds; *assume* gives the figures that no template has, by logical id.

    `by_logical_id` are the declared values, `notes` say what is passed over and why. Raises ScenarioError for
    a figure of something that there is not.
    """

    def __init__(self, template: Template, assume: Mapping[str, Mapping[str, Any]]) -> None:
        self.template = template
        self.by_logical_id: dict[str, Any] = {}
        self.notes: list[str] = list(template.not_covered)
        self._assume = assume
        self._under_way: set[str] = set()
        for logical_id, figures in assume.items():
            _check_figures(template, logical_id, figures)
        for types in _ORDER:
            for resource in template.of_type(*types):
                self._take(resource)
        for bucket in template.of_type(BUCKET):
            self._notify(bucket)

    def _take(self, resource: Resource) -> Any:
        """Return what *resource* is to the scenario, None where it has no word for it."""
        if resource.logical_id in self.by_logical_id:
            return self.by_logical_id[resource.logical_id]
        if resource.logical_id in self._under_way:
            return None  # a queue that is its own dead-letter queue
        self._under_way.add(resource.logical_id)
        try:
            taken = _TAKES[resource.type](self, resource)
        except ScenarioError as error:
            self._note(resource, str(error))
            taken = None
        if taken is not None:
            self.by_logical_id[resource.logical_id] = taken
        return taken

    def _note(self, resource: Resource, why: str) -> None:
        self.notes.append(f"{resource.at()}: {resource.logical_id} ({resource.type}) is not looked at: {why}")

    def _named(self, value: Any, *types: str) -> Any:
        """Return the declared value of the resource of *types* that *value* names."""
        found = resource_of(self.template, value, *types)
        return None if found is None else self._take(found)

    # -- what holds data and permissions -----

    def _role(self, resource: Resource) -> Role:
        trust = resource.properties.get("AssumeRolePolicyDocument") or {}
        services = tuple(dict.fromkeys(_services(trust))) or ("lambda.amazonaws.com",)
        return Role(name_of(resource), services)

    def _bucket(self, resource: Resource) -> Bucket:
        return Bucket(name_of(resource))

    def _table(self, resource: Resource) -> Table | None:
        keys = resource.properties.get("KeySchema") or []
        if len(keys) != 1:
            self._note(resource, "its key has two parts, and a scenario's table has one")
            return None
        return Table(name_of(resource), str(keys[0].get("AttributeName", "id")))

    # -- messages -----

    def _topic(self, resource: Resource) -> Topic:
        name = name_of(resource)
        return Topic(name.removesuffix(FIFO_ENDING), fifo=name.endswith(FIFO_ENDING))

    def _queue(self, resource: Resource) -> Queue:
        name, given = name_of(resource), resource.properties
        redrive = given.get("RedrivePolicy") or {}
        return Queue(
            name.removesuffix(FIFO_ENDING),
            visibility_timeout_s=int(given.get("VisibilityTimeout", 30)),
            retention_s=int(given.get("MessageRetentionPeriod", 345_600)),
            delay_s=int(given.get("DelaySeconds", 0)),
            fifo=name.endswith(FIFO_ENDING),
            dead_letter=self._named(redrive.get("deadLetterTargetArn"), QUEUE),
            max_receive_count=int(redrive.get("maxReceiveCount", _DEFAULT_RECEIVES)),
        )

    def _subscription(self, resource: Resource) -> Subscription | None:
        given = resource.properties
        topic = self._named(given.get("TopicArn"), TOPIC)
        end = self._named(given.get("Endpoint"), QUEUE, FUNCTION, ALIAS)
        if topic is None or end is None:
            self._note(resource, f"{given.get('Protocol')} to what the stack does not hold")
            return None
        return Subscription(
            topic,
            end,
            raw=_is_true(given.get("RawMessageDelivery")),
            filter_policy=given.get("FilterPolicy"),
            filter_scope=given.get("FilterPolicyScope", "MessageAttributes"),
        )

    # -- functions and what starts them -----

    def _function(self, resource: Resource) -> Function | None:
        given = resource.properties
        role = self._named(given.get("Role"), ROLE) or Role(
            str(given.get("Role", "")).rpartition("/")[2] or "unknown-role", "lambda.amazonaws.com"
        )
        runtime = str(given.get("Runtime", "an image"))
        if not runtime.startswith("python"):
            self._note(resource, f"its runtime is {runtime}, and only Python runs here")
            return None
        return Function(
            name_of(resource),
            str(given.get("Handler", "")),
            role,
            IN_STACK,
            runtime=runtime,
            timeout_s=int(given.get("Timeout", 3)),
            memory_mb=int(given.get("MemorySize", 128)),
            **self._assume.get(resource.logical_id, {}),
        )

    def _alias(self, resource: Resource) -> Function | None:
        """An alias stands for its function: what is asked of the one is asked of the other."""
        function: Function | None = self._named(resource.properties.get("FunctionName"), FUNCTION)
        return function

    def _mapping(self, resource: Resource) -> EventSource | None:
        given = resource.properties
        queue = self._named(given.get("EventSourceArn"), QUEUE)
        function = self._named(given.get("FunctionName"), FUNCTION, ALIAS)
        if queue is None or function is None:
            self._note(resource, "it does not read a queue of the stack into a function of it that runs here")
            return None
        responses = given.get("FunctionResponseTypes") or []
        return EventSource(
            queue,
            function,
            batch_size=int(given.get("BatchSize", 10)),
            window_s=int(given.get("MaximumBatchingWindowInSeconds", 0)),
            maximum_concurrency=(given.get("ScalingConfig") or {}).get("MaximumConcurrency"),
            reports_item_failures="ReportBatchItemFailures" in responses,
        )

    def _rule(self, resource: Resource) -> Timer | Rule | None:
        given = resource.properties
        targets = [
            self._named(one.get("Arn"), FUNCTION, ALIAS, QUEUE, TOPIC) for one in given.get("Targets") or []
        ]
        known = tuple(one for one in targets if one is not None)
        if not known:
            self._note(resource, "it has no target in the stack")
            return None
        if given.get("ScheduleExpression"):
            return Timer(name_of(resource), str(given["ScheduleExpression"]), known)
        return Rule(name_of(resource), given.get("EventPattern") or {}, known)

    def _notify(self, resource: Resource) -> None:
        """Take what a bucket tells of its objects: there may be several, so each has a key of its own."""
        bucket = self.by_logical_id.get(resource.logical_id)
        wanted = resource.properties.get("NotificationConfiguration") or {}
        for kind, member in _NOTIFIED.items():
            for index, one in enumerate(wanted.get(kind) or []):
                target = self._named(one.get(member), FUNCTION, ALIAS, QUEUE, TOPIC)
                if bucket is None or target is None:
                    self._note(resource, f"its {kind}[{index}] goes to what the stack does not hold")
                    continue
                rules = ((one.get("Filter") or {}).get("S3Key") or {}).get("Rules") or []
                ends = {str(rule.get("Name")).lower(): str(rule.get("Value")) for rule in rules}
                self.by_logical_id[f"{resource.logical_id}.{kind}[{index}]"] = Notification(
                    bucket, target, (str(one.get("Event")),), ends.get("prefix", ""), ends.get("suffix", "")
                )

    def _http_api(self, resource: Resource) -> HttpApi | None:
        routes = [
            (str(one.properties.get("RouteKey", "$default")), self._integrated(one))
            for one in self.template.of_type(ROUTE)
            if self._is_of(one, resource)
        ]
        routes += [
            (route, self._behind(uri)) for route, uri in _routes_of_body(resource.properties.get("Body"))
        ]
        found = [HttpApi(_api_name(resource), function, route) for route, function in routes if function]
        if not found:
            self._note(resource, "none of its routes leads to a function of the stack")
            return None
        return found[0]

    def _is_of(self, part: Resource, api: Resource) -> bool:
        return resource_of(self.template, part.properties.get("ApiId"), HTTP_API) is api

    def _integrated(self, route: Resource) -> Function | None:
        """Return the function behind a route, whose target is "integrations/" and the integration's id."""
        target = str(route.properties.get("Target", ""))
        found = resource_of(self.template, target.removeprefix("integrations/"), INTEGRATION)
        if found is None:
            return None
        return self._behind(str(found.properties.get("IntegrationUri", "")))

    def _behind(self, uri: str) -> Function | None:
        # apigateway:region:lambda:path/2015-03-31/functions/ARN/invocations
        inner = re.search(r"functions/(.+)/invocations", uri)
        function: Function | None = self._named(inner[1] if inner else uri, FUNCTION, ALIAS)
        return function

    # -- endpoints -----

    def _endpoint(self, resource: Resource) -> Endpoint | None:
        config = resource_of(self.template, resource.properties.get("EndpointConfigName"), CONFIG)
        variants = (config.properties.get("ProductionVariants") or []) if config is not None else []
        if len(variants) != 1 or "InstanceType" not in variants[0]:
            self._note(resource, "a scenario's endpoint has one production variant with instances")
            return None
        (variant,) = variants
        model = resource_of(self.template, variant.get("ModelName"), MODEL)
        role = self._named(model.properties.get("ExecutionRoleArn"), ROLE) if model is not None else None
        return Endpoint(
            name_of(resource),
            Model(
                name_of(model) if model is not None else str(variant.get("ModelName")),
                _made_by_the_stack,
                role or Role("unknown-role"),
            ),
            instance_type=str(variant["InstanceType"]),
            initial_instance_count=int(variant.get("InitialInstanceCount", 1)),
            variant_name=str(variant.get("VariantName", "AllTraffic")),
            **self._assume.get(resource.logical_id, {}),
        )


_TAKES: Mapping[str, Callable[[Held, Resource], Any]] = {
    ROLE: Held._role,
    BUCKET: Held._bucket,
    TABLE: Held._table,
    TOPIC: Held._topic,
    QUEUE: Held._queue,
    SUBSCRIPTION: Held._subscription,
    FUNCTION: Held._function,
    ALIAS: Held._alias,
    MAPPING: Held._mapping,
    RULE: Held._rule,
    HTTP_API: Held._http_api,
    ENDPOINT: Held._endpoint,
}
_ORDER = tuple((kind,) for kind in _TAKES)
# A bucket's notifications: the list of the configuration, and the member that names where they go.
_NOTIFIED = {
    "TopicConfigurations": "Topic",
    "QueueConfigurations": "Queue",
    "LambdaConfigurations": "Function",
}


def _check_figures(template: Template, logical_id: str, figures: Mapping[str, Any]) -> None:
    resource = template.resources.get(logical_id)
    known = _FIGURES.get(resource.type, ()) if resource is not None else ()
    if not known:
        raise ScenarioError(
            f"{template.file}: assume names {logical_id!r}, and there is no such function or endpoint"
        )
    for name in figures:
        if name not in known:
            raise ScenarioError(
                f"{template.file}: assume[{logical_id!r}] has no {name!r}; it has {', '.join(known)}"
            )


def _made_by_the_stack(_context: Any) -> bytes:
    raise ScenarioError("A stack brings its own models; none is built")


def _api_name(resource: Resource) -> str:
    """Return the name of an HTTP API: its own, or the title of the document that it is imported from."""
    body = resource.properties.get("Body")
    title = (body.get("info") or {}).get("title", "") if isinstance(body, Mapping) else ""
    return name_of(resource) or str(title)


def _routes_of_body(body: Any) -> list[tuple[str, str]]:
    """Return route and integration address of each operation of an OpenAPI document, as SAM writes it."""
    paths = body.get("paths") if isinstance(body, Mapping) else None
    found = []
    for path, operations in (paths or {}).items():
        for method, operation in operations.items():
            part = (
                operation.get("x-amazon-apigateway-integration") if isinstance(operation, Mapping) else None
            )
            if part:
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                route = path if path == "$default" else f"{verb} {path}"
                found.append((route, str(part.get("uri", ""))))
    return found


def _services(trust: Mapping[str, Any]) -> list[str]:
    statements = trust.get("Statement") or []
    statements = [statements] if isinstance(statements, Mapping) else statements
    found: list[str] = []
    for statement in statements:
        principal = statement.get("Principal")
        given = principal.get("Service") if isinstance(principal, Mapping) else None
        found += [given] if isinstance(given, str) else list(given or [])
    return [one for one in found if _SERVICE.fullmatch(one)]


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
