"""The table of commands: each can be asked for help, and what is mistyped is told with what was meant."""

import subprocess
import sys

import pytest

from harness.__main__ import main
from harness.commands.parsing import did_you_mean, parser_of
from harness.commands.table import COMMANDS

HEAVY = "boto3 numpy matplotlib sklearn locust onnxruntime moto rich yaml jinja2 orjson asyncio argcomplete"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_says_what_it_takes(capsys: pytest.CaptureFixture[str], command: object) -> None:
    """Its own options, --json, and the exit codes."""
    name = command.name  # type: ignore[attr-defined]
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: harness {name}" in text
    assert "--json" in text
    assert "exit codes: 0 pass" in text


def test_the_help_has_a_line_for_each_command(capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the table."""
    with pytest.raises(SystemExit):
        main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    places = [text.index(f"{command.name} {command.line}") for command in COMMANDS]
    assert places == sorted(places)


def test_the_options_of_all_commands_import_nothing_heavy() -> None:
    """Help and completion load them at each key press; what a command needs it imports to work."""
    script = (
        "import sys\nfrom harness.commands.parsing import parser_of\n"
        "for one in parser_of().commands.values():\n    one.load()\n"
        f"print([name for name in {HEAVY.split()!r} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"


def test_only_the_command_that_is_asked_for_is_loaded() -> None:
    """The others cost nothing."""
    parser = parser_of()
    parser.parse_args(["list"])
    waiting = {name for name, one in parser.commands.items() if one.command is not None}
    assert waiting == {command.name for command in COMMANDS} - {"list"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rnu"], "invalid choice: 'rnu'"),
        (["rnu"], "; did you mean run?; see harness --help"),
        (
            ["run", "--sede", "3"],
            "unrecognized arguments: --sede; did you mean --seed?; see harness run --help",
        ),
        (["run", "--iam=enfroce"], "; did you mean enforce?"),
        (["doctor", "--xyzzy"], "unrecognized arguments: --xyzzy; see harness doctor --help"),
        (["--vresion", "list"], "; did you mean --version?; see harness --help"),
    ],
)
def test_what_is_mistyped_is_told_with_what_was_meant(
    capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    """One sentence on stderr and exit code 2."""
    assert main(words) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert sentence in told.err


def test_the_help_of_run_has_sections(capsys: pytest.CaptureFixture[str]) -> None:
    """An option stands below the title that says what it is for, whoever adds it."""
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    text = capsys.readouterr().out
    order = [
        "what is rehearsed:",
        "--variant",
        "how it is rehearsed:",
        "--clock",
        "what must hold:",
        "--threshold",
    ]
    places = [text.rindex(f"\n{'' if word.endswith(':') else '  '}{word}") for word in order]
    assert places == sorted(places)


def test_nothing_is_guessed_where_nothing_is_near() -> None:
    """A wrong guess is worse than none."""
    assert did_you_mean("xyzzy", ["run", "list"]) == ""
