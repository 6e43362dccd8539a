"""What all steps of a history stand on: stage and model, the clock, and what was sent and received."""

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from answers import Copy, Remark
from steps import Message
from subject import TICK_S, TOLERANCE_S, Failure, Stage

from harness.messaging.reference import values as model
from harness.messaging.reference.world import World

# Nothing is done nearer than this to a moment at which time alone changes something.
MARGIN_S = TOLERANCE_S + 0.1
# SQS guide, "Using the message deduplication ID".
DEDUPLICATION_S = 300.0
# An attribute of CreateQueue or CreateTopic -> the field of the model's attributes
FIELDS = {
    "VisibilityTimeout": "visibility_s",
    "MessageRetentionPeriod": "retention_s",
    "DelaySeconds": "delay_s",
    "MaximumMessageSize": "maximum_bytes",
    "FifoQueue": "fifo",
    "FifoTopic": "fifo",
    "ContentBasedDeduplication": "content_based",
}

# Codes that stand for many reasons.
SWEEPING = (
    "ParameterValueInvalid",
    "InvalidParameterValue",
    "InvalidParameter",
    "InvalidAttributeValue",
    "InvalidAttributeName",
)

Answer = dict[str, Any] | Failure


class TooSlow(Exception):
    """A call took so long that nobody can say on which side of a moment it was."""


class Acceptance(Protocol):
    """Who knows what a subject accepts although AWS refuses it."""

    def accepts(self, rule: str) -> bool: ...


class Ground:
    """The stage and the model of one history, and the copies of its messages."""

    def __init__(self, stage: Stage, known: Acceptance) -> None:
        self.world = World(tolerance_s=TOLERANCE_S)
        self.stage = stage
        self.clock = stage.subject.clock
        # names of queues and topics -> FIFO, content-based de-duplication
        self.fifo: dict[str, bool] = {}
        self.content_based: dict[str, bool] = {}
        # (topic, queue) -> raw delivery
        self.raw: dict[tuple[str, str], bool] = {}
        # topic -> the filter policies of its subscriptions with their scopes, and the queues
        self.filters: dict[str, list[tuple[str, str]]] = {}
        self.subscribed: dict[str, list[str]] = {}
        # by the subject's MessageId; and those that no receive has given yet, by queue
        self.copies: dict[str, Copy] = {}
        self.unseen: dict[str, list[Copy]] = {}
        # (queue or topic, de-duplication id) -> when it was sent, and the model's copy in a queue
        self.ids: dict[tuple[str, str | None], list[tuple[float, str]]] = {}
        self.receipts: dict[str, list[str]] = {}
        # the rules of calls that were left out, as the subject is known to accept them
        self.left_out: list[str] = []
        self._known = known
        self._moments: list[float] = []

    # --- time

    def remember(self, *moments: float) -> None:
        """Stay clear of *moments*: the model names those of its queues, not the ends of intervals."""
        self._moments += moments

    def let_pass(self, seconds: float) -> None:
        """Put the clock forward and give the subject the time that it needs to notice."""
        self.stage.told.append((self.clock.now(), f"{seconds:g} s pass", ""))
        if self.clock.can_pass:
            self.clock.begin(self._clear(self.clock.now() + seconds))
            time.sleep(self.stage.subject.lag_s)
            self.clock.end()
            self.stage.subject.reconnect()

    def let_next_happen(self, most_s: float) -> bool:
        """Put the clock behind the model's next moment, if that is within *most_s*; tell whether it is."""
        now = self.clock.now()
        following = self.world.next_moment(now)
        if following is None or not self.clock.can_pass or following > now + most_s:
            return False
        self.let_pass(math.ceil(following - now) + 1)
        return True

    def moment(self) -> float:
        """Return when the next call is made."""
        return self._clear(self.clock.now() + TICK_S) if self.clock.can_pass else self.clock.now()

    def _clear(self, at: float) -> float:
        """Return *at*, or the first time after it that no moment is near."""
        looked = self.clock.now() - MARGIN_S
        own = sorted(moment for moment in self._moments if moment > looked)
        while True:
            following = self.world.next_moment(looked)
            later = [moment for moment in own if moment > looked][:1]
            nearest = min([*later, *([] if following is None else [following])], default=None)
            if nearest is None or nearest > at + MARGIN_S:
                return at
            if nearest > at - MARGIN_S:
                at = nearest + MARGIN_S + TICK_S
            looked = nearest

    # --- messages

    def dedup(self, place: str, message: Message) -> str | None:
        """Return the de-duplication id of a message to a FIFO queue or topic: its own, or the digest of
        its body."""
        if message.dedup is not None or not self.content_based.get(place):
            return message.dedup
        return hashlib.sha256(message.text.encode()).hexdigest()

    def note_id(self, place: str, dedup: str | None, now: float, copy: str) -> None:
        """Note that *copy* was sent with this id, which is in force for five minutes."""
        self.remember(now + DEDUPLICATION_S)
        self.ids.setdefault((place, dedup), []).append((now, copy))

    def copies_with(self, place: str, dedup: str | None) -> list[str]:
        """Return the copies that were sent to *place* with *dedup* within the last five minutes."""
        since = self.clock.now() - DEDUPLICATION_S
        return [copy for at, copy in self.ids.get((place, dedup), []) if at > since]

    def fate(self, queue: str, copy: str) -> str:
        """Return what has become of *copy*, to the model: here, deleted, expired, purged or moved."""
        there = self.world._queues[queue].copies.get(copy)
        if there is None:
            return "moved"
        return "purged" if there.purge_by is not None else str(there.state.value)

    def expired(self, queue: str) -> bool:
        """Tell whether messages of *queue* have, or may have, outlived their retention."""
        now, found = self.clock.now(), self.world._queues.get(queue)
        return found is not None and any(
            each.state.value == "expired" or found.expired_perhaps(each, now)
            for each in found.copies.values()
        )

    def open_copies(self, queue: str, now: float) -> int:
        """Return how many copies AWS may count otherwise just now: an attribute was changed a moment ago, or
        a receive may or may not have moved them to the dead-letter queue."""
        found, everywhere = self.world._queues[queue], self.world._queues.values()
        hidden = sum(
            found.visible_perhaps(each, now) is not found.visible_surely(each, now)
            or found.expired_perhaps(each, now)
            for each in found.present()
        )
        return hidden + sum(each.arriving for other in everywhere for each in other.present())

    # --- calls

    def ask(self, call: str, now: float, expected: object, make: Callable[[], Answer]) -> Answer | None:
        """Make a call and return its answer; None, and no call, where the model refuses it and the subject is
        known to accept it: the two would part."""
        if isinstance(expected, model.Refused):
            rule = accepted_rule(call, expected)
            if self._known.accepts(rule):
                self.left_out.append(rule)
                return None
        return self.make(now, make)

    def make(self, now: float, make: Callable[[], Answer]) -> Answer:
        """Make a call at *now* by the subject's clock. Raises TooSlow."""
        self.clock.begin(now)
        answer = make()
        self.clock.end()
        if self.clock.can_pass and self.clock.now() - now > TOLERANCE_S:
            raise TooSlow(f"a call took {self.clock.now() - now:.1f} s")
        return answer


def compare(call: str, expected: object, answer: Answer | None) -> Iterator[Remark]:
    """Say whether a call was answered or refused as the model has it, and with a code of AWS's."""
    if answer is None or (isinstance(expected, model.Done) and not expected.certain):
        return
    if not isinstance(expected, model.Refused):
        if isinstance(answer, Failure):
            sentence = f"{call} is refused with {answer.code}: {answer.message}"
            yield Remark(f"{call} refused: {answer.code}", sentence, f"API reference, {call}")
    elif not isinstance(answer, Failure):
        sentence = f"{call} is accepted; AWS answers {expected.code}: {expected.reason}"
        yield Remark(accepted_rule(call, expected), sentence, f"API reference, {call}")
    elif not expected.allows(answer.code):
        sentence = f"{call} is refused with {answer.code}; AWS answers {expected.code}: {expected.reason}"
        rule = f"{call} refused with {answer.code}, not {expected.code}{gist(expected)}"
        yield Remark(rule, sentence, f"API reference, {call}")


def accepted_rule(call: str, expected: model.Refused) -> str:
    """Return the name of the rule that *call* must be refused like this."""
    return f"{call} accepted, not {expected.code}{gist(expected)}"


def gist(refused: model.Refused) -> str:
    """Return in brackets what a refusal is about where its code says little."""
    if refused.code not in SWEEPING:
        return ""
    named = re.search(r"\b([A-Z][a-z]+(?:[A-Z][a-z]+)+)", refused.reason)
    words = re.sub(r"\B'[^']*'\B|\[[^]]*\]|\d[\d,]*", "", refused.reason).split()
    return f" ({named.group(1) if named else ' '.join(words[-6:]).rstrip('. ')})"


def as_remark(difference: model.Difference) -> Remark:
    return Remark(difference.rule, difference.sentence, difference.source, difference.severity)


def modelled(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Return the attributes of a queue or topic as the model's fields."""
    known = {FIELDS[name]: value for name, value in attributes.items() if name in FIELDS}
    return {
        name: value == "true" if value in ("true", "false") else int(value) for name, value in known.items()
    }
