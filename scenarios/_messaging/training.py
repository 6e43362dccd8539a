"""A training run that says how it goes: started, then completed or failed, each numbered within its run."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.scenario import Queue, Topic
from scenarios._messaging.calls import AS_WRITTEN, PATIENT
from scenarios._messaging.envelope import published
from scenarios._messaging.inbox import Inbox

if TYPE_CHECKING:
    from harness.program import Context

ROWS, FEATURES, TREES = 10_000, 20, 100


class Announcer:
    """Publishes the events of the training run called *run*, numbered from 1.

    A standard topic promises no order, so that every event says its own place; subscribers sort by it.
    """

    def __init__(self, sns: Any, topic_arn: str, run: str, clock: Callable[[], float]) -> None:
        self.sequence = 0
        self._sns = sns
        self._topic_arn = topic_arn
        self._run = run
        self._clock = clock

    def tell(self, event: str, **figures: Any) -> None:
        """Publish *event* of this run with *figures*."""
        self.sequence += 1
        message = {
            "id": f"{self._run}/{self.sequence}",
            "run": self._run,
            "sequence": self.sequence,
            "event": event,
            **figures,
        }
        self._sns.publish(
            TopicArn=self._topic_arn,
            Message=json.dumps(message),
            MessageAttributes={"event": {"DataType": "String", "StringValue": event}},
        )

    @contextmanager
    def announced(self) -> Iterator[dict[str, float]]:
        """Publish started, then completed with the figures that the block leaves in what it is given.

        An exception in the block is published as failed, with its reason, and goes on: a run that crashes
        must not look like one that is still going.
        """
        figures: dict[str, float] = {}
        began = self._clock()
        self.tell("started")
        try:
            yield figures
        except BaseException as error:
            self.tell("failed", duration_s=self._clock() - began, reason=f"{type(error).__name__}: {error}")
            raise
        self.tell("completed", duration_s=self._clock() - began, **figures)


def random_forest(seed: int, *, corrupt: bool = False) -> float:
    """Train a random forest of 100 trees on 10,000 rows of 20 features; return its accuracy on a fifth.

    Where the data are *corrupt*, one value is infinite and the training raises ValueError.
    """
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split

    rows, classes = make_classification(n_samples=ROWS, n_features=FEATURES, n_classes=2, random_state=seed)
    if corrupt:
        rows[ROWS // 2, 0] = float("inf")
    train_rows, test_rows, train_classes, test_classes = train_test_split(
        rows, classes, test_size=0.2, random_state=seed
    )
    model = RandomForestClassifier(n_estimators=TREES, random_state=seed)
    model.fit(train_rows, train_classes)
    return float(model.score(test_rows, test_classes))


def train(context: "Context", *, topic: Topic, run: str, corrupt: bool = False) -> Mapping[str, Any]:
    """Train and announce it on *topic*; return the accuracy and how many events were published."""
    sns = context.client("sns", **PATIENT)
    announcer = Announcer(sns, context.topic_arn(topic), run, context.now)
    with announcer.announced() as figures:
        figures["accuracy"] = random_forest(context.seed, corrupt=corrupt)
    return {"events": announcer.sequence, **figures}


def train_as_written(context: "Context", *, topic: Topic) -> Mapping[str, Any]:
    """Train and announce it as the original does: two sentences, sent to a topic that nobody listens to."""
    sns, arn = context.client("sns", **AS_WRITTEN), context.topic_arn(topic)
    sns.publish(TopicArn=arn, Message="Model training started")
    began = context.now()
    accuracy = random_forest(context.seed)
    text = f"Model training completed. Duration: {context.now() - began:.2f}s, Accuracy: {accuracy:.4f}"
    sns.publish(TopicArn=arn, Message=text)
    return {"accuracy": accuracy}


def watch(context: "Context", *, queue: Queue) -> Mapping[str, Any]:
    """Read *queue* empty as a subscriber does; return what it can say of the training runs.

    `in_order` counts the runs whose events, sorted by their numbers, have no gap and end as a run must.
    """
    inbox = Inbox(context.client("sqs", **PATIENT), context.queue_url(queue))
    events = [published(delivery.body) for delivery in inbox.drain()]
    return summed_up(events)


def summed_up(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many *events* there are, of them once each, and how the runs went that they tell of."""
    runs: dict[str, dict[int, str]] = {}
    for event in events:
        runs.setdefault(event["run"], {})[event["sequence"]] = event["event"]
    stories = [[events_of[n] for n in sorted(events_of)] for events_of in runs.values() if _whole(events_of)]
    return {
        "events": len(events),
        "once": len({event["id"] for event in events}),
        "runs": len(runs),
        "in_order": sum(story in (["started", "completed"], ["started", "failed"]) for story in stories),
        "completed": sum(story[-1] == "completed" for story in stories),
        "failed": sum(story[-1] == "failed" for story in stories),
    }


def _whole(events_of: Mapping[int, str]) -> bool:
    return sorted(events_of) == list(range(1, len(events_of) + 1))
