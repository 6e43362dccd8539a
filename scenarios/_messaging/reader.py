"""A subscriber that reads its queue as long as it may, and can say what came."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.scenario import Queue
from scenarios._messaging.calls import PATIENT
from scenarios._messaging.envelope import published
from scenarios._messaging.inbox import Inbox

if TYPE_CHECKING:
    from harness.program import Context


def read(context: "Context", *, queue: Queue) -> Mapping[str, Any]:
    """Read and delete what comes to *queue* until asked to stop.

    Returns how many messages came, and how many they are by their ids, where one that came twice counts once.
    """
    inbox = Inbox(context.client("sqs", **PATIENT), context.queue_url(queue))
    context.ready()
    seen: list[str] = []
    while not context.stopping:
        found = inbox.receive()
        seen += [str(published(one.body)["id"]) for one in found]
        inbox.delete(found)
    return {"messages": len(seen), "once": len(set(seen))}
