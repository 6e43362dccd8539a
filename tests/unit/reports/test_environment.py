"""How pages are put together: what is escaped, what is cut, and what their policy lets run."""

from base64 import b64encode
from hashlib import sha256

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from reports.environment import MOST_CHARACTERS, _cut, coded, own, page, policy


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("looks for `input` in <b>", "looks for <code>input</code> in &lt;b&gt;"),
        ("`<i>` first", "<code>&lt;i&gt;</code> first"),
        ("one ` alone & all", "one ` alone &amp; all"),
        ("none", "none"),
    ],
)
def test_words_between_backticks_are_code(words: str, shown: str) -> None:
    """And everything is escaped, in them and around them."""
    assert str(coded(words)) == shown


def test_long_texts_are_cut_and_markup_is_not() -> None:
    """With a mark at the end; figures are no text."""
    assert _cut("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS
    assert _cut("x" * (MOST_CHARACTERS + 1)) == "x" * (MOST_CHARACTERS - 1) + "…"
    assert _cut(Markup("x" * 9_000)) == "x" * 9_000
    assert _cut(9) == 9


def test_the_length_of_texts_is_of_one_page() -> None:
    """The next page has the usual one again."""
    context = {"messages": {"named": []}, "faults": [], "percentiles": "", "timelines": []}
    with pytest.raises(UndefinedError):
        page("messages.html.j2", context, most=10)
    assert _cut("x" * 100) == "x" * 100


def test_a_policy_names_scripts_by_their_hash() -> None:
    """No script at all is said too, and a page may speak to its server only where it is told so."""
    digest = b64encode(sha256(b"one()").digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy(["one()"])
    assert "script-src 'none';" in policy([])
    assert "connect-src" not in policy([])
    assert "connect-src 'self'" in policy([], connects=True)


@pytest.mark.parametrize("name", ["page.js", "index.js"])
def test_a_script_cannot_end_its_own_element(name: str) -> None:
    """It stands between two tags as it is."""
    assert "</script" not in str(own(name)).lower()
    assert "<!--" not in str(own(name))
