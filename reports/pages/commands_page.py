"""The page docs/reference/command-line.md: each command, option, default and exit code, from the parser."""

import argparse
from collections.abc import Iterator

from harness.commands.parsing import Parser, parser_of
from harness.commands.table import COMMANDS
from harness.errors import ExitCode

HEAD = """# Command line

<!-- Made by `python -m reports.pages` from the commands' own options. Do not edit. -->

`harness COMMAND --help` says the same. Every command takes `--json`: JSON for machines on stdout, sentences
for people on stderr."""

MEANINGS = {
    ExitCode.PASS: "everything that was asked for holds",
    ExitCode.FAIL: "an expectation, a threshold or a finding failed",
    ExitCode.USAGE: "an argument, a scenario or a file that was given cannot work; nothing was started",
    ExitCode.ENVIRONMENT: "this machine cannot do it: a backend is down, a tool is missing, a port is in use",
    ExitCode.INVALID: "the run proves nothing: no data, a saturated machine, an unfinished run",
    ExitCode.INTERRUPTED: "Ctrl-C or SIGTERM; what was recorded by then is kept",
}

_PLAIN = ("positional arguments", "options")
"""The groups that argparse makes for every command."""

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "where a backend answers, where no `--backend` says it; "
    "`AWS_ENDPOINT_URL_<SERVICE>` for one service",
    "HARNESS_RUNS_DIR": "where runs are kept, where no `--runs` says it",
    "HARNESS_LOCALSTACK_PYTHON": "the interpreter of an environment in which LocalStack is installed",
    "HARNESS_TERRAFORM_MIRROR": "a mirror of Terraform's providers, where there is no network",
    "NO_COLOR": "set to anything: no colours on the terminal",
}


def page() -> str:
    """Return the page."""
    parser = parser_of()
    commands = dict(_commands(parser))
    parts = [
        HEAD,
        "## Exit codes",
        _exit_codes(),
        "## Environment",
        _environment(),
        "## Commands",
        _contents(),
    ]
    for command in COMMANDS:
        parts += _described(command.name, commands[command.name])
    return "\n\n".join(parts) + "\n"


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, Parser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                command.load()
                yield name, command


def _exit_codes() -> str:
    rows = [f"| {int(code)} | {MEANINGS[code]} |" for code in ExitCode]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def _environment() -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT.items()]
    return "\n".join(["| variable | meaning |", "|---|---|", *rows])


def _contents() -> str:
    rows = [f"| [`{each.name}`](#harness-{each.name}) | {_cell(each.line)} |" for each in COMMANDS]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def _described(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## harness {name}"
    yield _cell(parser.description or "")
    yield f"`{' '.join(filter(None, [f'harness {name} [OPTIONS]', *map(_place, _shown(parser))]))}`"
    for group in parser._action_groups:
        rows = [_row(action) for action in _shown(parser) if action in group._group_actions]
        if rows and group.title not in _PLAIN:
            title = str(group.title)
            yield f"**{title[0].upper()}{title[1:]}**"
        if rows:
            yield "\n".join(["| argument | default | what it is |", "|---|---|---|", *rows])


def _place(action: argparse.Action) -> str:
    if action.option_strings:
        return ""
    name = str(action.metavar or action.dest).upper()
    return {"*": f"[{name} ...]", "?": f"[{name}]", "+": f"{name} [{name} ...]"}.get(str(action.nargs), name)


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    hidden = (argparse._HelpAction,)
    return [
        each for each in parser._actions if not isinstance(each, hidden) and each.help != argparse.SUPPRESS
    ]


def _row(action: argparse.Action) -> str:
    names = ", ".join(f"`{each}`" for each in action.option_strings) or f"`{_place(action)}`"
    value = _value(action) if action.option_strings else ""
    default = action.default
    shown = "" if default in (None, False, [], argparse.SUPPRESS) else f"`{_cell(str(default))}`"
    return f"| {names}{value} | {shown} | {_cell(_help(action))} |"


def _value(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    if action.choices is not None:
        return f" `{{{','.join(map(str, action.choices))}}}`"
    return f" `{_cell(str(action.metavar or action.dest.upper()))}`"


def _help(action: argparse.Action) -> str:
    text = action.help or ""
    return text % {**vars(action), "prog": "harness"} if "%" in text else text


def _cell(text: str) -> str:
    """Return *text* for a cell of a table, what looks like HTML in it shown as it is."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
