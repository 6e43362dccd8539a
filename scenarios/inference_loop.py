"""Requests by a topic, workers at a queue, answers by a topic: each answered once, whatever goes wrong."""

from functools import partial

from harness.scenario import (
    Constant,
    DuplicatedDelivery,
    KilledConsumer,
    OpenModel,
    Program,
    Queue,
    Role,
    Scenario,
    Settle,
    Subscription,
    Table,
    Throttle,
    Topic,
    Variant,
    answered,
    answered_twice,
    dead_lettered,
    end_to_end,
    lost,
    published,
    still_there,
    undelivered,
)
from scenarios._messaging.inference import answer_as_written, answer_requests
from scenarios._messaging.permissions import CONTAINERS, consume, give_back, publish, remember
from scenarios._messaging.questions import crashes, hits, throughput, without_key
from scenarios._messaging.requests import good_and_poison

# What `harness run` sends: two cores do it beside other work. tests/soak sends 50 a second for two minutes.
RPS, SECONDS, WORKERS = 25, 15, 4
FAULTS = (DuplicatedDelivery.KIND, KilledConsumer.KIND, Throttle.KIND)
RPS_AS_WRITTEN, SECONDS_AS_WRITTEN = 10, 6
# What a killed worker had received is seen again after this long; a batch takes a fifth of a second.
VISIBILITY_S = 8
# Poison is given back at once and is in the dead-letter queue after as many receives. A good request is
# received once more for each worker that dies with it, each duplicate and each claim that it meets: six
# times is out of its reach.
MAX_RECEIVES = 6

requests = Topic("inference-requests")
poison = Queue("inference-poison")
queue = Queue(
    "inference-queue",
    accepts=[requests],
    visibility_timeout_s=VISIBILITY_S,
    dead_letter=poison,
    max_receive_count=MAX_RECEIVES,
)
# FIFO, so that SNS itself drops an answer that is published again within five minutes.
answers = Topic("inference-answers", fifo=True)
kept_answers = Queue("inference-answers-kept", fifo=True, accepts=[answers])
ledger = Table("inference-ledger")

sender = Role("inference-client", CONTAINERS, statements=(publish(requests),))
worker = Role(
    "inference-worker",
    CONTAINERS,
    statements=(consume(queue), give_back(queue), publish(answers), remember(ledger)),
)

# As written: no dead-letter queue, and answers that nothing holds together with their requests.
queue_as_written = Queue("inference-queue", accepts=[requests], visibility_timeout_s=VISIBILITY_S)
answers_as_written = Topic("inference-answers-as-written")
kept_as_written = Queue("inference-answers-as-written", accepts=[answers_as_written])
worker_as_written = Role(
    "inference-worker", CONTAINERS, statements=(consume(queue_as_written), publish(answers_as_written))
)


def traffic(rps: float, seconds: float) -> list[OpenModel]:
    """Return *rps* requests a second for *seconds*, one in twenty of them poison."""
    rate = Constant(rps, over_s=seconds)
    return [OpenModel(requests, rate, arrivals="uniform", payload=good_and_poison(), as_role=sender)]


def inference_loop(rps: float = RPS, seconds: float = SECONDS, workers: int = WORKERS) -> Scenario:
    """Return the scenario with *seconds* of load at *rps* requests a second, answered by so many *workers*.

    A worker does some 12 requests a second: the SDK makes a tenth of its calls again and waits before each,
    and one of them is always being started anew.
    """
    program = Program(
        "workers",
        partial(answer_requests, queue=queue, answers=answers, ledger=ledger),
        moment="beside_load",
        role=worker,
        processes=workers,
        restart="on-failure",
        reads=(queue,),
    )
    return Scenario(
        name="inference-loop",
        description=(
            "Workers answer requests in batches, while a tenth of the messages come twice, one in twenty is "
            "poison, a worker is killed every 5 s, and SNS and SQS throttle a tenth of the calls."
        ),
        resources=[Subscription(requests, queue), Subscription(answers, kept_answers, raw=True), ledger],
        programs=[program],
        workload=traffic(rps, seconds),
        faults=[
            DuplicatedDelivery(0.1, queue),
            KilledConsumer(program, every_s=5, until_s=seconds),
            Throttle("sns", 0.1),
            Throttle("sqs", 0.1),
        ],
        expectations=[
            published(requests).at_least(0.99 * rps * seconds, "requests were sent"),
            undelivered(requests).equals(0, "every request reached the queue"),
            answered(requests, kept_answers).equals(1, "every good request is answered"),
            answered_twice(requests, kept_answers).equals(0, "and no more than once"),
            lost(queue).equals(0, "no request is lost"),
            lost(kept_answers).equals(0, "no answer is lost"),
            still_there(queue).equals(0, "nothing comes back for ever"),
            dead_lettered(queue).equals(without_key(requests), "exactly the poison, one in twenty"),
            crashes("workers").equals(0, "a worker that dies was killed"),
            throughput(answers).at_least(rps / 2, "answered while it is asked, the last deaths aside"),
            end_to_end(requests, kept_answers, 0.5).below(
                VISIBILITY_S / 2, "a request that no fault hits waits for its turn only"
            ),
            end_to_end(requests, kept_answers, 0.99).below(
                4 * VISIBILITY_S, "one whose worker dies waits for its visibility time-out"
            ),
            *(hits(fault).at_least(1, "it was rehearsed") for fault in FAULTS),
        ],
        settle=Settle(at_most_s=60),
        clock="wall",
        as_written=AS_WRITTEN,
    )


_answered = answered(requests, kept_as_written).equals(1, "every good request is answered")
_left = still_there(queue_as_written).equals(0, "nothing comes back for ever")
_crashes = crashes("workers").equals(0, "a message that cannot be read ends no worker")

AS_WRITTEN = Variant(
    defect=(
        "The worker looks for `input` in the body, but the body is SNS's envelope, and the request a string "
        "inside it: each message raises KeyError and ends the worker. It is seen again when its visibility "
        "time-out is over, and comes back for ever, since there is no dead-letter queue: nobody is answered. "
        "And if it could read them, it would predict a request that comes twice twice."
    ),
    must_fail=(_answered.name, _left.name, _crashes.name),
    resources=[Subscription(requests, queue_as_written), Subscription(answers_as_written, kept_as_written)],
    programs=[
        Program(
            "workers",
            partial(answer_as_written, queue=queue_as_written, answers=answers_as_written),
            moment="beside_load",
            role=worker_as_written,
            processes=WORKERS,
            restart="on-failure",
            reads=(queue_as_written,),
            may_fail=True,
        )
    ],
    workload=traffic(RPS_AS_WRITTEN, SECONDS_AS_WRITTEN),
    faults=[],
    expectations=[
        published(requests).at_least(0.99 * RPS_AS_WRITTEN * SECONDS_AS_WRITTEN, "requests were sent"),
        undelivered(requests).equals(0, "every request reached the queue"),
        lost(queue_as_written).equals(0, "no request is lost"),
        _answered,
        _left,
        _crashes,
    ],
    settle=Settle(at_most_s=8),
)

scenario = inference_loop()
