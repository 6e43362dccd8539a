"""One history played on a subject and on the reference model side by side: what differs, step by step."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from answers import Remark
from ground import Acceptance, Ground
from making import Making
from receiving import Receiving
from sending import Sending
from steps import (
    ChangeVisibility,
    Count,
    CreateQueue,
    CreateTopic,
    Delete,
    DeleteBatch,
    Pass,
    Publish,
    PublishBatch,
    Purge,
    Receive,
    Send,
    SendBatch,
    SetAttributes,
    Step,
    Subscribe,
)
from subject import Stage


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between the subject and AWS, and the step that showed it."""

    remark: Remark
    step: Step

    @property
    def rule(self) -> str:
        """Its stable name."""
        return self.remark.rule


class Play:
    """One history under way; the model follows what the subject really gave."""

    def __init__(self, stage: Stage, known: Acceptance) -> None:
        self.ground = Ground(stage, known)
        self.steps: list[Step] = []
        making, sending = Making(self.ground), Sending(self.ground)
        self._receiving = Receiving(self.ground)
        self._takes: Mapping[type[Any], Callable[[Any], Iterable[Remark]]] = {
            Pass: self._pass,
            CreateQueue: making.create_queue,
            CreateTopic: making.create_topic,
            Subscribe: making.subscribe,
            SetAttributes: making.set_attributes,
            Purge: making.purge,
            Send: sending.send,
            SendBatch: sending.send_batch,
            Publish: sending.publish,
            PublishBatch: sending.publish_batch,
            Receive: self._receiving.receive,
            Delete: self._receiving.delete,
            DeleteBatch: self._receiving.delete_batch,
            ChangeVisibility: self._receiving.change_visibility,
            Count: self._receiving.count,
        }

    @property
    def given(self) -> int:
        """How many messages the last receive gave."""
        return self._receiving.given

    def step(self, step: Step) -> list[Finding]:
        """Take one step; return what differs. Raises TooSlow when that cannot be told."""
        self.steps.append(step)
        return [Finding(remark, step) for remark in self._takes[type(step)](step)]

    def _pass(self, step: Pass) -> Iterable[Remark]:
        self.ground.let_pass(step.seconds)
        return ()
