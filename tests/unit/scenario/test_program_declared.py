"""A program is refused when it is declared, if it cannot be run."""

from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scenario import Program


@pytest.mark.parametrize(("function", "kind"), [(None, "NoneType"), ("work", "str"), (42, "int")])
def test_what_is_no_function_is_refused(function: Any, kind: str) -> None:
    """With what it is, and what is wanted."""
    with pytest.raises(ScenarioError) as error:
        Program("work", function)
    assert str(error.value) == (
        f"Program 'work': function is of type {kind}; give a function that takes a context"
    )
