"""A randomised search that tells each fold's score and then the best parameters."""

import json
import math
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.scenario import Topic
from scenarios._messaging.calls import AS_WRITTEN, PATIENT
from scenarios._messaging.outbox import Outbox

if TYPE_CHECKING:
    from harness.program import Context

ROWS, FEATURES = 1_000, 20
CANDIDATES, FOLDS = 20, 3
MESSAGES = CANDIDATES * FOLDS + 1
PARAMETERS: Mapping[str, list[int | None]] = {
    "n_estimators": [10, 50, 100, 200],
    "max_depth": [None, 10, 20, 30],
    "min_samples_split": [2, 5, 10],
    "min_samples_leaf": [1, 2, 4],
}
# How long the outbox may go on when the search is over: longer than the outage that the rehearsal makes.
PATIENCE_S = 60.0

# scorer(estimator, rows, classes) -> accuracy
Scorer = Callable[[Any, Any, Any], float]


def searched(seed: int, scorer: Scorer) -> Any:
    """Return the fitted search over random forests: 20 candidates, 3 folds, *scorer* called for each fold."""
    from sklearn.datasets import make_classification
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import RandomizedSearchCV

    rows, classes = make_classification(n_samples=ROWS, n_features=FEATURES, n_classes=2, random_state=seed)
    search = RandomizedSearchCV(
        RandomForestClassifier(random_state=seed),
        param_distributions=PARAMETERS,
        n_iter=CANDIDATES,
        scoring=scorer,
        cv=FOLDS,
        random_state=seed,
    )
    return search.fit(rows, classes)


def summed_up(search: Any) -> dict[str, Any]:
    """Return how many candidates have a score, and the best one's."""
    scores = [float(score) for score in search.cv_results_["mean_test_score"]]
    return {"scored": sum(map(math.isfinite, scores)), "best_score": float(search.best_score_)}


def tune(context: "Context", *, topic: Topic) -> Mapping[str, Any]:
    """Search, with every result put into an outbox: publishing holds nothing up and fails nothing.

    Returns how many folds and candidates have a score, and the seconds that telling it held the search up.
    """
    sns = context.client("sns", **PATIENT)
    run = f"search-{context.seed}"
    outbox = Outbox(sns, context.topic_arn(topic), group=run, patience_s=PATIENCE_S)
    folds, held_up_s = 0, 0.0

    def score(estimator: Any, rows: Any, classes: Any) -> float:
        nonlocal folds, held_up_s
        folds += 1
        accuracy = float(estimator.score(rows, classes))
        began = context.now()
        outbox.put(_fold(f"{run}/{folds}", estimator, accuracy))
        held_up_s += context.now() - began
        context.progress(folds, CANDIDATES * FOLDS)
        return accuracy

    context.ready()
    with outbox:
        search = searched(context.seed, score)
        outbox.put(_best(f"{run}/best", search))
    return {"folds": folds, "held_up_s": held_up_s, "batches": outbox.tries, **summed_up(search)}


def tune_as_written(context: "Context", *, topic: Topic) -> Mapping[str, Any]:
    """Search as the original does: the scorer publishes each fold's score itself, by the SDK's defaults.

    What the scorer raises, scikit-learn takes for a fold without a score; with error_score="raise" it ends
    the search.
    """
    sns, arn = context.client("sns", **AS_WRITTEN), context.topic_arn(topic)
    folds, held_up_s = 0, 0.0

    def score(estimator: Any, rows: Any, classes: Any) -> float:
        nonlocal folds, held_up_s
        folds += 1
        accuracy = float(estimator.score(rows, classes))
        message = _fold(f"as-written/{folds}", estimator, accuracy)
        began = context.now()
        try:
            sns.publish(TopicArn=arn, Message=json.dumps(message))
        finally:
            held_up_s += context.now() - began
        context.progress(folds, CANDIDATES * FOLDS)
        return accuracy

    context.ready()
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # "Scoring failed" belongs into the log, once
        search = searched(context.seed, score)
    sns.publish(TopicArn=arn, Message=json.dumps(_best("as-written/best", search)))
    return {"folds": folds, "held_up_s": held_up_s, **summed_up(search)}


def _fold(name: str, estimator: Any, accuracy: float) -> dict[str, Any]:
    parameters = {key: estimator.get_params()[key] for key in PARAMETERS}
    return {"id": name, "event": "iteration_complete", "params": parameters, "score": accuracy}


def _best(name: str, search: Any) -> dict[str, Any]:
    return {
        "id": name,
        "event": "tuning_complete",
        "best_params": search.best_params_,
        "best_score": float(search.best_score_),
    }
