"""Event source mappings of queues as a part of the stage: the API's calls, and the pollers behind them."""

import asyncio
import uuid
from collections.abc import Mapping as ReadOnly

import orjson

from harness import journal
from harness.aws.aws_json import Arguments, Refused
from harness.aws.event_sources.api import Api
from harness.aws.event_sources.checks import Checks, Target, check_visibility, qualifier_of
from harness.aws.event_sources.house import House, calls_of
from harness.aws.event_sources.mapping import SETTABLE, Mapping
from harness.aws.event_sources.poller import Poller
from harness.aws.root_calls import RootClient
from harness.config import Credentials
from harness.errors import RequestRefused
from harness.functions.event_sources_arguments import SourceConfig, source_config
from harness.functions.event_sources_settings import EventSourceSettings
from harness.gateway.chain import Handler
from harness.gateway.fetch import Fetcher

PATH = "/2015-03-31/event-source-mappings"
FILTERED_BESIDE_BODY = "event-source-filter-not-on-body"
NOT_ADOPTED = "event-source-not-adopted"


class EventSources:
    """Mappings of SQS queues for one gateway; `handlers` are its part of the request path.

    But for the constructor, everything here belongs to the gateway's loop.
    """

    def __init__(self, house: House, settings: EventSourceSettings | None = None) -> None:
        self._house = house
        self._settings = settings or EventSourceSettings()
        self._fetcher = Fetcher(house.pool, judged=True)
        self._root = RootClient(self._fetcher, house.route, house.region, house.account)
        calls = self._calls = calls_of(house)
        self._checks = Checks(house, self._root, calls)
        self._mappings: dict[str, Mapping] = {}
        self._pollers: dict[str, Poller] = {}
        self._changes: set[asyncio.Task[None]] = set()
        self._closed = False
        self.handlers: list[Handler] = [Api(self, self._root, house.region, house.account).handle]

    # -- life -----

    async def start(self) -> None:
        """Note that the gateway listens: mappings made before begin to be polled."""
        for mapping in self._mappings.values():
            if mapping.enabled and mapping.uuid not in self._pollers:
                await self._poll(mapping, await self._credentials(mapping))

    async def learn(self) -> None:
        """Take over the mappings of queues that the backend has: a stack made them, or somebody before."""
        answer = await self._root.call("lambda", "GET", f"{PATH}?MaxItems=10000")
        found = orjson.loads(answer.body or b"{}") if answer.status == 200 else {}
        for given in found.get("EventSourceMappings") or []:
            if ":sqs:" in str(given.get("EventSourceArn", "")) and given.get("UUID") not in self._mappings:
                await self._adopt(given)

    async def _adopt(self, given: Arguments) -> None:
        name = str(given["UUID"])
        enabled = str(given.get("State", "Enabled")) not in ("Disabled", "Disabling")
        asked = {each: given[each] for each in SETTABLE if given.get(each)}
        asked |= {
            "FunctionName": given["FunctionArn"],
            "EventSourceArn": given["EventSourceArn"],
            "Enabled": enabled,
        }
        try:
            await self.create(asked, name)
        except Refused as error:
            self._house.finding(
                NOT_ADOPTED,
                "error",
                str(given["EventSourceArn"]),
                f"AWS would not make the event source mapping {name} of this queue: {error.message}",
            )
        await self._root.call("lambda", "DELETE", f"{PATH}/{name}")

    async def close(self) -> None:
        """Stop polling at once; what is received and not deleted comes back. Safe to call twice."""
        self._closed = True
        for task in list(self._changes):
            task.cancel()
        await asyncio.gather(*self._changes, return_exceptions=True)
        pollers, self._pollers = list(self._pollers.values()), {}
        await asyncio.gather(*(each.stop(at_once=True) for each in pollers))

    # -- figures -----

    def mappings(self) -> tuple[str, ...]:
        """Return the UUIDs of all mappings that are not deleted."""
        return tuple(self._mappings)

    def backlog(self, name: str) -> int:
        """Return how many messages the pollers of a mapping hold: 0 where nothing is under way."""
        poller = self._pollers.get(name)
        return 0 if poller is None else poller.backlog

    def queues(self) -> ReadOnly[str, tuple[str, ...]]:
        """Return the functions that read each queue, by its name."""
        found: dict[str, tuple[str, ...]] = {}
        for each in self._mappings.values():
            if each.enabled:
                found[each.queue] = (*found.get(each.queue, ()), each.function)
        return found

    def find(self, name: str) -> Mapping | None:
        """Return the mapping with that UUID."""
        return self._mappings.get(name)

    def all(self) -> tuple[Mapping, ...]:
        """Return all mappings, in the order they were made."""
        return tuple(self._mappings.values())

    # -- calls: each raises Refused in Lambda's words -----

    async def create(self, given: Arguments, name: str | None = None) -> Mapping:
        """Return a new mapping, which is Creating."""
        arn, function = str(given["EventSourceArn"]), str(given["FunctionName"])
        config = _config(given, arn)
        target = await self._checks.function(function)
        self._check_new(arn, target)
        url, visibility_s = await self._checks.queue(arn)
        credentials = await self._checks.role(target)
        await self._checks.rights(credentials, url)
        check_visibility(visibility_s, target)
        self._check_new(arn, target)  # another call may have made it meanwhile
        mapping = Mapping(
            uuid=name or str(uuid.uuid4()),
            queue_arn=arn,
            queue_url=url,
            function=target.reference.name,
            qualifier=qualifier_of(target),
            function_arn=target.arn,
            role=target.role,
            given={each: given[each] for each in SETTABLE if given.get(each) is not None},
            config=config,
            visibility_s=visibility_s,
            enabled=given.get("Enabled", True) is not False,
            modified_epoch_s=self._epoch_s(),
            tags={str(key): str(value) for key, value in (given.get("Tags") or {}).items()},
        )
        self._mappings[mapping.uuid] = mapping
        self._say_beside_body(mapping)
        self._declare(mapping)
        self._change(mapping, credentials)
        return mapping

    async def update(self, mapping: Mapping, given: Arguments) -> Mapping:
        """Return *mapping*, which is Updating to what *given* says."""
        _check_idle(mapping, "update")
        merged = mapping.given | {each: given[each] for each in SETTABLE if each in given}
        config = _config(merged, mapping.queue_arn)
        target = await self._checks.function(str(given.get("FunctionName") or mapping.function_arn))
        if target.arn != mapping.function_arn:
            self._check_new(mapping.queue_arn, target)
        url, visibility_s = await self._checks.queue(mapping.queue_arn)
        credentials = await self._checks.role(target)
        await self._checks.rights(credentials, url)
        check_visibility(visibility_s, target)
        _check_idle(mapping, "update")
        mapping.given, mapping.config, mapping.visibility_s = merged, config, visibility_s
        mapping.function, mapping.qualifier = target.reference.name, qualifier_of(target)
        mapping.function_arn, mapping.role = target.arn, target.role
        if given.get("Enabled") is not None:
            mapping.enabled = given["Enabled"] is not False
        mapping.modified_epoch_s, mapping.state = self._epoch_s(), "Updating"
        self._say_beside_body(mapping)
        self._declare(mapping)
        self._change(mapping, credentials)
        return mapping

    def delete(self, mapping: Mapping) -> Mapping:
        """Return *mapping*, which is Deleting."""
        if mapping.state in ("Updating", "Deleting"):
            _check_idle(mapping, "delete")
        mapping.state, mapping.enabled = "Deleting", False
        self._declare(mapping)
        self._change(mapping, None)
        return mapping

    # -- transitions -----

    def _change(self, mapping: Mapping, credentials: Credentials | None) -> None:
        task = asyncio.get_running_loop().create_task(self._settle(mapping, credentials))
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)

    async def _settle(self, mapping: Mapping, credentials: Credentials | None) -> None:
        """Let the mapping become what it was asked to be: its old pollers end, new ones begin."""
        old = self._pollers.get(mapping.uuid)
        if old is not None:
            await old.stop()
            self._pollers.pop(mapping.uuid, None)
        await asyncio.sleep(self._settings.transition_s / self._house.clock.speed)
        if mapping.state == "Deleting":
            self._mappings.pop(mapping.uuid, None)
            return
        mapping.state = "Enabled" if mapping.enabled else "Disabled"
        if mapping.enabled and credentials is not None:
            await self._poll(mapping, credentials)

    async def _poll(self, mapping: Mapping, credentials: Credentials) -> None:
        if self._closed or not self._house.gateway_url or mapping.uuid in self._pollers:
            return
        poller = self._pollers[mapping.uuid] = Poller(
            self._house, self._calls, mapping, credentials, lambda: self._credentials(mapping), self._settings
        )
        poller.start()

    async def _credentials(self, mapping: Mapping) -> Credentials:
        return await self._checks.role(await self._checks.function(mapping.function_arn))

    # -- inside -----

    def _check_new(self, arn: str, target: Target) -> None:
        for each in self._mappings.values():
            if each.queue_arn == arn and each.function_arn == target.arn:
                raise Refused(
                    "ResourceConflictException",
                    f'An event source mapping with SQS arn (" {arn} ") and function (" '
                    f'{target.reference.name} ") already exists. Please update or delete the existing '
                    f"mapping with UUID {each.uuid}",
                    409,
                )

    def _say_beside_body(self, mapping: Mapping) -> None:
        if keys := mapping.config.filters.beside_body:
            self._house.finding(
                FILTERED_BESIDE_BODY,
                "warning",
                mapping.queue,
                f"The mapping for {mapping.function} filters on {', '.join(keys)}: Lambda "
                "says that mappings of queues only support filtering on body. Here the record is compared.",
                "Lambda developer guide, Using event filtering with an Amazon SQS event source",
            )

    def _declare(self, mapping: Mapping) -> None:
        config = mapping.config
        self._house.record(
            journal.EventSourceDeclared(
                self._house.clock.now(),
                mapping.uuid,
                mapping.function,
                mapping.queue,
                config.batch_size,
                config.window_s,
                config.maximum_concurrency,
                config.reports_item_failures,
                mapping.enabled,
            )
        )

    def _epoch_s(self) -> float:
        return self._house.clock.epoch_s(self._house.clock.now())


def _config(given: Arguments, arn: str) -> SourceConfig:
    try:
        return source_config(given, fifo=arn.endswith(".fifo"))
    except RequestRefused as error:
        raise Refused(error.code, error.message) from error


def _check_idle(mapping: Mapping, verb: str) -> None:
    """Refuse to change what is changing (Lambda API reference, ResourceInUseException)."""
    if mapping.state in ("Creating", "Updating", "Deleting"):
        raise Refused(
            "ResourceInUseException",
            f"Cannot {verb} the event source mapping because it is in use.",
        )
