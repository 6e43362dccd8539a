"""Turbofan runs of our own: the format, the physics, the seed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ScenarioError
from scenarios._turbofan import data, synthetic


def test_the_same_seed_gives_the_same_files():
    """Byte for byte, and another seed gives others."""
    texts = [synthetic.as_text(synthetic.generate(seed, units=5).subsets[3].train) for seed in (4, 4, 5)]
    assert texts[0] == texts[1] != texts[2]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), units=st.integers(2, 6))
def test_any_data_set_is_one_that_nasa_could_have_written(tmp_path_factory, seed, units):
    """The strict reader takes it and finds the same numbers; each engine has life left at its cut."""
    made = synthetic.generate(seed, units=units)
    folder = tmp_path_factory.mktemp("turbofan")
    synthetic.save(made, folder)
    for written, read in zip(made.subsets, data.load(folder).subsets, strict=True):
        assert np.array_equal(written.train, read.train)
        assert np.array_equal(written.test, read.test)
        assert (read.rul >= 1).all()
        assert len(read.rul) == units


def test_subsets_have_one_or_six_flight_conditions(small):
    """FD001 and FD003 fly one condition, FD002 and FD004 six."""
    found = [len(np.unique(subset.train[:, 2:5].round(0), axis=0)) for subset in small.subsets]
    assert found == [1, 6, 1, 6]


def test_wear_shows_in_the_sensors(small):
    """A worn compressor runs hotter at the turbine's outlet (T50): last cycles above first ones."""
    train = small.subsets[0].train
    left = data.life_length(train) - train[:, data.CYCLE]
    t50 = train[:, 5 + 3]
    assert t50[left < 10].mean() > t50[left > 100].mean() + 3 * t50[left > 100].std()


def test_a_worn_fan_moves_sensors_the_other_way(small):
    """The bypass ratio rises with compressor wear and falls with fan wear: FD003 ends with both."""
    spread = [np.ptp(s.train[data.life_length(s.train) == s.train[:, 1], 5 + 14]) for s in small.subsets]
    assert spread[2] > 2 * spread[0]


def test_write_makes_the_folder_once(tmp_path):
    """The second process that asks finds the first one's files untouched, and nothing is left beside them."""
    folder = tmp_path / "deep" / "data"
    synthetic.write(folder, seed=3, units=2)
    before = (folder / "RUL_FD001.txt").read_bytes()
    synthetic.write(folder, seed=9, units=3)
    assert (folder / "RUL_FD001.txt").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["data"]
    assert len(list(folder.iterdir())) == 12


def test_a_file_in_the_way_is_said(tmp_path):
    """The folder cannot take the place of a file."""
    (tmp_path / "data").write_text("here")
    with pytest.raises(ScenarioError, match="cannot be written"):
        synthetic.write(tmp_path / "data", units=2)


def test_too_few_engines_are_refused():
    """The message names the parameter."""
    with pytest.raises(ScenarioError, match="units is 1"):
        synthetic.generate(units=1)


def test_the_sample_rows_are_those_of_seed_0():
    """The rows that the load scenarios send come from this model: 100 of each subset."""
    kept = (Path(synthetic.__file__).parent / "sample_rows.csv").read_text().splitlines()
    made = [row for subset in synthetic.generate(0).subsets for row in data.batch_rows(subset)[:100]]
    assert kept == made
