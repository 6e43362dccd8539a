"""Four ranks wait for a message before they meet: one queue each, or one for all, which most never see."""

from functools import partial

from harness.scenario import (
    Program,
    Queue,
    Role,
    Scenario,
    Subscription,
    Topic,
    Variant,
    delivered,
    duplicates,
    lost,
    published,
    result,
    still_there,
    undelivered,
)
from scenarios._messaging.coordination import coordinate, coordinate_as_written
from scenarios._messaging.permissions import CONTAINERS, consume, publish, receive

RANKS = 4
# How long ranks wait for each other; where one is lost, that is how long the others need to say so.
WITHIN_S, LOST_WITHIN_S = 30.0, 6.0
# The original's ranks wait for ever. Its second rank would see the message after 30 s, the fourth after 90.
AS_WRITTEN_WITHIN_S = 6.0

calls = Topic("training-coordination")
queues = [Queue(f"training-rank-{rank}", accepts=[calls]) for rank in range(RANKS)]
rank = Role("training-rank", CONTAINERS, statements=(publish(calls), consume(*queues)))

meet = partial(coordinate, topic=calls, queues=queues)

# As written: one queue for all ranks and no policy on it. The second pair is the same with a policy, to show
# what is wrong besides.
written = Topic("DistributedTrainingCoordination")
shared = Queue("TrainingCoordinationQueue")
let_in = Topic("DistributedTrainingCoordination-let-in")
shared_let_in = Queue("TrainingCoordinationQueue-let-in", accepts=[let_in])
rank_as_written = Role(
    "training-rank",
    CONTAINERS,
    statements=(publish(written), publish(let_in), receive(shared, shared_let_in)),
)
wait_as_written = partial(coordinate_as_written, within_s=AS_WRITTEN_WITHIN_S)
joined = result("ranks", "joined", "ranks").equals(RANKS, "all ranks of the training")
joined_let_in = result("ranks-let-in", "joined", "ranks").equals(RANKS, "all ranks of the training")

scenario = Scenario(
    name="training-coordination",
    description=(
        "Rank 0 calls, four processes hear it, each in its own queue, and meet in a process group; a lost "
        "rank ends in a time-out that says who came."
    ),
    resources=[Subscription(calls, queue) for queue in queues],
    programs=[
        Program("ranks", partial(meet, run="training", within_s=WITHIN_S), role=rank, processes=RANKS),
        Program(
            "lost-rank",
            partial(meet, run="lost", within_s=LOST_WITHIN_S, lost=RANKS - 1),
            role=rank,
            processes=RANKS,
        ),
    ],
    expectations=[
        joined,
        result("ranks", "sum").equals(sum(range(RANKS)), "0 + 1 + 2 + 3, added up by all"),
        result("ranks", "ignored", "messages").equals(1, "the heartbeat before it is none of their business"),
        result("ranks", "seconds", "s").below(WITHIN_S / 2, "from the call until the last rank has joined"),
        result("lost-rank", "joined", "ranks").equals(RANKS - 1, "those that came are named"),
        result("lost-rank", "seconds", "s").below(2 * LOST_WITHIN_S, "a lost rank ends in a time-out"),
        # Two runs, and in each a heartbeat and the call.
        published(calls).equals(4),
        undelivered(calls).equals(0, "every rank has its queue, and every queue lets the topic in"),
        *(delivered(queue).equals(4, "every rank gets every message") for queue in queues[:-1]),
        delivered(queues[-1]).equals(2, "the last one is lost in the second run"),
        *(lost(queue).equals(0) for queue in queues),
        *(duplicates(queue).equals(0) for queue in queues),
        *(still_there(queue).equals(0, "a rank deletes what it has read") for queue in queues[:-1]),
        still_there(queues[-1]).equals(2, "what the lost rank has not read waits for it"),
    ],
    clock="wall",
    as_written=Variant(
        defect=(
            "One queue serves four ranks. It has no policy, so that SNS may not write to it: AWS delivers "
            "nothing at all. With a policy each message goes to one rank only; since nobody deletes it, the "
            "next rank sees it when the visibility time-out of 30 s is over, the fourth after 90 s."
        ),
        must_fail=(undelivered(written).name, joined.name, joined_let_in.name),
        resources=[Subscription(written, shared), Subscription(let_in, shared_let_in)],
        programs=[
            Program(
                "ranks",
                partial(wait_as_written, topic=written, queue=shared),
                role=rank_as_written,
                processes=RANKS,
            ),
            Program(
                "ranks-let-in",
                partial(wait_as_written, topic=let_in, queue=shared_let_in),
                role=rank_as_written,
                processes=RANKS,
            ),
        ],
        expectations=[
            published(written).equals(1, "the call"),
            undelivered(written).equals(0, "the call reaches somebody"),
            joined,
            undelivered(let_in).equals(0, "with a queue policy the call arrives"),
            joined_let_in,
        ],
    ),
)
