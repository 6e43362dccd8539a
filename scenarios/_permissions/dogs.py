"""The classifier of dog breeds, and a client of the function before it.

No image is fetched: the model reads the breed from the image's URL, as text, and scores all 133 classes.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context

CLASSES = 133
ENDPOINT = "dog-breeds"
EVENTS = 12


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


def serve_events(context: "Context", function: str) -> Mapping[str, Any]:
    """Call *function* with events, as a client that may.

    Returns how many were answered, the fewest and most scores in an answer, and how often the highest of them
    was that of the right breed.
    """
    client = context.client("lambda")
    found: list[list[float]] = []
    right = 0
    for number in range(EVENTS):
        breed = number * 11 % CLASSES
        event = {"url": url_of(breed, 3 + number)}
        answer = json.loads(client.invoke(FunctionName=function, Payload=json.dumps(event))["Payload"].read())
        (scores,) = json.loads(answer["body"])
        found.append(scores)
        right += scores.index(max(scores)) == breed
    counts = [len(scores) for scores in found]
    return {"answered": len(found), "fewest": min(counts), "most": max(counts), "right": right}
