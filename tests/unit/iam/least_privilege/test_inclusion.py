"""Patterns within patterns: exact for wildcards, on the safe side for variables."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.iam.least_privilege import inclusion
from harness.iam.least_privilege.inclusion import included, overlap, tokens


def within(narrow: str, *wide: str) -> bool:
    """Return whether *narrow* lies within *wide* together."""
    return included(tokens(narrow), tuple(map(tokens, wide)))


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [
        ("a", ("a",), True),
        ("a", ("b",), False),
        ("a*", ("*",), True),
        ("a*", ("a*", "b*"), True),
        ("a*b", ("a*",), True),
        ("a*", ("a*b",), False),
        ("a?", ("a*",), True),
        ("a*", ("a?",), False),
        ("a?c", ("abc", "a*c"), True),
        ("*a*", ("*a",), False),
        ("a**", ("a*",), True),
        ("a", (), False),
        ("", ("*",), True),
        ("*", ("?*", ""), True),
        ("*", ("?*",), False),
        ("ab", ("a",), False),
        ("a", ("ab",), False),
        ("${x}", ("*",), True),
        ("${x}", ("${x}",), True),
        ("${x}", ("${y}",), False),
        ("${x}", ("?",), False),
        ("a*", ("a${x}",), False),
        ("u/${x}/a", ("u/*",), True),
        ("${x, 'd'}", ("${x, 'e'}",), False),
        ("a${*}", ("a?",), True),
        ("ab", ("a${*}",), False),
    ],
)
def test_one_pattern_within_others(narrow: str, wide: tuple[str, ...], expected: bool) -> None:
    """Several wide ones count together."""
    assert within(narrow, *wide) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a*", "*b", True),
        ("a*", "b*", False),
        ("a?", "ab", True),
        ("a?", "a", False),
        ("?", "${x}", True),
        ("${x}", "abc", True),
        ("*a", "*b", False),
        ("*", "", True),
        ("a", "", False),
    ],
)
def test_two_patterns_with_a_text_in_common(one: str, other: str, expected: bool) -> None:
    """In either order; a variable may be any text."""
    assert overlap(tokens(one), tokens(other)) is expected
    assert overlap(tokens(other), tokens(one)) is expected


def test_wildcards_of_an_arn_may_keep_to_their_part() -> None:
    """Then a variable, which may hold a colon, is within none but `*` behind the fifth colon."""
    wide = (tokens("arn:aws:sqs:*:x", resource=True, parted=True),)
    assert included(tokens("arn:aws:sqs:s3:x", resource=True, parted=True), wide)
    assert not included(tokens("arn:aws:sqs:s3:y:x", resource=True, parted=True), wide)
    other = (tokens("arn:aws:sqs:s?s:x", resource=True, parted=True),)
    assert included(tokens("arn:aws:sqs:sqs:x", resource=True, parted=True), other)
    assert not included(tokens("arn:aws:sqs:s*:x", resource=True, parted=True), other)
    assert included(tokens("arn:aws:sqs:s?s:x", resource=True, parted=True), other)
    assert included(tokens("arn:aws:sqs:s?s:x", resource=True, parted=True), wide)
    named = tokens("arn:aws:sqs:${x}:a:b", resource=True, parted=True, generous=True)
    assert not included(named, (tokens("arn:aws:sqs:*:a:b", resource=True, parted=True),))


def test_what_takes_too_long_is_not_included(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer on the safe side."""
    monkeypatch.setattr(inclusion, "_MOST_STATES", 3)
    assert not within("*a*b*c*x", "*a*x", "*b*x")


TEXTS = ["".join(each) for size in range(5) for each in product("ab", repeat=size)]
PATTERNS = st.text("ab*?", max_size=4)


@given(PATTERNS, st.lists(PATTERNS, max_size=3))
def test_it_agrees_with_every_short_text(narrow: str, wide: list[str]) -> None:
    """Included: no text is outside. Not included: some text of the narrow one is, unless it is a long one."""
    texts = [each for each in TEXTS if _matches(narrow, each)]
    outside = [each for each in texts if not any(_matches(one, each) for one in wide)]
    if within(narrow, *wide):
        assert outside == []
    elif "*" not in narrow:
        # a character that no pattern names stands for all of those; `?` may be it
        assert outside or "?" in narrow
    for each in wide:
        if any(_matches(each, text) for text in texts):
            assert overlap(tokens(narrow), tokens(each))


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None
