"""A minute of payments through the stack as it will be deployed: queue, function, endpoint, alerts.

No model is deployed here, so the endpoint answers with what it was sent: the first value of a row, the
payment's amount, comes back as its risk.
"""

from pathlib import Path

from harness.scenario import (
    Constant,
    OpenModel,
    Payload,
    Ramp,
    Scenario,
    Settle,
    Stack,
    Stages,
    dead_lettered,
    function_errors,
    invocations,
    lost,
    not_made,
    refused_calls,
    undelivered,
)

stack = Stack(
    Path(__file__).resolve().parents[1] / "template.yaml", name="fraud-scoring", stand_in_models=True
)
payments, score, alerts = stack["Payments"], stack["Score"], stack["Alerts"]

ROWS = [
    '{"id": "{{number}}", "amount": 0.02, "hour": 14, "distance_km": 3}',
    '{"id": "{{number}}", "amount": 0.31, "hour": 9, "distance_km": 12}',
    '{"id": "{{number}}", "amount": 0.97, "hour": 3, "distance_km": 5400}',
]

scenario = Scenario(
    name="payments",
    description="A minute of payments, in the end four times the usual: each is scored, none is lost.",
    stack=stack,
    resources=stack.resources,
    workload=[
        OpenModel(
            payments,
            rate=Stages([Constant(2, over_s=20), Ramp(2, 8, over_s=20), Constant(8, over_s=20)]),
            payload=Payload("payments", ROWS, content_type="application/json", numbered=True),
        )
    ],
    expectations=[
        not_made(stack).equals(0, "the template makes all that it declares"),
        lost(payments).equals(0, "every payment is scored, or told as unscored"),
        dead_lettered(payments).equals(0, "none of these is malformed"),
        undelivered(alerts).equals(0, "every alert reaches the inbox"),
        invocations(score).at_least(10, "batches of ten at the most"),
        function_errors(score).equals(0, "what fails is named, and the batch goes on"),
        refused_calls(stack["ScoreRole"]).equals(0, "the role has what the code calls"),
    ],
    settle=Settle(at_most_s=120),
    clock="compressed:3",
)
