"""Every command of the documentation is one that there is, and what it reads stands in its page."""

import ast
import importlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from pages import GIVEN, ROOT, Block, blocks, name_of, pages
from typed import files_made, files_read, simple_commands

from harness.commands.parsing import parser_of
from harness.commands.table import COMMANDS
from harness.errors import HarnessError
from harness.scenario import names

PAGES = [pytest.param(page, id=name_of(page)) for page in pages()]
OTHERS = frozenset(
    {"aws", "cat", "cd", "cdk", "cp", "curl", "dask", "docker", "echo", "export", "git", "grep", "head", "jq"}
    | {"kill", "locust", "ls", "mkdir", "mkdocs", "open", "pip", "pre-commit", "pulumi", "pyenv", "pytest"}
    | {"python", "python3", "rm", "sed", "sleep", "sort", "tail", "terraform", "test", "touch", "tox", "uv"}
    | {"wait", "wc", ".venv/bin/harness", ".venv/bin/pip", "source", "zcat", "unzip", "unshare"}
)
"""Programs besides `harness` that a page may use."""


@cache
def found(page: Path) -> tuple[Block, ...]:
    """Return the blocks of *page*."""
    return tuple(blocks(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_one_that_there_is(page: Path) -> None:
    """The command line's own parser takes each `harness` command; a name that it gives is a scenario's."""
    wrong = []
    for block in found(page):
        for command in block.commands:
            for words, _ in simple_commands(command.text):
                if said := _refused(words):
                    wrong.append(f"{name_of(page)}:{command.line}: {' '.join(words)}: {said}")
    assert wrong == []


def _refused(words: list[str], *, named: bool = True) -> str:
    program, *rest = words
    if program.endswith("python") and rest[:1] == ["-m"]:
        return "" if find_spec(rest[1]) else f"there is no module {rest[1]}"
    if program != "harness":
        return "" if program in OTHERS else f"{program} is no program that the documentation uses"
    if "..." in rest:
        return ""
    try:
        arguments = parser_of().parse_args(rest)
    except HarnessError as error:
        return str(error)
    except SystemExit as end:
        return "" if end.code in (0, None) else str(end)
    given = (getattr(arguments, "scenario", None) or []) if named else []
    called = [given] if isinstance(given, str) else given
    return "; ".join(f"no scenario is called {name}" for name in called if not _is_scenario(name))


def _is_scenario(name: str) -> bool:
    return name in names() or Path(name).suffix == ".py"


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_a_sentence_are_ones_that_there_are(page: Path) -> None:
    """What stands in the prose is taken by the parser as well, with whatever names it stands for."""
    spans = re.findall(r"(?<!`)`(harness [a-z][^`\n]*)`(?!`)", page.read_text(encoding="utf-8"))
    taken = [next(simple_commands(span))[0] for span in spans if "[" not in span]
    wrong = [" ".join(words) for words in taken if not _is_command(words)]
    assert wrong == []


def _is_command(words: list[str]) -> bool:
    """Return whether *words* are a command's name alone, or what its parser takes."""
    if len(words) == 2:
        return words[1] in {command.name for command in COMMANDS}
    return not _refused(words, named=False)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_command_reads_is_shown_or_made_before(page: Path) -> None:
    """A reader who types the page from its beginning has each file when it is asked for."""
    there: set[str] = set()
    wrong = []
    for block in found(page):
        there |= {block.notes[word] for word in ("file", "append", "given") if word in block.notes}
        for command in block.commands if "not run" not in block.notes else ():
            for words, made in simple_commands(command.text):
                there |= {*made, *files_made(words)}
                missing = [name for name in files_read(words) if not _is_there(name, there)]
                wrong += [f"{name_of(page)}:{command.line}: {name} is not there yet" for name in missing]
    assert wrong == []


def _is_there(name: str, there: set[str]) -> bool:
    return name in there or (ROOT / name).is_file() or name.startswith("runs/")


@pytest.mark.parametrize("page", PAGES)
def test_given_files_are_kept_beside_the_tests(page: Path) -> None:
    """What a page says that its reader has already is there for the test that runs it."""
    wanted = [block.notes["given"] for block in found(page) if "given" in block.notes]
    assert [name for name in wanted if not (GIVEN / page.stem / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_can_be_imported(page: Path) -> None:
    """Each block of Python is Python, and every name that it takes from the package is there."""
    wrong = []
    for block in found(page):
        if block.kind == "python":
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness"):
                    module = importlib.import_module(str(node.module))
                    wrong += [
                        f"{name_of(page)}:{block.line}: {node.module}.{alias.name}"
                        for alias in node.names
                        if not hasattr(module, alias.name)
                    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES)
def test_no_shell_command_hides_from_the_tests(page: Path) -> None:
    """Commands stand in `console` blocks: one in a block of another kind would be run by nobody."""
    hidden = [
        f"{name_of(page)}:{block.line}"
        for block in found(page)
        if block.kind in {"sh", "shell", "bash"} and not _is_known(block)
    ]
    assert hidden == []


def _is_known(block: Block) -> bool:
    """Return whether CI runs the *block* word for word: the README's two commands."""
    return block.text.startswith("python3 -m venv ")
