"""The training programs of the experiments learn what they should, and what they leave predicts the same."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.inference import OnnxModel
from scenarios._experiments.engines import WORN_WITHIN, as_csv, rows_of, subset
from scenarios._experiments.mechanics import CARELESS, judge
from scenarios._experiments.trainers import life, wear


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Rows of engines, two targets: the life left, and whether it is short."""
    root = tmp_path_factory.mktemp("engines")
    for name, seed in (("train", 1), ("validation", 2)):
        rows, left = rows_of(subset(seed).train)
        for kind, target in (("life", left), ("wear", (left <= WORN_WITHIN).astype(np.float64))):
            folder = root / kind / name
            folder.mkdir(parents=True)
            (folder / "rows.csv").write_bytes(as_csv(rows[::7], target[::7]))
    return {"life": root / "life", "wear": root / "wear"}


def trained(
    program: Callable[[], None], data: Path, where: Path, monkeypatch: pytest.MonkeyPatch, **given: str
) -> OnnxModel:
    """Run a training program as a container does; return the model that it leaves."""
    monkeypatch.setenv("SM_HPS", json.dumps(given))
    monkeypatch.setenv("SM_MODEL_DIR", str(where))
    for name in ("train", "validation"):
        monkeypatch.setenv(f"SM_CHANNEL_{name.upper()}", str(data / name))
    program()
    return OnnxModel((where / "model.onnx").read_bytes())


@pytest.mark.parametrize("degree", ["1", "2"])
def test_the_remaining_life_is_learnt(
    degree: str,
    channels: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The graph's error on the validation rows is the one that the log tells."""
    model = trained(life, channels["life"], tmp_path, monkeypatch, degree=degree, l2="1")
    told = float(capsys.readouterr().out.partition("validation:rmse=")[2].partition(";")[0])
    table = np.loadtxt(channels["life"] / "validation" / "rows.csv", delimiter=",")
    wrong = model.predict(table[:, 1:].astype(np.float32)) - table[:, 0]
    assert float(np.sqrt(np.mean(wrong**2))) == pytest.approx(told, rel=1e-3)
    assert told < np.std(table[:, 0])


def test_wear_is_learnt(
    channels: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A value at each quarter of the way, and answers between 0 and 1."""
    model = trained(wear, channels["wear"], tmp_path, monkeypatch)
    lines = [line for line in capsys.readouterr().out.splitlines() if "validation:accuracy=" in line]
    assert len(lines) == 4
    table = np.loadtxt(channels["wear"] / "validation" / "rows.csv", delimiter=",")
    answers = model.predict(table[:, 1:].astype(np.float32))
    assert 0.0 <= answers.min() <= answers.max() <= 1.0
    assert np.mean((answers > 0.5) == (table[:, 0] > 0.5)) > 0.85


def test_only_the_careless_mechanic_errs() -> None:
    """Now and then, and always on the same engines."""
    engines = [{"source": f"{number},1", "overhauled-after": 10.0} for number in range(60)]
    said = {worker: [judge(worker, one, ("sound", "worn")) for one in engines] for worker in (0, CARELESS)}
    assert set(said[0]) == {"worn"}
    assert 5 < said[CARELESS].count("sound") < 40
