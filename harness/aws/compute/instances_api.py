"""RunInstances, the calls that change instances, and those that show them.

The backend keeps everything of an instance but its life: what it answers is shown with the state, the reason
and the spot request that the model has.
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree

from harness.aws.compute.backend import Ec2Backend
from harness.aws.compute.documents import (
    Ec2Refused,
    Fields,
    Filters,
    filters,
    numbered,
    put,
    rendered,
    reply,
    tags,
    text_filters_match,
)
from harness.aws.compute.fleet import Fleet
from harness.aws.compute.launch_templates import with_template
from harness.aws.compute.launching import Specification, read_specification
from harness.aws.compute.machine_view import Card
from harness.aws.compute.moments import gmt, iso_ms
from harness.aws.compute.spot_shown import Asked, wish_of
from harness.clock import Clock
from harness.compute.instances import BY_USER, CODES, MESSAGES, RUNNING, STOPPED, TERMINATED, Instance
from harness.compute.requests import Wish
from harness.gateway.chain import Reply
from harness.refusal import Refusal

# What only the model knows; the backend is asked without them.
_OURS = frozenset(
    {
        "instance-state-name",
        "instance-state-code",
        "instance-lifecycle",
        "spot-instance-request-id",
        "state-reason-code",
    }
)
_SPOT_OPTIONS = "InstanceMarketOptions.SpotOptions."


class InstancesApi:
    """To be awaited on the gateway's loop; each raises Ec2Refused for what EC2 refuses."""

    def __init__(self, fleet: Fleet, backend: Ec2Backend, clock: Clock, images: Mapping[str, object]) -> None:
        self._fleet = fleet
        self._backend = backend
        self._clock = clock
        self._images = images
        self._by_token: dict[str, asyncio.Future[Reply]] = {}

    # -- launching -----

    async def run(self, fields: Fields, zone: str) -> Reply:
        """RunInstances; the same client token launches once (EC2 API reference, "Ensuring idempotency")."""
        token = fields.get("ClientToken", "")
        known = self._by_token.get(token) if token else None
        if known is not None:
            return await asyncio.shield(known)
        done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if token:
            self._by_token[token] = done
        try:
            answer = await self._run(fields, zone)
        except BaseException:
            self._by_token.pop(token, None)
            done.cancel()
            raise
        done.set_result(answer)
        return answer

    async def _run(self, fields: Fields, zone: str) -> Reply:
        fields = await with_template(fields, self._backend)
        least, most = (int(fields.get(name, "1")) for name in ("MinCount", "MaxCount"))
        if not 1 <= least <= most:
            raise Ec2Refused(
                "InvalidParameterValue",
                f"Invalid value '{least}' for MinCount. It must be from 1 to MaxCount.",
            )
        wanted = await read_specification(fields, self._backend, self._images, zone)
        wish = (
            self._spot_wish(fields, wanted)
            if fields.get("InstanceMarketOptions.MarketType") == "spot"
            else None
        )
        if wish is not None and (refusal := self._fleet.living.call(lambda now: self._refused(wish, now))):
            raise Ec2Refused(refusal.code, refusal.message)
        made = await self._backend.run(fields, (str(least), str(most)))
        group = made.findtext("reservationId", "")
        for item in made.findall("instancesSet/item"):
            card = self._fleet.keep(item, wanted, group)
            self._launch(card, fields, wanted, wish)
            self._show(item)
        return rendered(made)

    def _launch(self, card: Card, fields: Fields, wanted: Specification, wish: Wish | None) -> None:
        fleet, world = self._fleet, self._fleet.world
        if wish is None:
            launch = fleet.launch_of(card, wanted)
            fleet.living.call(lambda now: world.run(launch, now))
            return
        request = fleet.new_request()
        own = replace(wish, request=request, zone=card.zone)
        fleet.asked[request] = Asked(wanted, tags(fields, "spot-instances-request"))
        launch = fleet.launch_of(card, wanted, request)
        fleet.living.call(lambda now: world.request(own, now))
        fleet.living.call(lambda now: world.fulfil(launch, now))

    def _spot_wish(self, fields: Fields, wanted: Specification) -> Wish:
        options = {
            name.removeprefix(_SPOT_OPTIONS): text
            for name, text in fields.items()
            if name.startswith(_SPOT_OPTIONS)
        }
        on_demand = self._fleet.world.market.on_demand(wanted.instance_type)
        return wish_of("", wanted, options, self._clock.epoch_s(0.0), on_demand)

    def _refused(self, wish: Wish, now: float) -> Refusal | None:
        return self._fleet.world.refused(wish, now)

    # -- showing -----

    async def describe(self, fields: Fields) -> Reply:
        """DescribeInstances."""
        self._fleet.living.advance()
        sent, ours = _without(fields, filters(fields))
        root = await self._backend.ask("DescribeInstances", sent)
        reservations = root.find("reservationSet")
        for group in [] if reservations is None else list(reservations):
            held = group.find("instancesSet")
            for item in [] if held is None else list(held):
                self._show(item)
                if held is not None and not text_filters_match(_values(item), ours):
                    held.remove(item)
            if reservations is not None and (held is None or not len(held)):
                reservations.remove(group)
        return rendered(root)

    async def describe_status(self, fields: Fields) -> Reply:
        """DescribeInstanceStatus: of those that run, unless all are asked for."""
        self._fleet.living.advance()
        everything = fields.get("IncludeAllInstances", "false") == "true"
        sent, ours = _without(fields, filters(fields))
        root = await self._backend.ask("DescribeInstanceStatus", {**sent, "IncludeAllInstances": "true"})
        found = root.find("instanceStatusSet")
        for item in [] if found is None else list(found):
            one = self._fleet.world.instances.get(item.findtext("instanceId", ""))
            if one is not None:
                _put_state(item, "instanceState", one)
                for name in ("instanceStatus", "systemStatus"):
                    put(item, f"{name}/status", "ok" if one.state == RUNNING else "not-applicable")
            state = item.findtext("instanceState/name", "")
            if found is not None and (
                not (everything or state == RUNNING)
                or not text_filters_match({"instance-state-name": [state]}, ours)
            ):
                found.remove(item)
        return rendered(root)

    async def console(self, fields: Fields) -> Reply | None:
        """GetConsoleOutput of an instance with a program: what it printed; None for others."""
        name = fields.get("InstanceId", "")
        output = self._fleet.console(name)
        if output is None:
            return None
        at = iso_ms(self._clock.epoch_s(self._fleet.living.now()))
        encoded = base64.b64encode(output).decode()
        return reply("GetConsoleOutput", {"instanceId": name, "timestamp": at, "output": encoded})

    def _show(self, item: ElementTree.Element) -> None:
        """Put what the model knows into an instance of the backend's."""
        one = self._fleet.world.instances.get(item.findtext("instanceId", ""))
        if one is None:
            return
        _put_state(item, "instanceState", one)
        card = self._fleet.kept[one.launch.instance].card
        if card.profile:
            put(item, "iamInstanceProfile/arn", card.profile_arn)
        put(item, "launchTime", iso_ms(self._clock.epoch_s(one.launched_at)))
        if one.is_spot:
            put(item, "instanceLifecycle", "spot")
            put(item, "spotInstanceRequestId", one.launch.request)
        if one.reason:
            put(item, "stateReason/code", one.reason)
            put(item, "stateReason/message", f"{one.reason}: {MESSAGES[one.reason]}")
        if one.reason == BY_USER:
            put(item, "reason", f"User initiated ({gmt(self._clock.epoch_s(one.left_at))})")
        if one.state in (STOPPED, TERMINATED) and (address := item.find("ipAddress")) is not None:
            item.remove(address)

    # -- changing -----

    def is_ours(self, fields: Fields) -> bool:
        """Return whether the model has every instance that a call names."""
        names = numbered(fields, "InstanceId")
        return bool(names) and all(name in self._fleet.world.instances for name in names)

    async def change(self, operation: str, fields: Fields) -> Reply:
        """StartInstances, StopInstances or TerminateInstances of instances that the model has."""
        names = numbered(fields, "InstanceId")
        world, living = self._fleet.world, self._fleet.living
        living.advance()
        before = {name: world.instances[name].state for name in names}
        if operation == "TerminateInstances":
            await self._backend.ask(operation, fields)  # first: it knows of protection against termination
        acts = {
            "StartInstances": world.start,
            "StopInstances": world.stop,
            "TerminateInstances": world.terminate,
        }
        for name in names:
            refusal = living.call(partial(acts[operation], name))
            if isinstance(refusal, Refusal):
                raise Ec2Refused(refusal.code, refusal.message)
        if operation != "TerminateInstances":
            await self._backend.ask(operation, fields)
        changed = [
            {
                "instanceId": name,
                "currentState": _state(world.instances[name].state),
                "previousState": _state(before[name]),
            }
            for name in names
        ]
        return reply(operation, {"instancesSet": changed})


def _without(fields: Fields, asked: Filters) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the call without the filters that only the model can answer, and those."""
    sent = {name: text for name, text in fields.items() if not name.startswith("Filter.")}
    number = 0
    for name, values in asked.items():
        if name not in _OURS:
            number += 1
            sent[f"Filter.{number}.Name"] = name
            sent |= {f"Filter.{number}.Value.{at}": value for at, value in enumerate(values, 1)}
    return sent, {name: list(values) for name, values in asked.items() if name in _OURS}


def _values(item: ElementTree.Element) -> dict[str, list[str]]:
    return {
        "instance-state-name": [item.findtext("instanceState/name", "")],
        "instance-state-code": [item.findtext("instanceState/code", "")],
        "instance-lifecycle": [item.findtext("instanceLifecycle", "")],
        "spot-instance-request-id": [item.findtext("spotInstanceRequestId", "")],
        "state-reason-code": [item.findtext("stateReason/code", "")],
    }


def _put_state(item: ElementTree.Element, name: str, one: Instance) -> None:
    put(item, f"{name}/code", str(one.code))
    put(item, f"{name}/name", one.state)


def _state(name: str) -> dict[str, object]:
    return {"code": CODES[name], "name": name}
