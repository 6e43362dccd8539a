"""A randomised search tells each fold's score while SNS throttles, and for a while refuses everything."""

from functools import partial

from harness.scenario import (
    Program,
    Queue,
    Role,
    Scenario,
    Subscription,
    Throttle,
    Topic,
    Variant,
    delivered,
    duplicates,
    lost,
    out_of_order,
    published,
    result,
    undelivered,
)
from scenarios._messaging.permissions import CONTAINERS, consume, publish
from scenarios._messaging.reader import read
from scenarios._messaging.tuning import CANDIDATES, MESSAGES, tune, tune_as_written

# A tenth of the calls is throttled. That alone stops nobody: the SDK tries five times, and all five are
# throttled once in a hundred thousand publishes. What it does not outlast is a spell in which every call is
# throttled, as when an account has used up its quota: its four waits add up to 15 s at most.
SPELL_FROM_S, SPELL_UNTIL_S = 1.0, 17.0
FAULTS = [
    Throttle("sns", 1.0, after_s=SPELL_FROM_S, until_s=SPELL_UNTIL_S),
    Throttle("sns", 0.1),
]

results = Topic("tuning-results", fifo=True)
inbox = Queue("tuning-results", fifo=True, accepts=[results])
tuner = Role("tuner", CONTAINERS, statements=(publish(results),))
archivist = Role("tuning-archivist", CONTAINERS, statements=(consume(inbox),))

written = Topic("tuning-results-as-written")
inbox_as_written = Queue("tuning-results-as-written", accepts=[written])
tuner_as_written = Role("tuner", CONTAINERS, statements=(publish(written),))

every_message = "60 folds and the best parameters"
# A search of ten seconds that is held up for longer than this waits for its own announcements.
not_held_up = result("search", "held_up_s", "s").below(1.0, "telling a score takes no time of the search")
every_score = result("search", "scored", "candidates").equals(CANDIDATES, "each of the 20 has a score")
all_published = published(written).equals(MESSAGES, every_message)

scenario = Scenario(
    name="tuning-notifications",
    description=(
        "A search over 20 candidates and 3 folds tells each score and the best parameters; SNS throttles a "
        "tenth of the calls, and all of them for a quarter of a minute."
    ),
    resources=[Subscription(results, inbox)],
    programs=[
        Program("search", partial(tune, topic=results), moment="beside_load", role=tuner),
        Program("archive", partial(read, queue=inbox), moment="beside_load", role=archivist, reads=(inbox,)),
    ],
    faults=FAULTS,
    expectations=[
        every_score,
        not_held_up,
        published(results).equals(MESSAGES, every_message),
        undelivered(results).equals(0, "somebody must hear of it"),
        delivered(inbox).equals(MESSAGES, every_message),
        duplicates(inbox).equals(0, "once each"),
        out_of_order(inbox).equals(0, "in the order of the folds"),
        lost(inbox).equals(0, "none may be lost"),
    ],
    clock="wall",
    as_written=Variant(
        defect=(
            "The scorer publishes each fold's score itself. While SNS throttles, the search stands still; "
            "when the SDK has tried five times, the error ends the scorer: the fold has no score, its "
            "message is lost, and its candidate is out. (With error_score='raise' the whole search ends.)"
        ),
        must_fail=(every_score.name, not_held_up.name, all_published.name),
        resources=[Subscription(written, inbox_as_written)],
        programs=[
            Program(
                "search", partial(tune_as_written, topic=written), moment="beside_load", role=tuner_as_written
            )
        ],
        expectations=[
            every_score,
            not_held_up,
            all_published,
            undelivered(written).equals(0, "what is published reaches the queue"),
            lost(inbox_as_written).equals(0, "and stays there"),
        ],
    ),
)
