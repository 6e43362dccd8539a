"""The classifier of dog breeds, and the function before it.

No image is fetched: the model reads the breed from the image's URL, as text, and scores all 133 classes.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context

CLASSES = 133
ENDPOINT = "dog-breeds"
LOG_GROUP = "/aws/lambda/dog-breeds"
EVENTS = 12
JSON = "application/json"


def url_of(breed: int, image: int) -> str:
    """Return where image number *image* of *breed* would be."""
    return f"https://images.example.com/dogs/{breed * 7919 % 9973:04d}-{breed:03d}/{image}.jpg"


def build(context: "Context") -> bytes:
    """Train a classifier over pairs of characters of the request's text; return it as model.tar.gz."""
    import warnings

    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import StringTensorType
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    from harness.inference import pack

    known = [(breed, image) for breed in range(CLASSES) for image in range(3)]
    texts = [json.dumps({"url": url_of(*one)}) for one in known]
    pairs = CountVectorizer(analyzer="char", ngram_range=(2, 2), lowercase=False)
    classifier = make_pipeline(pairs, MultinomialNB(alpha=0.01)).fit(texts, [breed for breed, _ in known])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The conversion of CountVectorizer may not work")
        made = to_onnx(
            classifier,
            initial_types=[("text", StringTensorType([None, 1]))],
            options={id(classifier): {"zipmap": False}},
        )
    return pack(made.SerializeToString(), {"name": ENDPOINT, "reads": "text", "classes": CLASSES})


class Function:
    """The function's code as it would run: a client made once, a handler called for each event."""

    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime

    def handler(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Pass *event* on to the endpoint; return its answer as API Gateway wants it."""
        answer = self._runtime.invoke_endpoint(
            EndpointName=ENDPOINT, ContentType=JSON, Accept=JSON, Body=json.dumps(event)
        )
        scores = json.loads(answer["Body"].read())
        return {"statusCode": 200, "headers": {"Content-Type": JSON}, "body": json.dumps(scores)}


def serve_events(context: "Context") -> Mapping[str, Any]:
    """Call the handler with events, as Lambda does under the function's role, and keep its log.

    Returns how many were answered, the fewest and most scores in an answer, and how often the highest of them
    was that of the right breed.
    """
    function = Function(context.client("sagemaker-runtime"))
    log = _Log(context.client("logs"))
    found: list[list[float]] = []
    right = 0
    for number in range(EVENTS):
        breed = number * 11 % CLASSES
        answer = function.handler({"url": url_of(breed, 3 + number)})
        (scores,) = json.loads(answer["body"])
        log.write(f"status {answer['statusCode']}, {len(scores)} scores")
        found.append(scores)
        right += scores.index(max(scores)) == breed
    counts = [len(scores) for scores in found]
    return {"answered": len(found), "fewest": min(counts), "most": max(counts), "right": right}


class _Log:
    """The log that Lambda keeps for the function, under the function's role."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._named = {"logGroupName": LOG_GROUP, "logStreamName": "2024/05/01/[$LATEST]0a1b2c"}
        logs.create_log_group(logGroupName=LOG_GROUP)
        logs.create_log_stream(**self._named)

    def write(self, line: str) -> None:
        """Add *line*, at this moment."""
        moment = int(datetime.now(UTC).timestamp() * 1000)
        self._logs.put_log_events(**self._named, logEvents=[{"timestamp": moment, "message": line}])


def forget_log(context: "Context") -> None:
    """Remove the function's log, as the account."""
    context.client("logs").delete_log_group(logGroupName=LOG_GROUP)
