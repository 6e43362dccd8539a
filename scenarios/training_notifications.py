"""A training run says how it goes: two subscribers hear it, each event once, and a crash is told as well."""

from functools import partial

from harness.scenario import (
    Program,
    Queue,
    Role,
    Scenario,
    Subscription,
    Topic,
    Variant,
    Webhook,
    delivered,
    duplicates,
    lost,
    published,
    result,
    undelivered,
)
from scenarios._messaging.permissions import CONTAINERS, consume, publish
from scenarios._messaging.training import train, train_as_written, watch

events = Topic("training-events")
inbox = Queue("training-watcher", accepts=[events])
pager = Webhook("training-pager")

trainer = Role("trainer", CONTAINERS, statements=(publish(events),))
watcher = Role("training-watcher", CONTAINERS, statements=(consume(inbox),))

# Two runs of two events each: started and completed, started and failed.
RUNS, EVENTS = 2, 4

scenario = Scenario(
    name="training-notifications",
    description=(
        "A random forest is trained on 10,000 rows and says started and completed (duration, accuracy) to a "
        "queue and a webhook; a second training crashes and says failed."
    ),
    resources=[Subscription(events, inbox), Subscription(events, pager)],
    programs=[
        Program("training", partial(train, topic=events, run="random-forest"), role=trainer),
        Program(
            "crashing-training",
            partial(train, topic=events, run="corrupt-data", corrupt=True),
            role=trainer,
            may_fail=True,
        ),
        Program("watcher", partial(watch, queue=inbox), role=watcher),
    ],
    expectations=[
        published(events).equals(EVENTS, "started and completed, started and failed"),
        undelivered(events).equals(0, "somebody must hear of it"),
        delivered(inbox).equals(EVENTS, "every event, once"),
        delivered(pager).equals(EVENTS, "every event, once"),
        lost(inbox).equals(0, "none may be lost"),
        duplicates(inbox).equals(0, "none may be worked on twice"),
        result("watcher", "once", "events").equals(EVENTS, "every event, once"),
        result("watcher", "in_order", "runs").equals(RUNS, "a subscriber can put them in order"),
        result("watcher", "failed", "runs").equals(1, "the crash is told"),
        result("training", "accuracy").at_least(0.8, "a model that has learnt"),
    ],
    clock="wall",
    as_written=Variant(
        defect=(
            "Nobody is subscribed to the topic. SNS takes the messages, keeps none, and says that all is "
            "well: started and completed reach nobody."
        ),
        must_fail=(undelivered(events).name,),
        resources=[events],
        programs=[Program("training", partial(train_as_written, topic=events), role=trainer)],
        expectations=[
            published(events).equals(2, "started and completed"),
            undelivered(events).equals(0, "somebody must hear of it"),
            result("training", "accuracy").at_least(0.8, "a model that has learnt"),
        ],
    ),
)
