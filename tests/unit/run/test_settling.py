"""When queues count as empty, whom they are waited for, and what is said of those that are not."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness import journal
from harness.errors import BackendError
from harness.run.settling import COUNTS, Drain, readers_of
from harness.scenario import Program, Queue

JOBS, ORDERS = Queue("jobs"), Queue("orders", fifo=True)
READERS = {"jobs": ["worker"], "orders.fifo": ["worker", "clerk"]}
KEYS = {"worker": frozenset({"W"}), "clerk": frozenset({"C"})}
EMPTY, ONE, IN_FLIGHT, DELAYED = (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)


class Sqs:
    """Answers with the next of the depths that a queue is said to have, the last one for ever."""

    def __init__(self, **depths: Sequence[Any]) -> None:
        self.left = {name.replace("_", "."): list(found) for name, found in depths.items()}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        found = self.left[QueueUrl.removeprefix("http://q/")]
        depth = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(depth, Exception):
            raise depth
        return {"Attributes": dict(zip(AttributeNames, map(str, depth), strict=True))}


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "said so"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetQueueAttributes")


def drain(over: Callable[[str], bool] = lambda _: False, **depths: Sequence[Any]) -> Drain:
    """Return a drain of queues with *depths*, all read by programs that work on."""
    sqs = Sqs(**depths)
    return Drain(sqs, {name: READERS[name] for name in sqs.left}, lambda name: f"http://q/{name}", over)


def looks_until_over(queues: Drain) -> int:
    """Return after how many looks there is nothing left to wait for."""
    looks = 0
    while not queues.over:
        queues.look()
        looks += 1
    return looks


def received(key: str, operation: str = "ReceiveMessage") -> journal.Exchange:
    return journal.Exchange(1.0, "sqs", operation, 200, "", 0.0, 0, 0, access_key=key)


def messages(queues: Drain, *records: Any) -> dict[str, str]:
    """Return what is said of each queue after one look."""
    queues.look()
    found = queues.findings(7.0, records, KEYS)
    assert all(isinstance(one, journal.Finding) and one.at == 7.0 for one in found)
    return {one.resource: one.message for one in found if isinstance(one, journal.Finding)}


def test_readers_are_found_by_the_name_that_aws_has() -> None:
    """A queue may have several."""
    programs = [
        Program("worker", len, reads=(JOBS, ORDERS)),
        Program("clerk", len, reads=(ORDERS,)),
        Program("other", len),
    ]
    assert readers_of(programs) == READERS


@pytest.mark.parametrize("something", [ONE, IN_FLIGHT, DELAYED])
def test_a_queue_is_empty_when_two_looks_in_a_row_find_nothing(something: tuple[int, int, int]) -> None:
    """Counts are approximate: one look is no proof. What is in flight or delayed is there as well."""
    assert looks_until_over(drain(jobs=[something, EMPTY, something, EMPTY, EMPTY])) == 5


def test_all_queues_must_be_empty_in_the_same_looks() -> None:
    """What leaves one may be on its way into another."""
    assert looks_until_over(drain(jobs=[EMPTY, EMPTY, ONE, EMPTY], orders_fifo=[ONE, ONE, EMPTY])) == 5


def test_nothing_is_waited_for_where_nobody_reads() -> None:
    """A run without such programs has settled once it has looked."""
    queues = Drain(None, {}, str, lambda _: False)
    assert queues.over
    assert queues.line() == ""


def test_a_queue_whose_readers_have_all_ended_is_not_waited_for() -> None:
    """Nobody will empty it; one reader that works on is enough to wait."""
    assert looks_until_over(drain(lambda _: True, orders_fifo=[ONE])) == 1
    half = drain(lambda program: program == "clerk", orders_fifo=[ONE, ONE, ONE, EMPTY])
    assert looks_until_over(half) == 5


def test_a_queue_that_a_program_has_deleted_is_empty() -> None:
    """Nothing is left in it."""
    gone = refusal("AWS.SimpleQueueService.NonExistentQueue")
    assert looks_until_over(drain(jobs=[ONE, gone])) == 3


def test_a_backend_that_refuses_to_say_ends_the_run() -> None:
    """With the queue and the reason."""
    with pytest.raises(BackendError) as error:
        drain(jobs=[refusal("AccessDenied", 403)]).look()
    assert "sqs did not say how full queue jobs is: " in str(error.value)
    assert error.value.code == "AccessDenied"


@pytest.mark.parametrize(
    "trouble", [refusal("InternalError", 500), EndpointConnectionError(endpoint_url="q")]
)
def test_a_backend_that_is_out_of_order_is_asked_again(trouble: Exception) -> None:
    """What it did not say is no empty queue, and no end of the run either."""
    queues = drain(jobs=[EMPTY, trouble, EMPTY])
    queues.look()
    queues.look()
    assert queues.unsaid is not None
    assert "sqs did not say how full queue jobs is: " in str(queues.unsaid)
    assert looks_until_over(queues) == 2


def test_what_was_never_said_keeps_the_run_from_settling() -> None:
    """Also where all that read the queue have ended: the last known depth is no answer."""
    queues = drain(lambda _: True, jobs=[EMPTY, refusal("InternalError", 500)])
    queues.look()
    assert queues.over
    queues.look()
    assert not queues.over


def test_an_empty_queue_is_not_spoken_of() -> None:
    """Findings are about what is wrong."""
    assert messages(drain(jobs=[EMPTY])) == {}


def test_a_program_that_never_asked_is_told() -> None:
    """Calls of another kind, or of others, are not asking."""
    said = messages(drain(jobs=[(3, 1, 2)]), received("other"), received("W", "DeleteMessage"))
    assert said == {
        "jobs": "Messages were left in the queue when the run had settled: 6 (3 visible, 1 in flight, "
        "2 delayed). Program 'worker', which is said to read it, never asked for a message."
    }


def test_each_reader_is_told_apart() -> None:
    """One had ended, one was too slow."""
    queues = drain(lambda program: program == "worker", orders_fifo=[ONE])
    said = messages(queues, received("W"), received("C"))["orders.fifo"]
    assert said.endswith(
        "Program 'worker', which reads it, had ended before. "
        "Program 'clerk', which reads it, did not come to an end with them."
    )


def test_what_is_left_is_shown_in_a_line() -> None:
    """For people, while they wait."""
    queues = drain(jobs=[(3, 1, 2)], orders_fifo=[EMPTY])
    queues.look()
    assert queues.line() == "jobs: 6, orders.fifo: 0"
    assert len(COUNTS) == 3


def test_what_functions_have_not_done_is_waited_for() -> None:
    """Two looks in a row, though there be no queue at all."""
    left = ["2 events", "", "1 batch", "", ""]
    queues = Drain(None, {}, str, lambda _: False, lambda: left.pop(0) if left else "", ["score"])
    assert looks_until_over(queues) == 5


def test_a_queue_of_a_function_is_waited_for_and_named() -> None:
    """The function never ends by itself; what it has not done is a finding."""
    sqs = Sqs(jobs=[ONE])
    queues = Drain(
        sqs,
        {"jobs": ["score"]},
        lambda name: f"http://q/{name}",
        lambda _: False,
        lambda: "1 event",
        ["score"],
    )
    queues.look()
    assert queues.line() == "jobs: 1, 1 event under way"
    left, busy = queues.findings(7.0, [], {})
    assert isinstance(left, journal.Finding)
    assert isinstance(busy, journal.Finding)
    assert left.message.endswith("Function 'score', which is fed from it, did not come to an end with them.")
    assert (busy.rule, busy.resource) == ("events-under-way", "score")


def test_functions_read_beside_programs() -> None:
    """Both are waited for."""
    programs = [Program("worker", len, reads=(JOBS,))]
    assert readers_of(programs, {"jobs": ["score"]}) == {"jobs": ["score", "worker"]}
