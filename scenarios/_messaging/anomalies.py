"""Two detectors over a stream of points; each outlier is an alert whose attributes say who should get it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.scenario import Topic
from scenarios._messaging.calls import PATIENT

if TYPE_CHECKING:
    from harness.program import Context

ROWS, FEATURES, CONTAMINATION, NEW_POINTS = 1_000, 5, 0.1, 100
ISOLATION_FOREST, Z_SCORE = "isolation_forest", "z_score"
# A point is out of the ordinary where one of its values is this many standard deviations from the mean.
Z_LIMIT = 2.5
# From here on somebody should be woken: severity goes from 0 (ordinary) to 10.
SEVERE = 5


@dataclass(frozen=True, slots=True)
class Alert:
    """One outlier: who found it, how bad it is (0 to 10), and the point."""

    anomaly_type: str
    severity: int
    point: list[float]


def alerts(seed: int) -> Iterator[Alert]:
    """Yield what an isolation forest and a z-score find in 100 new points of 5 values."""
    import numpy as np
    from sklearn.ensemble import IsolationForest

    random = np.random.default_rng(seed)
    known = random.standard_normal((ROWS, FEATURES))
    forest = IsolationForest(contamination=CONTAMINATION, random_state=seed).fit(known)
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    points = random.standard_normal((NEW_POINTS, FEATURES))
    depths = forest.decision_function(points)  # below 0: an outlier; -0.5 at the lowest
    distances = np.abs((points - mean) / deviation).max(axis=1)
    for point, depth, distance in zip(points.tolist(), depths, distances, strict=True):
        if depth < 0:
            yield Alert(ISOLATION_FOREST, _severity(-depth / 0.1), point)
        if distance > Z_LIMIT:
            yield Alert(Z_SCORE, _severity(distance - Z_LIMIT), point)


def _severity(share: float) -> int:
    return round(10 * min(max(share, 0.0), 1.0))


def detect(context: "Context", *, topic: Topic) -> Mapping[str, Any]:
    """Publish every alert with its type and severity as attributes; return how many are of each kind."""
    sns, arn = context.client("sns", **PATIENT), context.topic_arn(topic)
    found = list(alerts(context.seed))
    for number, alert in enumerate(found):
        message = {"id": f"alert-{number}", "event": "anomaly_detected", "data": alert.point}
        sns.publish(TopicArn=arn, Message=json.dumps(message), MessageAttributes=_attributes(alert))
        context.progress(number + 1, len(found))
    return {
        "alerts": len(found),
        ISOLATION_FOREST: sum(one.anomaly_type == ISOLATION_FOREST for one in found),
        Z_SCORE: sum(one.anomaly_type == Z_SCORE for one in found),
        "severe": sum(one.severity >= SEVERE for one in found),
    }


def _attributes(alert: Alert) -> dict[str, Any]:
    return {
        "anomaly_type": {"DataType": "String", "StringValue": alert.anomaly_type},
        "severity": {"DataType": "Number", "StringValue": str(alert.severity)},
    }
