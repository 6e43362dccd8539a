"""A timer starts a function that sends a table's items to a queue; another scores them, into a bucket."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.scenario import (
    Bucket,
    EventSource,
    Function,
    Program,
    Queue,
    Role,
    Scenario,
    Settle,
    Table,
    Timer,
    Variant,
    allow,
    dead_lettered,
    function_errors,
    invocations,
    lost,
    refused_calls,
    result,
)
from scenarios._functions.items import ITEMS, audit, items, keep_versions, stop
from scenarios._functions.roles import (
    CODE,
    LAMBDA,
    is_fed_from,
    keeps_its_log,
    reads_all_of,
    writes_rows_to,
)

if TYPE_CHECKING:
    from harness.program import Context

TICKS, EVERY_S = 2, 60
# Lambda guide, "Creating and configuring an Amazon SQS event source mapping": the queue's visibility time-out
# is to be at least six times the function's, and a message to be tried five times at least, for a batch that
# was throttled has been received as well.
TIMEOUT_S, VISIBILITY_S, TRIES = 1, 6, 5

table = Table("companies", items=items())
sent = Table("companies-sent")
rows = Bucket("company-sentiment")

dead = Queue("survey-dead")
queue = Queue("survey", visibility_timeout_s=VISIBILITY_S, dead_letter=dead, max_receive_count=TRIES)
queue_as_written = Queue("survey")

SEND, SCORE = "survey-producer", "survey-consumer"


def sender(handler: str, target: Queue, **more: Any) -> Function:
    """Return the function that the timer starts."""
    statements = (
        keeps_its_log(SEND),
        reads_all_of(table, sent),
        allow("sqs:SendMessage", on=target),
        allow("dynamodb:BatchWriteItem", on=sent),
    )
    names: dict[str, Table | Queue] = {"TABLE": table, "SENT": sent, "QUEUE": target}
    return Function(
        SEND, handler, Role(SEND, LAMBDA, statements), CODE, environment=names, timeout_s=30, **more
    )


def scorer(handler: str, source: Queue, prefix: str, **more: Any) -> Function:
    """Return the function that the queue feeds."""
    statements = (keeps_its_log(SCORE), is_fed_from(source), writes_rows_to(rows, prefix))
    return Function(
        SCORE, handler, Role(SCORE, LAMBDA, statements), CODE, environment={"BUCKET": rows}, **more
    )


# Two senders at once would find the same items new; what a failed one did not send, the next tick does.
producer = sender("producer.handler", queue, reserved=1, retries=0)
consumer = scorer("consumer.handler", queue, "rows/*", timeout_s=TIMEOUT_S)
producer_as_written = sender("producer_as_written.handler", queue_as_written)
consumer_as_written = scorer("consumer_as_written.handler", queue_as_written, "*")


def watch(context: "Context", timer: str) -> Mapping[str, Any]:
    """Let *timer* tick, then stop it."""
    context.wait_model_s((TICKS + 0.5) * EVERY_S)
    return stop(context, timer)


def timer(function: Function) -> Timer:
    """Return the timer of *function*."""
    return Timer("survey-every-minute", "rate(1 minute)", (function,))


PROGRAMS = [
    Program("versions", partial(keep_versions, bucket=rows.name)),
    Program("timer", partial(watch, timer="survey-every-minute"), moment="beside_load"),
    Program("audit", partial(audit, bucket=rows.name, table=table.name), moment="after_load"),
]

every_row = result("audit", "written", "items").equals(ITEMS - 1, "all but the one without a word in it")
every_page = result("audit", "never", "items").equals(
    1, "what is on any page of the table is sent and scored"
)
no_doubles = result("audit", "doubles", "rows").equals(0, "each item once")
nothing_overwritten = result("audit", "overwritten", "files").equals(0, "no file is written over by another")
whole_table = result("audit", "items", "items").equals(ITEMS)
nothing_refused = [refused_calls(one.role).equals(0, "it has what it needs") for one in (producer, consumer)]

scenario = Scenario(
    name="timed-producer",
    description=(
        "Every minute a function sends the new items of a table of three pages to a queue; another scores "
        "them in batches. One item is poison and ends in the dead-letter queue; each other one is one row."
    ),
    resources=[
        table,
        sent,
        rows,
        timer(producer),
        EventSource(queue, consumer, maximum_concurrency=2, reports_item_failures=True),
    ],
    programs=PROGRAMS,
    expectations=[
        whole_table,
        every_row,
        every_page,
        no_doubles,
        nothing_overwritten,
        dead_lettered(queue).equals(1, "the poison item"),
        lost(queue).equals(0, "none may be lost"),
        invocations(producer).at_least(TICKS, "one a minute"),
        function_errors(producer).equals(0),
        *nothing_refused,
    ],
    settle=Settle(at_most_s=900),
    clock="compressed:10",
    as_written=Variant(
        defect=(
            "One scan returns one page of the table, 1 MB: the rest is never sent. Every tick sends it all "
            "again. A batch is written to a file named after its last item's company, over what was there. "
            "(Its visibility time-out was below the function's as well, which Lambda no longer takes.)"
        ),
        must_fail=(every_row.name, every_page.name, no_doubles.name, nothing_overwritten.name),
        resources=[
            table,
            sent,
            rows,
            timer(producer_as_written),
            EventSource(queue_as_written, consumer_as_written),
        ],
        expectations=[whole_table, every_row, every_page, no_doubles, nothing_overwritten, *nothing_refused],
        settle=Settle(at_most_s=120),
    ),
)
