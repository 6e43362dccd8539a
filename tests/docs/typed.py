"""What a typed command asks for: which programs with which words, which files it reads and makes."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath

FILES = frozenset({".yaml", ".yml", ".json", ".csv", ".py", ".tf", ".xml", ".toml"})
"""Endings by which a word is taken for a file that must be there."""
_MAKES = frozenset({"--sarif", "--out", "--output", "-out", "--junitxml", "--harness-summary"})
_ENDS = re.compile(r"^(\|\|?|&&?|;)$")
_ASSIGNS = re.compile(r"^[A-Za-z_]\w*=")


def simple_commands(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words of each simple command of *text*, and the files that its output goes to."""
    reader = shlex.shlex(text.replace("\\\n", " "), posix=True, punctuation_chars="|&;<>")
    reader.whitespace_split = True
    words: list[str] = []
    made: list[str] = []
    tokens = list(reader)
    for number, token in enumerate(tokens):
        before = tokens[number - 1] if number else ""
        if _ENDS.match(token):
            if words:
                yield words, made
            words, made = [], []
        elif before in (">", ">>", "<"):
            made += [token] if before != "<" else []
        elif token not in (">", ">>", "<") and not (not words and _ASSIGNS.match(token)):
            words.append(token)
    if words:
        yield words, made


def files_read(words: list[str]) -> list[str]:
    """Return the words that name files which must be there before the command."""
    found = []
    for before, word in zip(["", *words], words, strict=False):
        name = word.rpartition("=")[2].partition("#")[0].partition("::")[0].removeprefix("file://")
        if before not in _MAKES and _is_file(name):
            found.append(name)
    return found


def files_made(words: list[str]) -> list[str]:
    """Return the words that name files which the command writes."""
    written = [word for before, word in pairwise(words) if before in _MAKES]
    if words[:2] == ["harness", "init"] and not written:
        return [f"{PurePosixPath(words[2]).stem}.py"]
    return written


def _is_file(name: str) -> bool:
    plain = "://" not in name and "*" not in name and not name.startswith("-")
    return plain and PurePosixPath(name).suffix in FILES
