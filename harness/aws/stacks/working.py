"""What is done with stacks, in threads of its own: they wait for endpoints, and their calls come back here.

The calls of a stack are those of whoever asked for it (or of its service role), over the gateway: each is
judged, recorded and refused as if he had made it himself.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness import journal
from harness.aws.stacks.stack import Stack
from harness.aws.stacks.submitted import Submitted
from harness.clock import Clock
from harness.config import Credentials
from harness.errors import HarnessError
from harness.sessions import client
from harness.stacks import Deployed, Event, Refused, Surroundings, Unreachable, delete, deploy, unkept, update

log = logging.getLogger(__name__)


class Ended(Exception):
    """The gateway ends: what is under way stays as it is."""


class Workers:
    """The threads that work on stacks. `act` begins something, `close` gives up what is under way."""

    def __init__(
        self,
        clock: Clock,
        record: Callable[[journal.Record], None],
        gateway_url: Callable[[], str],
        region: str,
        account: str,
    ) -> None:
        self._clock = clock
        self._record = record
        self._gateway_url = gateway_url
        self._region = region
        self._account = account
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._clients: dict[tuple[Credentials, str], Any] = {}  # 20 to 100 ms each to make

    def now(self) -> datetime:
        """Return the model's time of day."""
        return datetime.fromtimestamp(self._clock.epoch_s(self._clock.now()), UTC)

    def surroundings(self, who: Credentials) -> Surroundings:
        """Return where stacks are made in the name of *who*."""

        def clients(service: str) -> Any:
            if (who, service) not in self._clients:
                self._clients[who, service] = client(
                    service,
                    self._gateway_url(),
                    region=self._region,
                    access_key=who.access_key,
                    secret_key=who.secret_key,
                    session_token=who.session_token or None,
                )
            return self._clients[who, service]

        return Surroundings(clients, self._region, self._account, self._pause)

    def _pause(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            raise Ended

    def tell(self, stack: Stack, event: Event) -> None:
        """Keep *event* and journal it."""
        stack.note(event, self.now())
        self.journal(stack, event)

    def enter(self, stack: Stack, status: str, reason: str = "") -> None:
        """Take *stack* into *status*, and journal it."""
        self.journal(stack, stack.enter(status, self.now(), reason))

    def journal(self, stack: Stack, event: Event) -> None:
        """Journal *event*."""
        self._record(
            journal.StackChanged(
                self._clock.now(),
                stack.name,
                event.logical_id,
                event.physical_id,
                event.type,
                event.status,
                event.reason,
            )
        )

    def act(self, stack: Stack, work: Callable[[], None]) -> None:
        """Begin *work* on *stack* in a thread."""

        def run() -> None:
            try:
                work()
            except Ended:
                return
            except (HarnessError, Refused, Unreachable) as error:
                self._give_up(stack, str(error))
            except Exception as error:
                log.exception("the work on stack %s raised", stack.name)
                self._give_up(stack, f"Internal failure: {type(error).__name__}: {error}")

        thread = threading.Thread(target=run, name=f"stack-{stack.name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _give_up(self, stack: Stack, reason: str) -> None:
        word = stack.status.removesuffix("_IN_PROGRESS").removesuffix("_CLEANUP").removesuffix("_COMPLETE")
        self.enter(stack, f"{word}_FAILED", reason)

    def end(self) -> list[threading.Thread]:
        """Let nothing wait any more; return the threads that are still to be joined."""
        self._ending.set()
        return [thread for thread in self._threads if thread.is_alive()]

    # -- what is done -----

    def create(self, stack: Stack, submitted: Submitted, who: Credentials, on_failure: str) -> None:
        """Make the stack; what becomes of what was made when it fails is *on_failure*."""

        def tell(event: Event) -> None:
            self.tell(stack, event)
            if event.status == "CREATE_FAILED" and on_failure != "DO_NOTHING":
                failed = f"The following resource(s) failed to create: [{event.logical_id}]. "
                failed += "Rollback requested by user."
                self.enter(stack, "ROLLBACK_IN_PROGRESS", failed)

        self._tell_unkept(stack, submitted)
        made = deploy(
            submitted.template,
            self.surroundings(who),
            tell=tell,
            keeps_on_failure=on_failure == "DO_NOTHING",
        )
        if not made.ok and stack.status == "CREATE_IN_PROGRESS" and on_failure != "DO_NOTHING":
            self.enter(stack, "ROLLBACK_IN_PROGRESS", str(made.failure or ""))
        self._finish(stack, made)
        if not made.ok and on_failure == "DELETE" and not made.left:
            stack.deleted_at = self.now()
            self.enter(stack, "DELETE_COMPLETE")

    def update(self, stack: Stack, before: Deployed, old: Submitted | None, who: Credentials) -> None:
        """Bring the stack from *before* to what it has as `submitted`; *old* was so before."""
        assert stack.submitted is not None

        def tell(event: Event) -> None:
            self.tell(stack, event)
            if event.status in ("CREATE_FAILED", "UPDATE_FAILED") and stack.status == "UPDATE_IN_PROGRESS":
                failed = f"The following resource(s) failed to update: [{event.logical_id}]."
                self.enter(stack, "UPDATE_ROLLBACK_IN_PROGRESS", failed)
            if event.status == "DELETE_IN_PROGRESS" and stack.status == "UPDATE_IN_PROGRESS":
                self.enter(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

        self._tell_unkept(stack, stack.submitted)
        made = update(before, stack.submitted.template, self.surroundings(who), tell=tell)
        if not made.ok:
            stack.submitted = old
        for logical_id in list(stack.placed):
            if logical_id not in made.resources:
                del stack.placed[logical_id]
        self._finish(stack, made)

    def _tell_unkept(self, stack: Stack, submitted: Submitted) -> None:
        for each in unkept(submitted.template):
            resource, said = f"stack/{stack.name}/{each.logical_id}", str(each)
            self._record(
                journal.Finding(self._clock.now(), "stack-property-not-kept", "warning", resource, said, "")
            )

    def delete(self, stack: Stack, who: Credentials, retained: tuple[str, ...]) -> None:
        """Remove the stack, but for the resources in *retained*."""
        there = stack.deployed or Deployed(stack.name, "", {})
        kept = {
            name: replace(placed, retained=placed.retained or name in retained)
            for name, placed in there.resources.items()
        }
        gone = delete(
            replace(there, resources=kept), self.surroundings(who), tell=lambda event: self.tell(stack, event)
        )
        if gone.ok:
            stack.deleted_at = self.now()
        self._finish(stack, gone)

    def _finish(self, stack: Stack, made: Deployed) -> None:
        stack.deployed = made
        self.enter(stack, made.status, "" if made.ok else str(made.failure or ""))
