"""Every command of the documentation does what its page says, each page in a folder of its own."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import GIVEN, Block, Command, blocks, differs, name_of, pages

PAGE_S = 600

pytestmark = pytest.mark.long


def _runnable(page: Path) -> bool:
    return any(block.commands and "not run" not in block.notes for block in blocks(page))


@pytest.mark.timeout(PAGE_S + 60)
@pytest.mark.parametrize(
    "page", [pytest.param(page, id=name_of(page)) for page in pages() if _runnable(page)]
)
def test_the_commands_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    """Exit codes are those expected, and what is shown is printed."""
    folder, notes = tmp_path / "work", tmp_path / "notes"
    folder.mkdir()
    notes.mkdir()
    taken = [block for block in blocks(page) if "not run" not in block.notes]
    run = [(block, command) for block in taken for command in block.commands]
    _carry_out("".join(_script(taken, page, notes)), folder, notes)
    wrong = [said for number, each in enumerate(run) if (said := _wrong(number, *each, notes))]
    assert not wrong, f"{name_of(page)}\n" + "\n".join(wrong)


def test_what_is_not_run_says_why() -> None:
    """Blocks that need what a machine may not have are told, with the reason."""
    for page in pages():
        for block in blocks(page):
            if block.commands and "not run" in block.notes:
                assert block.notes["not run"], f"{name_of(page)}:{block.line} does not say why it is not run"
                print(f"{name_of(page)}:{block.line}: not run: {block.notes['not run']}")


def _script(taken: list[Block], page: Path, notes: Path) -> Iterator[str]:
    """Yield the lines of a shell that make the reader's files and type the commands, in the page's order."""
    number = 0
    for place, block in enumerate(taken):
        if "given" in block.notes:
            yield _written(f"cp -r {GIVEN / page.stem / block.notes['given']} {{}}", block.notes["given"])
        for word, sign in (("file", ">"), ("append", ">>")):
            if word in block.notes:
                (notes / f"{place}.text").write_text(block.text)
                yield _written(f"cat {notes / f'{place}.text'} {sign}{{}}", block.notes[word])
        for command in block.commands:
            yield _typed(number, command, notes)
            number += 1


def _written(line: str, name: str) -> str:
    quoted = shlex.quote(name)
    return f"mkdir -p $(dirname {quoted}); {line.format(quoted)}\n"


def _carry_out(script: str, folder: Path, notes: Path) -> None:
    """Run *script* in one shell in *folder*, and end what it left in the background."""
    end = 'for job in $(jobs -p); do kill -TERM "$job"; done; wait\n'
    shell = subprocess.Popen(
        ["bash", "-c", f"{script}{end}"],
        cwd=folder,
        env=_environment(notes),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        shell.wait(timeout=PAGE_S)
    except subprocess.TimeoutExpired:
        (notes / "slow").touch()
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)


def _typed(number: int, command: Command, notes: Path) -> str:
    """Return *command* as the script has it: the exit code of the last one is what `$?` says in it."""
    out, code = notes / f"{number}.out", notes / f"{number}.code"
    text = f"(exit ${{code:-0}}); eval {shlex.quote(command.text)} >{out} 2>&1; code=$?; echo $code >{code}\n"
    if command.text.rstrip().endswith("&"):
        text += f"for _ in $(seq 300); do [ -s {out} ] && break; sleep 0.1; done; sleep 0.3\n"
    return text


def _environment(notes: Path) -> dict[str, str]:
    """Return this process's environment with the installed package first, and no one's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HARNESS_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "HOME": str(notes), "COLUMNS": "120", "NO_COLOR": "1"}


def _wrong(number: int, block: Block, command: Command, notes: Path) -> str:
    """Return what is not as the page says of one command; "" where all is."""
    code = notes / f"{number}.code"
    if not code.exists():
        return f"line {command.line}: {command.text}: did not end within {PAGE_S} s of the page's beginning"
    printed = (notes / f"{number}.out").read_text(errors="replace")
    last = command == block.commands[-1]
    wanted = int(block.notes.get("exits", 0)) if last else 0
    if int(code.read_text()) != wanted:
        return f"line {command.line}: {command.text}: exit code {code.read_text().strip()}\n{printed[-3000:]}"
    if missed := differs(command.shown, printed):
        return f"line {command.line}: {command.text}: no line {missed!r} in\n{printed[-3000:]}"
    return ""
