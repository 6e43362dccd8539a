"""Ranks of a distributed training that wait for a message before they meet."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.scenario import Queue, Topic
from scenarios._messaging import gloo
from scenarios._messaging.calls import AS_WRITTEN, PATIENT
from scenarios._messaging.envelope import published
from scenarios._messaging.inbox import Inbox
from scenarios._messaging.rendezvous import Address, Door, Join, RanksMissing, TcpDoor, join_by_tcp

if TYPE_CHECKING:
    from harness.program import Context

PAUSE_S = 0.1


def coordinate(
    context: "Context",
    *,
    topic: Topic,
    queues: Sequence[Queue],
    run: str,
    within_s: float,
    lost: int | None = None,
) -> Mapping[str, Any]:
    """Play one rank: rank 0 publishes `init` for *run*, every rank waits for it in its own queue and joins.

    Rank 0 returns how many came, the sum of what they brought (each its rank), and the seconds from the
    publication until the last one had joined; where not all come in *within_s* seconds, it says who did. The
    rank *lost* never comes.
    """
    if context.rank == lost:
        return {}
    inbox = Inbox(context.client("sqs", **PATIENT), context.queue_url(queues[context.rank]))
    join = _way_to_meet()
    door = _opened(context, within_s) if context.rank == 0 else None
    began = context.now()
    try:
        if door is not None:
            _call_the_ranks(context, topic, run, door.address)
        init, ignored = _await_init(inbox, run, until=began + within_s, context=context)
        met = _meet(join, init, context.rank, within_s)
        seconds = context.now() - began
        by = "torch.distributed, gloo" if join is gloo.join_by_gloo else "TCP"
        return {"seconds": seconds, "by": by, "ignored": ignored, **met} if door is not None else {}
    finally:
        if door is not None:
            door.close()


def _way_to_meet() -> Join:
    if not gloo.has_torch():
        return join_by_tcp
    gloo.load()  # takes seconds, and nobody should wait for it in the meeting
    return gloo.join_by_gloo


def _opened(context: "Context", within_s: float) -> Door:
    if gloo.has_torch():
        return gloo.StoreDoor(within_s)
    return TcpDoor(context.processes, within_s, context.now)


def _call_the_ranks(context: "Context", topic: Topic, run: str, address: Address) -> None:
    """Publish a message that is none of their business, then the one that they wait for."""
    sns, arn = context.client("sns", **PATIENT), context.topic_arn(topic)
    heartbeat = json.dumps({"id": f"{run}/heartbeat", "action": "heartbeat", "run": run})
    for message in (heartbeat, _init(run, context.processes, address)):
        sns.publish(TopicArn=arn, Message=message)


def _await_init(
    inbox: Inbox, run: str, *, until: float, context: "Context"
) -> tuple[dict[str, Any] | None, int]:
    """Return the `init` of *run* and how many other messages came before it; None when *until* is over.

    Whatever comes is deleted: it was meant for this rank alone.
    """
    ignored = 0
    while context.now() < until:
        for delivery in inbox.receive(most=1):
            message = published(delivery.body)
            inbox.delete([delivery])
            if message.get("action") == "init" and message.get("run") == run:
                return message, ignored
            ignored += 1
    return None, ignored


def _meet(join: Join, init: dict[str, Any] | None, rank: int, within_s: float) -> dict[str, Any]:
    if init is None:
        return {"joined": 0, "said": f"no init came within {within_s:g} s"}
    world_size = int(init["world_size"])
    address = Address(init["master_addr"], init["master_port"])
    try:
        (total,) = join(address, rank, world_size, [float(rank)], within_s)
    except RanksMissing as missing:
        print(missing, flush=True)
        return {"joined": len(missing.came), "missing": len(missing.missing), "said": str(missing)}
    return {"joined": world_size, "sum": total}


def coordinate_as_written(
    context: "Context", *, topic: Topic, queue: Queue, within_s: float
) -> Mapping[str, Any]:
    """Play one rank as the original does: one queue for all ranks, and nothing is ever deleted.

    The original waits for ever, and without a pause; here a rank gives up after *within_s* seconds. Rank 0
    returns how many ranks came to it.
    """
    until = context.now() + within_s
    door = TcpDoor(context.processes, within_s, context.now) if context.rank == 0 else None
    if door is not None:
        init = _init("training", context.processes, door.address)
        context.client("sns", **AS_WRITTEN).publish(TopicArn=context.topic_arn(topic), Message=init)
    init_found = _await_as_written(context, queue, until)
    if init_found is not None:
        _meet(join_by_tcp, init_found, context.rank, max(0.0, until - context.now()))
    if door is None:
        return {}
    context.wait_model_s(max(0.0, until - context.now()))
    door.close()
    return {"joined": len(door.came)}


def _await_as_written(context: "Context", queue: Queue, until: float) -> dict[str, Any] | None:
    sqs, url = context.client("sqs", **AS_WRITTEN), context.queue_url(queue)
    while context.now() < until:
        for found in sqs.receive_message(QueueUrl=url).get("Messages", []):
            message: dict[str, Any] = json.loads(json.loads(found["Body"])["Message"])
            if message["action"] == "init":
                return message
        context.wait_model_s(PAUSE_S)
    return None


def _init(run: str, world_size: int, address: Address) -> str:
    """Return the message that every rank waits for."""
    where = {"master_addr": address.host, "master_port": address.port}
    return json.dumps({"id": f"{run}/init", "action": "init", "run": run, "world_size": world_size, **where})
