"""Functions under a little load: a timer fills a queue, the queue feeds a function, others are invoked.

The test runs it by its path with the real command.
"""

import json
from typing import Any
from urllib.request import Request, urlopen

import function_handlers as handlers

from harness.scenario import (
    Alias,
    Calls,
    EventSource,
    Function,
    HttpApi,
    OpenModel,
    Payload,
    Program,
    Queue,
    Role,
    Scenario,
    Table,
    Timer,
    allow,
    cold_starts,
    error_ratio,
    events_lost,
    fired,
    function_errors,
    invocations,
    lost,
    peak_concurrency,
    response_time,
    result,
    still_there,
)

LAMBDA = "lambda.amazonaws.com"
LOGS = ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",)
JOBS = Queue("jobs")
SEEN = Table("seen", items=[{"id": "first", "weight": 1.5}])

PRODUCER = Function(
    "producer",
    handlers.produce,
    Role("producer-role", LAMBDA, (allow("sqs:SendMessage", on=JOBS),), LOGS),
    timeout_s=5,
    environment={"JOBS": JOBS},
)
_POLLS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
CONSUMER = Function(
    "consumer",
    handlers.consume,
    Role(
        "consumer-role",
        LAMBDA,
        (allow(*_POLLS, on=JOBS), allow("dynamodb:PutItem", on=SEEN)),
        LOGS,
    ),
    timeout_s=5,
    environment={"SEEN": SEEN},
)
ANSWERING = Role("answering-role", LAMBDA, managed=LOGS)
SCORER = Function("scorer", handlers.answer, ANSWERING, duration=1.0, aliases=(Alias("live"),))
SCORED = HttpApi("scored", Function("http-scorer", handlers.answer_http, ANSWERING, duration=1.0))
TICK = Timer("tick", "rate(1 minute)", (PRODUCER,))
NUMBERED = Payload("numbers", ['{"number": {{number}}}'], "application/json", numbered=True)
LIVE = SCORER.alias("live")


def look(context: Any) -> dict[str, int]:
    """Return what the API answers, how many rows there are, and how often the one from the beginning."""
    asked = Request(context.api_url(SCORED), b'{"number": 21}', {"Content-Type": "application/json"})
    with urlopen(asked) as answer:
        score = json.load(answer)["score"]
    rows = context.client("dynamodb").scan(TableName=SEEN.name)["Items"]
    return {"score": score, "rows": len(rows), "first": sum(row["id"]["S"] == "first" for row in rows)}


scenario = Scenario(
    name="function-tiny",
    description="A timer, a queue and two functions under a little load.",
    clock="compressed:60",
    resources=[TICK, EventSource(JOBS, CONSUMER, 10, reports_item_failures=True), SCORER, SCORED],
    workload=[
        OpenModel(LIVE, Calls(4, 65.0), client="lean", arrivals="uniform", payload=NUMBERED),
        OpenModel(SCORED, Calls(3, 65.0), client="lean", arrivals="uniform", payload=NUMBERED),
        OpenModel(
            SCORER,
            Calls(2, 65.0),
            arrivals="uniform",
            payload=NUMBERED,
            name="events",
            invocation="Event",
        ),
    ],
    programs=[Program("look", look, "after_load")],
    expectations=[
        error_ratio(LIVE).at_most(0.0),
        error_ratio(SCORED).at_most(0.0),
        response_time(LIVE, 0.5).at_least(1.0, "what the function takes"),
        invocations(LIVE).equals(4),
        function_errors(SCORER).equals(0),
        cold_starts(SCORER).at_least(1),
        peak_concurrency(SCORER).at_least(1),
        invocations(SCORER).equals(6, "four calls and two events"),
        events_lost(SCORER).equals(0),
        fired(TICK).at_least(1),
        function_errors(CONSUMER).equals(0),
        still_there(JOBS).equals(0),
        lost(JOBS).equals(0),
        result("look", "score").equals(42),
        result("look", "first").equals(1),
        result("look", "rows").at_least(3, "two messages a tick, and the row from the beginning"),
    ],
)
