"""The worker behind an inference queue: every request is answered once, whatever is delivered twice or dies.

Where a worker may be killed, and why nothing comes of it. After it has

- received: nobody sees the messages; they come again after the visibility time-out;
- claimed: the lease of the claim ends before the message comes again;
- published: the request is not yet "done" and is answered again; the FIFO topic drops the copy;
- written "done": the message comes again, is found done and is deleted;
- deleted: nothing is left behind.

The FIFO topic knows a de-duplication id for five minutes (SNS developer guide, "Message deduplication for
FIFO topics"); the ledger covers every delivery after that.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.scenario import Queue, Table, Topic
from scenarios._messaging.calls import AS_WRITTEN, PATIENT
from scenarios._messaging.envelope import NotAMessage, published
from scenarios._messaging.inbox import Delivery, Inbox
from scenarios._messaging.ledger import Ledger
from scenarios._messaging.requests import FEATURES

if TYPE_CHECKING:
    from harness.program import Context


# A lease ends this much before the message can come again: an answer of SQS is never that long on its way.
MARGIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """One good request: what it is answered under, its rows, and the delivery to delete when that is done."""

    id: str
    rows: list[list[float]]
    delivery: Delivery


def trained(seed: int) -> Any:
    """Return a scikit-learn classifier for rows of 20 features: the same one in every worker."""
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression

    rows, classes = make_classification(n_samples=1_000, n_features=FEATURES, n_classes=2, random_state=seed)
    return LogisticRegression(max_iter=1_000).fit(rows, classes)


def read(delivery: Delivery) -> Request:
    """Return the request in *delivery*; raise NotAMessage where no worker could ever answer it."""
    found = published(delivery.body)
    name, rows = found.get("id"), found.get("input")
    if not isinstance(name, str) or not name:
        raise NotAMessage("it has no id to answer under")
    if not isinstance(rows, list) or not rows or not all(_is_row(row) for row in rows):
        raise NotAMessage(f"its input is not rows of {FEATURES} finite numbers")
    return Request(name, rows, delivery)


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == FEATURES
        and all(type(value) in (int, float) and math.isfinite(value) for value in row)
    )


class Worker:
    """Takes batches from the *inbox*, answers them on the FIFO topic *answers* and keeps the *ledger*.

    *clock* gives the moment in seconds; *lease_s* is how long a claim holds.
    """

    def __init__(
        self,
        inbox: Inbox,
        sns: Any,
        answers: str,
        ledger: Ledger,
        model: Any,
        *,
        clock: Callable[[], float],
        lease_s: float,
    ) -> None:
        self._clock = clock
        self._lease_s = lease_s
        self._inbox = inbox
        self._sns = sns
        self._answers = answers
        self._ledger = ledger
        self._model = model

    def work(self, batch: Sequence[Delivery]) -> None:
        """Answer the good requests of *batch* and delete them, and give the poison back.

        Requests that another worker has claimed are left alone: they come again and are then done, or free.
        """
        now = self._clock()
        until = now + self._lease_s
        requests, poison = _sorted_out(batch)
        claims = [(one, self._ledger.claim(one.id, now=now, until=until)) for one in requests]
        mine = [one for one, claim in claims if claim == "mine"]
        done = [one for one, claim in claims if claim == "done"]
        # A worker that was frozen until its leases ended has lost them: the requests are another's by now.
        answered = self._answer(mine) if self._clock() < until else []
        self._ledger.finish(one.id for one in answered)
        self._inbox.delete([one.delivery for one in (*answered, *done)])
        self._inbox.give_back(poison)

    def _answer(self, requests: list[Request]) -> list[Request]:
        """Publish an answer to each of *requests*; return those that SNS took, the rest come again."""
        if not requests:
            return []
        entries = [
            {
                "Id": str(place),
                "Message": json.dumps({"id": one.id, "prediction": prediction}),
                # No order between requests is wanted: each is a group of its own.
                "MessageGroupId": one.id,
                "MessageDeduplicationId": one.id,
            }
            for place, (one, prediction) in enumerate(self._predictions(requests))
        ]
        answer = self._sns.publish_batch(TopicArn=self._answers, PublishBatchRequestEntries=entries)
        return [requests[int(one["Id"])] for one in answer["Successful"]]

    def _predictions(self, requests: Sequence[Request]) -> Iterator[tuple[Request, list[int]]]:
        """Yield each request with the classes of its rows: one call of the model for all."""
        found = iter(self._model.predict([row for one in requests for row in one.rows]).tolist())
        for one in requests:
            yield one, [next(found) for _ in one.rows]


def _sorted_out(batch: Sequence[Delivery]) -> tuple[list[Request], list[Delivery]]:
    requests: list[Request] = []
    poison: list[Delivery] = []
    for delivery in batch:
        try:
            requests.append(read(delivery))
        except NotAMessage as error:
            print(f"message {delivery.message} cannot be answered: {error}", flush=True)
            poison.append(delivery)
    return requests, poison


def answer_requests(context: "Context", *, queue: Queue, answers: Topic, ledger: Table) -> None:
    """Work on *queue* until asked to stop; a call that fails for good costs its batch one round."""
    from botocore.exceptions import BotoCoreError, ClientError

    inbox = Inbox(context.client("sqs", **PATIENT), context.queue_url(queue))
    worker = Worker(
        inbox,
        context.client("sns", **PATIENT),
        context.topic_arn(answers),
        Ledger(context.client("dynamodb", **PATIENT), ledger.name, f"worker-{context.rank}"),
        trained(context.seed),
        clock=context.now,
        lease_s=queue.visibility_timeout_s - MARGIN_S,
    )
    while not context.stopping:
        try:
            worker.work(inbox.receive())
        except (BotoCoreError, ClientError) as error:
            print(f"left for another round: {error}", flush=True)


def answer_as_written(context: "Context", *, queue: Queue, answers: Topic) -> None:
    """Work on *queue* as the original does: the body is taken for the request, any error ends the process,
    and what is delivered twice is predicted twice."""
    sqs, sns = context.client("sqs", **AS_WRITTEN), context.client("sns", **AS_WRITTEN)
    model = trained(context.seed)
    url, arn = context.queue_url(queue), context.topic_arn(answers)
    while not context.stopping:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            request = json.loads(message["Body"])
            prediction = model.predict(request["input"]).tolist()
            sns.publish(TopicArn=arn, Message=json.dumps({"id": request["id"], "prediction": prediction}))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
