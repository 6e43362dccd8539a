"""How pages are read: what is shown is compared line by line, and words are told from files."""

import pytest
from pages import differs
from typed import files_made, files_read, simple_commands


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ((), "anything\n"),
        (("a", "c"), "a\nc\n"),
        (("a", "..."), "a\nb\nc\n"),
        (("...", "c"), "a\nb\nc\n"),
        (("took ... s",), "took 3.2 s\n"),
    ],
)
def test_what_is_shown_is_printed(shown: tuple[str, ...], printed: str) -> None:
    """Nothing shown promises nothing; three dots stand for any text, alone for any lines."""
    assert differs(shown, printed) == ""


@pytest.mark.parametrize(
    ("shown", "printed"),
    [(("b",), "a\nb\n"), (("a",), "a\nb\n"), (("a", "c"), "a\nb\nc\n"), (("...", "d"), "a\n"), (("a",), "")],
)
def test_what_is_not_printed_is_told(shown: tuple[str, ...], printed: str) -> None:
    """Lines are neither left out nor put in without three dots."""
    assert differs(shown, printed) != ""


def test_commands_are_taken_apart() -> None:
    """Pipes, lists, assignments, redirections and comments of a shell."""
    found = list(simple_commands("A=1 harness run x --set a=b > out.json && cat < in.csv | head -1 & # said"))
    assert found == [
        (["harness", "run", "x", "--set", "a=b"], ["out.json"]),
        (["cat"], []),
        (["head", "-1"], []),
    ]


def test_files_are_told_from_words() -> None:
    """What is written is not asked for; a file may come after an equals sign."""
    words = [
        "harness",
        "audit",
        "t.yaml",
        "--payload",
        "Jobs=job.json",
        "--sarif",
        "out.json",
        "--fault",
        "a:b",
        "https://x/y.json",
    ]
    assert files_read(words) == ["t.yaml", "job.json"]
    assert files_made(words) == ["out.json"]
