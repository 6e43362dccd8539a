"""When a run is over: the queues that programs and functions work on are empty, no event is under way, and
endpoints are back at their minimum.

How full a queue is, is what GetQueueAttributes says of it, and that is approximate (SQS API reference): a
queue counts as empty when two looks in a row, a pause apart, find nothing in any of them.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.errors import BackendError
from harness.journal import Record
from harness.run.context import RunContext
from harness.scenario import Program

# Where the scenario declares no Settle: seconds of this machine, since its processes do the work.
QUEUES_AT_MOST_REAL_S = 60.0
LOOK_EVERY_REAL_S = 0.5
LOOKS_IN_A_ROW = 2
POLL_S = 0.05
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
NO_ANSWER = 500  # and above: the fault of who was asked; what gives no answer at all counts as that
# A look is tried again: a fault that throttles SQS must not end the wait.
ATTEMPTS = 5
RULE = "queue-not-drained"
UNDER_WAY = "events-under-way"
EVENTS_SOURCE = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"
SOURCE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html"


class _NotNow(BackendError):
    """The backend did not answer, or with an error of its own: it may be asked again."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What is in a queue: to be received, received and not deleted, and not yet to be seen."""

    visible: int = 0
    in_flight: int = 0
    delayed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.visible + self.in_flight + self.delayed

    def __str__(self) -> str:
        return f"{self.total} ({self.visible} visible, {self.in_flight} in flight, {self.delayed} delayed)"


def readers_of(
    programs: Iterable[Program], functions: Mapping[str, Sequence[str]] | None = None
) -> dict[str, list[str]]:
    """Return who works on what: the names of *programs* by the AWS name of each queue that they read, and of
    *functions*, which are given so."""
    found = {queue: list(names) for queue, names in (functions or {}).items()}
    for program in programs:
        for queue in program.reads:
            found.setdefault(queue.aws_name, []).append(program.name)
    return found


def settle(
    run: RunContext, drain: "Drain", at_most_s: float, at_minimum: Callable[[], bool], line: Callable[[], str]
) -> None:
    """Return once *drain* is over and capacity *at_minimum*, or *at_most_s* model seconds are.

    *line* says for people how the endpoints stand. Raises what `run.check` does, and BackendError when the
    backend refuses to say how full a queue is, or has not said it by the end.
    """
    began, look_at = run.clock.now(), time.monotonic()
    while (now := run.clock.now()) < began + at_most_s:
        run.check()
        if time.monotonic() >= look_at:
            drain.look()
            look_at = time.monotonic() + LOOK_EVERY_REAL_S
        if drain.over and at_minimum():
            return
        text = "; ".join(filter(None, (drain.line(), line())))
        run.view.progress(now - began, at_most_s, text, at_most=True)
        time.sleep(POLL_S)
    if drain.unsaid is not None:
        raise drain.unsaid


class Drain:
    """Looks at queues, as often as it is asked to, until they are empty.

    *readers* names the programs and functions of each queue; `is_over(reader)` says that one has ended, for
    then its queue is not waited for: nobody will empty it. *url* is the address of a queue. Where functions
    take part, *under_way* says what they have not done yet, "" for nothing, and *functions* are their names.
    """

    def __init__(
        self,
        sqs: Any,
        readers: Mapping[str, Sequence[str]],
        url: Callable[[str], str],
        is_over: Callable[[str], bool],
        under_way: Callable[[], str] | None = None,
        functions: Iterable[str] = (),
    ) -> None:
        self._sqs = sqs
        self._ask_under_way = under_way
        self._functions = frozenset(functions)
        self._under_way = ""
        self._url = url
        self._readers = readers
        self._is_over = is_over
        self._empty_looks = 0
        self.depths: dict[str, Depth] = {}
        self.unsaid: BackendError | None = None  # why the last look saw nothing, if it did not

    @property
    def over(self) -> bool:
        """Whether there is nothing left to wait for, as far as one has looked."""
        looked = len(self.depths) == len(self._readers) and self.unsaid is None
        waits = bool(self._waited_for()) or self._ask_under_way is not None
        return looked and (self._empty_looks >= LOOKS_IN_A_ROW or not waits)

    def look(self) -> None:
        """Ask how full each queue is, and what is under way.

        A backend that cannot say it now, for an error of its own, may a little later: that is `unsaid`, and
        nothing counts as empty meanwhile. Raises BackendError where it refuses.
        """
        try:
            self.depths = {queue: self._depth(queue) for queue in self._readers}
        except _NotNow as error:
            self.unsaid, self._empty_looks = error, 0
            return
        self.unsaid = None
        self._under_way = self._ask_under_way() if self._ask_under_way is not None else ""
        empty = not any(self.depths[queue].total for queue in self._waited_for()) and not self._under_way
        self._empty_looks = self._empty_looks + 1 if empty else 0

    def line(self) -> str:
        """Return what is left, in a line for people."""
        left = [f"{queue}: {depth.total}" for queue, depth in self.depths.items()]
        return ", ".join([*left, *([f"{self._under_way} under way"] if self._under_way else [])])

    def findings(
        self, at: float, records: Iterable[Record], keys: Mapping[str, frozenset[str]]
    ) -> list[Record]:
        """Return a warning for each queue that is not empty, and what its programs did about that; and for
        what functions have not done yet.

        *keys* are the access keys of each program, by which its calls in *records* are known.
        """
        left = {queue: depth for queue, depth in self.depths.items() if depth.total}
        received = _who_received(records) if left else frozenset()
        found: list[Record] = [
            journal.Finding(at, RULE, "warning", queue, self._sentence(queue, depth, received, keys), SOURCE)
            for queue, depth in left.items()
        ]
        if self._under_way:
            message = (
                f"Functions had not done with what came to them when the run had settled: {self._under_way}"
            )
            resource = ", ".join(sorted(self._functions))
            found.append(journal.Finding(at, UNDER_WAY, "warning", resource, f"{message}.", EVENTS_SOURCE))
        return found

    def _waited_for(self) -> list[str]:
        return [queue for queue, readers in self._readers.items() if not all(map(self._is_over, readers))]

    def _depth(self, queue: str) -> Depth:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=list(COUNTS))
        except (ClientError, BotoCoreError) as error:
            answer = error.response if isinstance(error, ClientError) else {}
            code = answer.get("Error", {}).get("Code", "")
            if "NonExistentQueue" in code:
                return Depth()  # a program has deleted it, and all that was in it
            status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", NO_ANSWER)
            kind = _NotNow if status >= NO_ANSWER else BackendError
            sentence = f"sqs did not say how full queue {queue} is: {error}"
            raise kind(sentence, service="sqs", operation="get_queue_attributes", code=code) from error
        return Depth(*(int(answer["Attributes"][name]) for name in COUNTS))

    def _sentence(
        self,
        queue: str,
        depth: Depth,
        received: frozenset[str],
        keys: Mapping[str, frozenset[str]],
    ) -> str:
        did = [self._what_it_did(program, received, keys) for program in self._readers[queue]]
        return f"Messages were left in the queue when the run had settled: {depth}. {' '.join(did)}"

    def _what_it_did(self, program: str, received: frozenset[str], keys: Mapping[str, frozenset[str]]) -> str:
        if program in self._functions:
            return f"Function {program!r}, which is fed from it, did not come to an end with them."
        if not keys.get(program, frozenset()) & received:
            return f"Program {program!r}, which is said to read it, never asked for a message."
        if self._is_over(program):
            return f"Program {program!r}, which reads it, had ended before."
        return f"Program {program!r}, which reads it, did not come to an end with them."


def _who_received(records: Iterable[Record]) -> frozenset[str]:
    """Return the access keys that called ReceiveMessage."""
    return frozenset(
        one.access_key
        for one in records
        if isinstance(one, journal.Exchange) and one.operation == "ReceiveMessage"
    )
