"""The requests of the inference loop: rows to classify, and among them what no worker could ever answer."""

import json
from random import Random

from harness.scenario import Payload

FEATURES = 20
# Every twentieth body: 5 %. None of them has an id, so that nobody waits for an answer.
POISON_EVERY = 20
POISON = (
    "this is no JSON",
    '{"input": [[0.5, 1.5]]}',
    '["a list", "where an object is wanted"]',
)


def good_and_poison() -> Payload:
    """Return a pool of 60 bodies, 57 good ones with the request's number as their id, and 3 of poison."""
    random = Random("inference requests")
    bodies = [
        POISON[place // POISON_EVERY] if place % POISON_EVERY == POISON_EVERY - 1 else _good(random)
        for place in range(POISON_EVERY * len(POISON))
    ]
    return Payload("rows and poison", bodies, content_type="application/json", numbered=True)


def _good(random: Random) -> str:
    row = [round(random.gauss(0.0, 1.0), 4) for _ in range(FEATURES)]
    return json.dumps({"id": "request-{{number}}", "input": [row]})
