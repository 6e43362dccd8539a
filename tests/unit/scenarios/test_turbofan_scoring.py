"""The batch job's arithmetic."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidRun
from scenarios._turbofan import scoring


@given(st.lists(st.integers(0, 999), min_size=1, max_size=50), st.integers(1, 12))
def test_every_row_is_sent_once_and_in_order(values, batch):
    """Whatever the batch size, the predictions are those of the rows."""
    sizes = []

    def invoke(body: str) -> str:
        sizes.append(len(body.split("\n")))
        return body.replace("\n", ",")

    assert scoring.predict_in_batches(invoke, [str(value) for value in values], batch) == values
    assert sizes[:-1] == [batch] * (len(sizes) - 1)
    assert sizes[-1] == len(values) - batch * (len(sizes) - 1)


def test_each_answer_is_rounded_up():
    """The original takes math.ceil of each number."""
    assert scoring.read_answer("1.0,1.01,-0.5", rows=3) == [1, 2, 0]


@pytest.mark.parametrize("answer", ["", "1,x", "1,,2", "nan,1", "inf", '{"predictions":[]}'])
def test_an_answer_that_is_not_numbers_ends_the_job(answer):
    """The run proves nothing then, and the message quotes the answer."""
    with pytest.raises(InvalidRun, match="not numbers separated by commas"):
        scoring.read_answer(answer, rows=1)


def test_a_wrong_count_of_answers_ends_the_job():
    """99 answers to 100 rows would shift every later one."""
    with pytest.raises(InvalidRun, match="2 answers to 3 rows"):
        scoring.read_answer("1,2", rows=3)


def test_rmse_is_the_root_of_the_mean_square():
    """Errors 3 and 4 give the root of 12.5."""
    assert scoring.rmse([0.0, 0.0], [3, -4]) == math.sqrt(12.5)


@pytest.mark.parametrize(("truth", "predictions"), [([], []), ([1.0], []), ([1.0], [1, 2])])
def test_rmse_of_nothing_is_no_figure(truth, predictions):
    """No data is never a pass."""
    with pytest.raises(InvalidRun, match="cannot be held against"):
        scoring.rmse(truth, predictions)
