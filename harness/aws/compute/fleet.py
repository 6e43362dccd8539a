"""The instances of the stage: the model that decides, and what it does to programs and metadata."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from harness import journal
from harness.aws.compute.backend import Ec2Backend
from harness.aws.compute.documents import Ec2Refused
from harness.aws.compute.house import House
from harness.aws.compute.launching import Specification, card_of
from harness.aws.compute.living import LivingCompute
from harness.aws.compute.machine_view import Card, at_path, categories, credentials_path
from harness.aws.compute.machines import Machine, Programs
from harness.aws.compute.metadata import MetadataServer
from harness.aws.compute.moments import iso
from harness.aws.compute.spot_shown import Asked
from harness.compute.events import (
    Event,
    InstanceChanged,
    InterruptionNoticed,
    LaunchDue,
    RebalanceRecommended,
    RequestChanged,
)
from harness.compute.instances import (
    PENDING,
    RUNNING,
    SHUTTING_DOWN,
    STOPPED,
    STOPPING,
    TERMINATED,
    Launch,
)
from harness.compute.requests import FULFILLED
from harness.compute.user_data import OwnEnd
from harness.compute.world import Compute
from harness.config import Credentials
from harness.errors import BackendError, HarnessError
from harness.refusal import Refusal

PRINCIPAL = "ec2.amazonaws.com"
CREDENTIALS_LAST_S = 6 * 3_600.0


@dataclass(slots=True, eq=False)
class Kept:
    """What belongs to one instance beside its state."""

    card: Card
    wanted: Specification
    metadata: MetadataServer | None = None
    metadata_url: str = ""
    machine: Machine | None = None
    state: str = ""  # the one that was told last
    credentials: Credentials | Refusal | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Fleet:
    """Everything here belongs to the gateway's loop. `asked` are the spot requests' own arguments."""

    def __init__(
        self, house: House, backend: Ec2Backend, world: Compute, programs: Programs, seed: int
    ) -> None:
        self._house = house
        self._backend = backend
        self._programs = programs
        self._random = Random(f"{seed}/spot-requests")
        self.living = LivingCompute(world, house.clock, self._hear)
        self.kept: dict[str, Kept] = {}
        self.asked: dict[str, Asked] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def world(self) -> Compute:
        """The model."""
        return self.living.world

    def new_request(self) -> str:
        """Return an id for a spot request."""
        return f"sir-{self._random.getrandbits(32):08x}"

    def keep(self, item: Any, wanted: Specification, group: str) -> Card:
        """Take note of what the backend made, an item of `instancesSet`."""
        card = card_of(item, wanted, self._house.region, self._house.account, group)
        self.kept[card.instance] = Kept(card, wanted)
        return card

    def launch_of(self, card: Card, wanted: Specification, request: str = "") -> Launch:
        """Return the launch of *card*, by whether its image has a program."""
        return wanted.launch(card, request=request, has_program=wanted.image in self._programs.commands)

    def console(self, instance: str) -> bytes | None:
        """Return what an instance's program printed, None where it has none."""
        kept = self.kept.get(instance)
        return None if kept is None or kept.machine is None else kept.machine.console()

    async def close(self) -> None:
        """End every program, tell of what was left running, and give the backend's instances up; once."""
        if self._closing:
            return
        self._closing = True
        for name, one in self.world.instances.items():
            if one.state in (PENDING, RUNNING):
                self._tell_left(name, self.kept[name].card)
        self.living.close()
        for kept in self.kept.values():
            if kept.machine is not None:
                kept.machine.ask_to_end()
        for kept in self.kept.values():
            self._close(kept)
        for task in list(self._tasks):
            task.cancel()
        alive = [name for name, one in self.world.instances.items() if one.state != TERMINATED]
        if alive:
            with suppress(Ec2Refused, BackendError):
                numbers = {f"InstanceId.{at}": name for at, name in enumerate(alive, 1)}
                await self._backend.ask("TerminateInstances", numbers)

    def _tell_left(self, name: str, card: Card) -> None:
        self._house.finding(
            "instance-left-running",
            "warning",
            f"instance/{name}",
            f"Instance {name} ({card.instance_type}) still runs at the end of the run: on AWS it would be "
            "billed until somebody terminates it.",
            "EC2 user guide, Terminate Amazon EC2 instances",
        )

    # -- what the model tells -----

    def _hear(self, event: Event) -> None:
        if isinstance(event, InstanceChanged):
            self._instance_changed(event)
        elif isinstance(event, RequestChanged):
            self._request_changed(event)
        elif isinstance(event, LaunchDue):
            self._spawn(self._launch(event.request))
        elif isinstance(event, RebalanceRecommended):
            detail = {"instance-id": event.instance}
            self._put("EC2 Instance Rebalance Recommendation", event.instance, detail, event.at)
        else:
            self._noticed(event)

    def _instance_changed(self, event: InstanceChanged) -> None:
        kept = self.kept[event.instance]
        one = self.world.instances[event.instance]
        lifecycle = "spot" if one.is_spot else "on-demand"
        self._house.record(
            journal.ComputeChanged(
                event.at,
                event.instance,
                kept.card.instance_type,
                lifecycle,
                event.state,
                event.usd_per_hour,
                event.reason,
            )
        )
        if event.state == kept.state:  # its price changed
            return
        kept.state = event.state
        detail = {"instance-id": event.instance, "state": event.state}
        self._put("EC2 Instance State-change Notification", event.instance, detail, event.at)
        if event.state == RUNNING:
            self._spawn(self._boot(kept))
        elif event.state in (STOPPING, SHUTTING_DOWN) and kept.machine is not None:
            kept.machine.ask_to_end()
        elif event.state == STOPPED and kept.machine is not None:
            kept.machine.switch_off()
        elif event.state == TERMINATED:
            self._close(kept)
            self._spawn(self._give_up(event.instance))

    def _request_changed(self, event: RequestChanged) -> None:
        kind = self.world.requests[event.request].wish.instance_type
        self._house.record(
            journal.SpotRequestChanged(event.at, event.request, kind, event.state, event.code, event.instance)
        )
        if event.code == FULFILLED:
            detail = {"spot-instance-request-id": event.request, "instance-id": event.instance}
            self._put("EC2 Spot Instance Request Fulfillment", event.instance, detail, event.at)

    def _noticed(self, event: InterruptionNoticed) -> None:
        coming = self.world.instances[event.instance].interruption
        if coming is not None and coming.planned:
            said = f"spot instance {event.instance}: {event.action} at {event.takes_effect_at:.0f} s"
            self._house.record(journal.FaultInjected(event.at, "spot interruption", said))
        detail = {"instance-id": event.instance, "instance-action": event.action}
        self._put("EC2 Spot Instance Interruption Warning", event.instance, detail, event.at)

    def _put(self, kind: str, instance: str, detail: dict[str, str], at: float) -> None:
        if self._closing:
            return
        house = self._house
        arn = f"arn:aws:ec2:{house.region}:{house.account}:instance/{instance}"
        self._spawn(self._backend.put_event(kind, arn, detail, house.clock.epoch_s(at)))

    # -- what it does -----

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _launch(self, request: str) -> None:
        """Make the instance of a spot request."""
        wanted = self.asked[request].specification
        try:
            made = await self._backend.run(wanted.fields, ("1", "1"))
        except (Ec2Refused, BackendError) as error:
            said = str(error)
            self.living.call(lambda now: self.world.fail(request, said, now))
            return
        item = made.find("instancesSet/item")
        card = self.keep(item, wanted, made.findtext("reservationId", ""))
        launch = self.launch_of(card, wanted, request)
        self.living.call(lambda now: self.world.fulfil(launch, now))

    async def _boot(self, kept: Kept) -> None:
        """Start the program of an instance that runs, with a metadata service of its own."""
        command = self._programs.commands.get(kept.card.image)
        name = kept.card.instance
        if command is None or self._closing:
            return
        if kept.metadata is None:
            kept.metadata = MetadataServer(
                lambda path: self._look(kept, path),
                lambda: self._shut_down(name),
                self._house.clock,
                tokens_required=kept.card.tokens_required,
            )
            kept.metadata_url = await kept.metadata.open()
            kept.machine = Machine(name, command, self._programs, lambda code: self._ended(kept, code))
        if kept.machine is not None and self.world.instances[name].state == RUNNING:
            try:
                kept.machine.boot(self._house.gateway_url, kept.metadata_url)
            except HarnessError as error:
                self._house.finding("instance-program-failed", "error", f"instance/{name}", str(error))

    def _ended(self, kept: Kept, code: int) -> None:
        """The program of an instance is over: what its user data does next, a shutdown say, comes now."""
        name = kept.card.instance
        one = self.world.instances[name]
        if one.state != RUNNING:
            return
        if code:
            self._house.finding(
                "instance-program-failed",
                "error",
                f"instance/{name}",
                f"The program of instance {name} ended with exit code {code}; its log is "
                f"logs/instance-{name}.log.",
            )
        now, span_s = self.living.now(), self._programs.seconds.get(kept.card.image)
        if span_s is not None and now > one.began_at + span_s:
            self._tell_too_slow(kept.card, now - one.began_at)
        if kept.wanted.end == OwnEnd() and one.boots == 1:
            # What a program is modelled to take holds, also where its process here took longer.
            ends_at = now if span_s is None else one.began_at + span_s
            self.living.call(partial(self.world.shut_down_at, name, ends_at))

    def _tell_too_slow(self, card: Card, took_s: float) -> None:
        self._house.finding(
            "instance-slower-than-modelled",
            "warning",
            f"instance/{card.instance}",
            f"The program of instance {card.instance} took {took_s:.0f} s on this clock and not the "
            f"{self._programs.seconds[card.image]:g} s that its image says; choose a slower clock.",
        )

    def _shut_down(self, name: str) -> None:
        self.living.call(lambda now: self.world.shut_down(name, now))

    async def _give_up(self, name: str) -> None:
        with suppress(Ec2Refused, BackendError):
            await self._backend.ask("TerminateInstances", {"InstanceId.1": name})

    def _close(self, kept: Kept) -> None:
        if kept.machine is not None:
            kept.machine.close()
        if kept.metadata is not None:
            kept.metadata.close()

    # -- metadata -----

    async def _look(self, kept: Kept, path: str) -> str | None:
        card, house = kept.card, self._house
        self.living.call(partial(self.world.ready, card.instance))
        found = categories(card, self.world.instances[card.instance], house.clock.epoch_s(0.0))
        if card.role_arn and path == f"meta-data/{credentials_path(card)}":
            return await self._credentials(kept)
        return at_path(found, path)

    async def _credentials(self, kept: Kept) -> str:
        """Return the credentials of the instance's role as its metadata has them.

        EC2 user guide, "IAM roles for Amazon EC2", "Retrieve security credentials from instance metadata".
        """
        import orjson

        card, now = kept.card, self._house.clock.epoch_s(self.living.now())
        async with kept.asking:
            if kept.credentials is None:
                kept.credentials = await self._house.permission.credentials_for(
                    card.role_arn, PRINCIPAL, card.instance
                )
        if isinstance(kept.credentials, Refusal):
            role = card.role_arn.rpartition("/")[2]
            return orjson.dumps(
                {
                    "Code": "AssumeRoleUnauthorizedAccess",
                    "LastUpdated": iso(now),
                    "Message": f"EC2 cannot assume the role {role}. Please see documentation at "
                    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html.",
                }
            ).decode()
        signs = kept.credentials
        return orjson.dumps(
            {
                "Code": "Success",
                "LastUpdated": iso(now),
                "Type": "AWS-HMAC",
                "AccessKeyId": signs.access_key,
                "SecretAccessKey": signs.secret_key,
                "Token": signs.session_token or "",
                "Expiration": iso(now + CREDENTIALS_LAST_S),
            }
        ).decode()
