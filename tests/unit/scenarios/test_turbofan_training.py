"""The model learns, exports what it learnt, and repeats itself."""

import numpy as np
import pytest

from harness.errors import ScenarioError
from harness.inference import invoke, load_artefact, pack
from scenarios._turbofan import data, scoring, synthetic
from scenarios._turbofan.regimes import RegimeScaler
from scenarios._turbofan.training import train


@pytest.fixture(scope="module")
def turbofan():
    """Thirty engines a file: enough to learn from in two seconds."""
    return synthetic.generate(seed=2, units=30)


@pytest.fixture(scope="module")
def trained(turbofan):
    """A model trained on the train files alone."""
    return train([subset.train for subset in turbofan.subsets], seed=0)


def test_the_model_learns(turbofan, trained):
    """Scored as the batch job does, through CSV, it beats always answering the mean by a fifth or more."""
    model = load_artefact(pack(trained.onnx, trained.metadata()))
    rows = [row for subset in turbofan.subsets for row in data.batch_rows(subset)]
    truth = np.concatenate([data.remaining_life(subset) for subset in turbofan.subsets])
    predictions = scoring.predict_in_batches(
        lambda body: invoke(model, "text/csv", None, body.encode()).body.decode(), rows
    )
    assert scoring.rmse(truth.tolist(), predictions) < 0.8 * truth.std()


def test_the_held_out_error_is_honest(turbofan, trained):
    """What part of the spread is left unexplained is told at training as test engines then show it."""
    model = load_artefact(pack(trained.onnx, {}))
    rows = np.vstack([subset.test[:, 1:] for subset in turbofan.subsets]).astype(np.float32)
    truth = np.concatenate([data.remaining_life(subset) for subset in turbofan.subsets])
    error = np.sqrt(np.mean((np.ceil(model.predict(rows)) - truth) ** 2))
    assert trained.rmse_holdout / trained.rmse_mean_answer == pytest.approx(error / truth.std(), rel=0.15)
    assert trained.rmse_holdout < 0.8 * trained.rmse_mean_answer


def test_the_graph_answers_as_scikit_learn_does(trained):
    """The export is the model: a thousandth of a cycle at most."""
    assert trained.onnx_max_difference < 1e-3


def test_the_model_tells_where_it_comes_from(turbofan, trained):
    """Rows and engines are those of the train files; the metadata goes into model.json."""
    assert trained.rows == sum(len(subset.train) for subset in turbofan.subsets)
    assert (trained.units, trained.features) == (120, 25)
    assert trained.metadata()["training"]["rows"] == trained.rows


def test_the_same_seed_trains_the_same_model(small):
    """Byte for byte; another seed gives another one."""
    tables = [subset.train for subset in small.subsets]
    graphs = [train(tables, seed, epochs=1).onnx for seed in (0, 0, 1)]
    assert graphs[0] == graphs[1] != graphs[2]


def test_one_subset_is_enough(small):
    """With a single flight condition the scaler makes do with the settings' noise."""
    trained = train([small.subsets[0].train], epochs=1)
    assert np.isfinite(trained.rmse_holdout)


def test_too_few_engines_are_refused(small):
    """Five networks each leave out another fifth of the engines."""
    table = small.subsets[0].train
    with pytest.raises(ScenarioError, match="hold 4 engines: at least 5"):
        train([table[table[:, 0] <= 4]])


def test_the_scaler_takes_the_flight_condition_out(small):
    """Within a condition every sensor that moves has mean 0 and spread 1 before clipping."""
    rows = small.subsets[1].train[:, 1:].astype(np.float32)
    scaled = RegimeScaler().fit(rows).transform(rows)
    moving = scaled[:, :21].std(axis=0) > 0
    assert moving.sum() >= 14
    assert np.abs(scaled[:, :21][:, moving].mean(axis=0)).max() < 0.05
    assert scaled[:, 21:27].sum(axis=1).tolist() == [1.0] * len(rows)


def test_constant_settings_and_sensors_do_not_divide_by_zero():
    """A column that never moves says nothing and becomes 0."""
    rows = np.ones((50, 25), np.float32)
    rows[:, 0] = np.arange(50)
    features = RegimeScaler().fit(rows).transform(rows)
    assert np.isfinite(features).all()
    assert (features[:, :21] == 0.0).all()
