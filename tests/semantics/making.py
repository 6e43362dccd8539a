"""Steps that make and change queues, topics and subscriptions."""

import json
from collections.abc import Iterator

from answers import Remark
from ground import Ground, compare, modelled
from steps import CreateQueue, CreateTopic, Purge, SetAttributes, Subscribe

from harness.messaging.reference import values as model

# PurgeQueue: one in 60 seconds, and it may take as long.
PURGE_S = 60.0


class Making:
    """What an administrator does."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def create_queue(self, step: CreateQueue) -> Iterator[Remark]:
        ground, attributes = self._ground, dict(step.attributes)
        redrive = None
        if step.dead_letter is not None:
            target = ground.stage.queue_arn(step.dead_letter)
            policy = {"deadLetterTargetArn": target, "maxReceiveCount": step.after}
            attributes["RedrivePolicy"] = json.dumps(policy)
            redrive = model.Redrive(step.dead_letter, step.after)
        wanted, now = model.QueueAttributes(redrive=redrive, **modelled(step.attributes)), ground.moment()
        expected = ground.world.create_queue(step.queue, wanted, now)
        answer = ground.ask(
            "CreateQueue", now, expected, lambda: ground.stage.create_queue(step.queue, attributes)
        )
        yield from compare("CreateQueue", expected, answer)
        if not isinstance(expected, model.Refused):
            ground.fifo[step.queue] = wanted.fifo
            ground.content_based[step.queue] = wanted.content_based
            ground.receipts.setdefault(step.queue, [])

    def create_topic(self, step: CreateTopic) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        wanted = model.TopicAttributes(**modelled(step.attributes))
        expected = ground.world.create_topic(step.topic, wanted, now)
        answer = ground.ask(
            "CreateTopic", now, expected, lambda: ground.stage.create_topic(step.topic, step.attributes)
        )
        yield from compare("CreateTopic", expected, answer)
        if not isinstance(expected, model.Refused):
            ground.fifo[step.topic] = wanted.fifo
            ground.content_based[step.topic] = wanted.content_based

    def subscribe(self, step: Subscribe) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        attributes = {"RawMessageDelivery": "true"} if step.raw else {}
        attributes |= {} if step.filter is None else {"FilterPolicy": step.filter}
        attributes |= {} if step.scope is None else {"FilterPolicyScope": step.scope}
        parameters = {
            "Protocol": "sqs",
            "Endpoint": ground.stage.queue_arn(step.queue),
            "Attributes": attributes,
            "ReturnSubscriptionArn": True,
        }
        expected = ground.world.subscribe(
            step.topic,
            step.queue,
            now,
            raw=step.raw,
            filter_policy=step.filter,
            scope=step.scope or "MessageAttributes",
        )
        answer = ground.ask(
            "Subscribe", now, expected, lambda: ground.stage.on_topic("subscribe", step.topic, **parameters)
        )
        yield from compare("Subscribe", expected, answer)
        if not isinstance(expected, model.Refused):
            ground.raw[step.topic, step.queue] = step.raw
            ground.subscribed.setdefault(step.topic, []).append(step.queue)
            if step.filter is not None:
                policy = (step.filter, step.scope or "MessageAttributes")
                ground.filters.setdefault(step.topic, []).append(policy)

    def set_attributes(self, step: SetAttributes) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        changes = modelled(step.attributes)
        if "RedrivePolicy" in step.attributes:  # only ever taken away
            changes["redrive"] = None
        expected = ground.world.set_attributes(step.queue, changes, now)
        answer = ground.ask(
            "SetQueueAttributes",
            now,
            expected,
            lambda: ground.stage.on_queue(
                "set_queue_attributes", step.queue, Attributes=dict(step.attributes)
            ),
        )
        yield from compare("SetQueueAttributes", expected, answer)

    def purge(self, step: Purge) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        expected = ground.world.purge(step.queue, now)
        answer = ground.ask(
            "PurgeQueue", now, expected, lambda: ground.stage.on_queue("purge_queue", step.queue)
        )
        ground.remember(now + PURGE_S)
        yield from compare("PurgeQueue", expected, answer)
