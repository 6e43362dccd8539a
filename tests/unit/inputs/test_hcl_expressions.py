"""Expressions of Terraform's language as the parser hands them over."""

from typing import Any

import pytest

from harness.inputs.hcl_expressions import evaluate
from harness.inputs.intrinsics import Unresolved


def look(parts: list[Any]) -> Any:
    """Know var.a only."""
    if parts == ["var", "a"]:
        return 7
    raise Unresolved(f"{parts} is not known")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        ("null", None),
        ("true", True),
        ("var.a", 7),
        ("${var.a}", 7),
        ('"${var.a}"', 7),
        ('"a${var.a}b"', "a7b"),
        ('"${var.a}${var.a}"', "77"),
        ('""', ""),
        ('"a\\n\\"b\\""', 'a\n"b"'),
        ('"$${var.a} %%{if} 5%"', "${var.a} %{if} 5%"),
        ({'"k"': ["${var.a}"], "__is_block__": True}, {"k": [7]}),
        ("${[]}", []),
        ("${[var.a, ]}", [7]),
        ("${{}}", {}),
        ('${true ? 1 : data.x["a\\"${var.b}"].y(1, [2], {c : 3})}', 1),
        ("${[false ? (nobody.at.all + 1) : 2, 3]}", [2, 3]),
        ("${var.a == 7 ? false ? nobody.x : 5 : nobody.y}", 5),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    """A side of a condition that does not count need not be known."""
    assert evaluate(value, look) == expected


@pytest.mark.parametrize(
    "value",
    [
        "${4 5}",
        "${(4}",
        "${[4 5]}",
        "${{a 5}}",
        "${*}",
        "${var.}",
        "${4 @ 5}",
        '${"a}',
        '"${4 5}"',
        '${true ? 1 : "a}',
        "${true ? 1}",
        "${" + "(" * 100 + "1" + ")" * 100 + "}",
        "${var.b}",
        "${false ? 1 : nobody.x}",
        "${max()}",
        "${-null}",
    ],
)
def test_what_cannot_be_worked_out(value: str) -> None:
    """Never another error than Unresolved."""
    with pytest.raises(Unresolved):
        evaluate(value, look)
