"""On which line things stand, in JSON and in YAML."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.templates.json_lines import line_of, lines_of
from harness.templates.yaml_lines import load_yaml

NAMES = st.text(alphabet="abcXYZ", min_size=1, max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(alphabet='ab "\\,]}', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_json_and_its_lines_read_as_yaml_are_the_same(value: dict[str, Any]) -> None:
    """JSON is YAML: both readers see each path on the same line."""
    text = json.dumps(value, indent=1)
    from_yaml, lines = load_yaml(Path("t.yaml"), text)
    assert (from_yaml, lines) == (value, lines_of(text))


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_one_line_is_that_of_all_lines(value: dict[str, Any]) -> None:
    """`line_of` and `lines_of` agree on every path."""
    text = json.dumps(value, indent=1)
    for path, line in lines_of(text).items():
        assert line_of(text, path) in ((None, line) if not path else (line,))


SHORT_FORMS = """
a: !Ref Name
b: !GetAtt Queue.Arn
c: !Sub "${Name}"
d: !If [Prod, !Ref One, {Ref: Two}]
e: !Condition Prod
f: 2010-09-09
g: !GetAtt [Queue, Arn]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [("a.b", 1), ("a.z", 1), ("a[1]", 1), ("c[1]", 3), ("c[5]", 2), ("c.d", 2), ("c[1].d", 3), ("z", None)],
)
def test_a_path_that_is_not_there_has_the_line_of_what_is_around(path: str, line: int | None) -> None:
    """None where nothing of it is there."""
    assert line_of('{"a": {"b": 1},\n "c": [1,\n 2]}', path) == line


ALIASES = "a0: &a0 1\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 20)}]\n" for level in range(1, 9)
)


def test_short_forms_become_long() -> None:
    """As CloudFormation reads them; a date stays a text."""
    value, lines = load_yaml(Path("t.yaml"), SHORT_FORMS)
    assert value == {
        "a": {"Ref": "Name"},
        "b": {"Fn::GetAtt": ["Queue", "Arn"]},
        "c": {"Fn::Sub": "${Name}"},
        "d": {"Fn::If": ["Prod", {"Ref": "One"}, {"Ref": "Two"}]},
        "e": {"Condition": "Prod"},
        "f": "2010-09-09",
        "g": {"Fn::GetAtt": ["Queue", "Arn"]},
    }
    assert lines["d.Fn::If[2].Ref"] == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# nothing\n", "nothing but comments"),
        ("a: 1\na: 2\n", "line 2: a is there twice"),
        ("a:\n  [1]: 2\n", "line 2: a key must be a text"),
        ("a: [1\nb: 2", "line 2, column .*: this is not YAML"),
        ("a: !!int x\n", "this is not YAML"),
        ("[" * 3_000, "line 1: its values are nested more than 200 deep"),
        (ALIASES, "has more than 100000 values"),
    ],
    ids=["comments", "twice", "key", "syntax", "number", "deep", "many"],
)
def test_yaml_that_is_none(text: str, said: str) -> None:
    """The line of what is wrong is told."""
    with pytest.raises(ScenarioError, match=said):
        load_yaml(Path("t.yaml"), text)


def test_a_merge_key_brings_members() -> None:
    """Anchors, aliases and merges are YAML's own."""
    value, _ = load_yaml(Path("t.yaml"), "a: &x {m: 1}\nb: {<<: *x, n: 2}\n")
    assert value["b"] == {"m": 1, "n": 2}
