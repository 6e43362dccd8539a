"""Timers as a part of the stage: rules and schedules fire on the clock of the run, whatever the backend's is.

The gateway decides when. The backend dispatches to the targets of rules
(harness.backends.ministack_schedules), so that inputs, transformers and deliveries are its own; what a
schedule sends goes out under its role. The backend is asked at each firing whether the timer still stands:
what was deleted, disabled or refused there does not fire.
"""

import asyncio
import logging
from random import Random
from typing import Any

import orjson

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.event_sources.house import LOOK_AGAIN_S, House
from harness.aws.event_sources.schedule_targets import ScheduleTargets
from harness.aws.event_sources.timer import RULE, SCHEDULE, Timer
from harness.aws.event_sources.timer_calls import TimerCalls
from harness.errors import BackendError, RequestRefused
from harness.functions.schedules import Timetable, rule_schedule
from harness.gateway.chain import Handler
from harness.gateway.fetch import Fetcher

log = logging.getLogger(__name__)

# As harness.backends.ministack_schedules has them; that module is the emulator's.
SCHEDULES_PATH = "/_harness/schedules"
FIRE_PATH = f"{SCHEDULES_PATH}/fire"
FIRE_TIMEOUT_REAL_S = 30.0
LEAST_WAIT_REAL_S = 0.001
# A timer that is due as soon as it is made may be fired before the backend has made it.
MADE_WITHIN_REAL_S = 3.0
ASK_AGAIN_REAL_S = 0.05
INSTANT_S = 1e-6  # what a float of today's seconds can tell apart
NOT_FIRED = "timer-not-fired"
NOT_JUDGED = "schedule-role-not-judged"

Key = tuple[str, str, str]


class Timers:
    """All timers of one gateway; `handlers` are its part of the request path.

    But for the constructor, everything here belongs to the gateway's loop.
    """

    def __init__(self, house: House, *, seed: int = 0) -> None:
        self._house = house
        self._calls = TimerCalls(house, self.put, self.drop)
        self._fetcher = Fetcher(house.pool, judged=True)
        self._targets = ScheduleTargets(house)
        self._timers: dict[Key, Timer] = {}
        self._random = Random(f"{seed}/timers")
        self._wake = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self._firing: set[asyncio.Task[None]] = set()
        self._why_not: str | None = None
        self._asked = False
        self._closed = False
        self.handlers: list[Handler] = [self._calls.handle]

    # -- life -----

    async def start(self) -> None:
        """Begin to fire what is due."""
        self._begin()

    async def close(self) -> None:
        """Fire nothing more. Safe to call twice."""
        self._closed = True
        task, self._loop_task = self._loop_task, None
        tasks = [each for each in (task, *self._firing) if each is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def learn(self) -> None:
        """Take over the rules and schedules that the backend has: a stack made them, or somebody before."""
        if await self.why_not() is not None:
            return
        found = orjson.loads((await self._ask("GET", SCHEDULES_PATH)).body)
        for given in (*found["rules"], *found["schedules"]):
            if (given["account"], given["region"]) != (self._house.account, self._house.region):
                continue
            try:
                timer = self._timer_of(given)
            except (RequestRefused, Refused) as error:
                self._say(
                    str(given["name"]), f"AWS would not take its schedule {given['expression']!r}: {error}"
                )
                continue
            if timer.key not in self._timers:
                self.put(timer)

    def _timer_of(self, given: dict[str, Any]) -> Timer:
        if "bus" in given:
            expression = str(given["expression"])
            timetable = Timetable(rule_schedule(expression), self._epoch_s())
            return Timer(RULE, str(given["bus"]), str(given["name"]), expression, timetable)
        members = {
            "ScheduleExpression": given["expression"], "ScheduleExpressionTimezone": given["timezone"],
            "StartDate": given["start"], "EndDate": given["end"], "FlexibleTimeWindow": given["window"],
            "GroupName": given["group"],
        }  # fmt: skip
        return self._calls.schedule_of(str(given["name"]), members)

    async def why_not(self) -> str | None:
        """Return why the backend's timers do not fire on the clock of the run, None where they do."""
        if not self._asked:
            at = self._house.route("events")
            if not at.password:
                self._why_not = f"{at.name} fires rules and schedules by this machine's clock, if at all"
            else:
                answer = await self._ask("GET", SCHEDULES_PATH)
                self._why_not = None if answer.status == 200 else f"{at} cannot be told to fire a rule"
            self._asked = True
        return self._why_not

    # -- timers -----

    def put(self, timer: Timer) -> None:
        """Take note of a timer, in the place of one with the same name."""
        # One that fires at once is due at the very moment from which its rate counts.
        anchor = timer.timetable.anchor_epoch_s
        just_before = anchor - INSTANT_S if timer.timetable.at_once else anchor
        timer.go_on(just_before, self._random)
        self._timers[timer.key] = timer
        self._begin()
        self._wake.set()

    def drop(self, key: Key) -> None:
        """Forget a timer, if there is one."""
        self._timers.pop(key, None)

    def next_due(self) -> float | None:
        """Return the model moment at which something fires next, None when nothing will."""
        wakes = [each.wakes_epoch_s for each in self._timers.values() if each.wakes_epoch_s is not None]
        return min(wakes) - self._house.clock.epoch_s(0.0) if wakes else None

    # -- firing -----

    async def fire_those_after(self, until: float) -> list[str]:
        """Fire once, now, each timer that is not due before the model moment *until*; return their names."""
        if await self._or_why(self.why_not()) is not None:
            return []
        zero = self._house.clock.epoch_s(0.0)
        late = [one for one in self._timers.values() if (one.due_epoch_s or zero) - zero > until]
        for timer in late:
            await self._fire(timer, self._epoch_s(), timer.asked(self._house.account, self._house.region))
        return [timer.name for timer in late]

    def _begin(self) -> None:
        if self._loop_task is None and self._timers and not self._closed:
            self._loop_task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        why_not = await self._or_why(self.why_not())
        if why_not is not None:
            for each in self._timers.values():
                self._say(each.name, why_not)
            return
        while True:
            self._wake.clear()
            due_at = self.next_due()
            if due_at is not None and self._house.clock.real_until(due_at) <= 0.0:
                self._fire_due()
                continue
            await self._pause(due_at)

    async def _or_why(self, asking: Any) -> str | None:
        try:
            found: str | None = await asking
        except BackendError as error:
            return str(error)
        return found

    async def _pause(self, due_at: float | None) -> None:
        """Return at the model moment *due_at*, when a timer is put, or soon: the clock may be set back."""
        wait_s = None
        if due_at is not None:
            wait_s = min(max(self._house.clock.real_until(due_at), LEAST_WAIT_REAL_S), LOOK_AGAIN_S)
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _fire_due(self) -> None:
        now = self._epoch_s()
        for timer in list(self._timers.values()):
            if timer.wakes_epoch_s is None or timer.wakes_epoch_s > now or timer.due_epoch_s is None:
                continue
            task = asyncio.get_running_loop().create_task(
                self._fire(timer, timer.due_epoch_s, timer.asked(self._house.account, self._house.region))
            )
            self._firing.add(task)
            task.add_done_callback(self._firing.discard)
            timer.go_on(timer.due_epoch_s, self._random)

    async def _fire(self, timer: Timer, due_epoch_s: float, asked: dict[str, Any]) -> None:
        try:
            told = await self._told(timer, asked)
        except (BackendError, orjson.JSONDecodeError) as error:
            log.warning("%s was not fired: %s", timer.name, error)
            return
        if not told.get("exists"):
            if self._timers.get(timer.key) is timer:
                self.drop(timer.key)
        elif told["enabled"] and told["expression"] == timer.expression:
            targets = told["targets"] if await self._delivered(timer, told, due_epoch_s) else 0
            due_at = due_epoch_s - self._house.clock.epoch_s(0.0)
            if targets and timer.kind == RULE:
                self._house.messaging.fired(timer.place, timer.name)
            self._house.record(journal.TimerFired(self._house.clock.now(), due_at, timer.name, targets))

    async def _delivered(self, timer: Timer, told: dict[str, Any], due_epoch_s: float) -> bool:
        """Return whether what fired was sent: by the backend already, or now, where it told the target."""
        target = told.get("target")
        if target is not None:
            return await self._targets.deliver(timer.name, told["arn"], target, due_epoch_s)
        if timer.kind == SCHEDULE and not timer.was_told:
            timer.was_told = True
            self._house.finding(
                NOT_JUDGED,
                "warning",
                timer.name,
                "Its target is of a kind that the backend delivers to: what its role may do is not judged.",
            )
        return True

    async def _told(self, timer: Timer, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what the backend did, asked again while it may still be about to make the timer."""
        body, loop = orjson.dumps(asked), asyncio.get_running_loop()
        give_up_at = loop.time() + (0.0 if timer.was_seen else MADE_WITHIN_REAL_S)
        while True:
            answer = await self._ask("POST", FIRE_PATH, body)
            told: dict[str, Any] = orjson.loads(answer.body) if answer.status == 200 else {}
            timer.was_seen = timer.was_seen or bool(told.get("exists"))
            if timer.was_seen or loop.time() >= give_up_at:
                return told
            await asyncio.sleep(ASK_AGAIN_REAL_S)

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Any:
        headers = [("Content-Type", "application/json")]
        return await self._fetcher.fetch(
            self._house.route("events"),
            method,
            path,
            headers=headers,
            body=body,
            timeout_s=FIRE_TIMEOUT_REAL_S,
        )

    def _say(self, name: str, why: str) -> None:
        self._house.finding(
            NOT_FIRED, "error", name, f"The timer does not fire on the clock of this run: {why}.", ""
        )

    def _epoch_s(self) -> float:
        return self._house.clock.epoch_s(self._house.clock.now())
