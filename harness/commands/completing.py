"""What TAB offers: a process of its own for each press of the key, so that nothing heavy is imported.

Scenarios are the names of files, not what is in them; runs are folders below the runs folder.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from harness.commands.parsing import Parser

Completer = Callable[..., Iterable[str]]
# A folder with more runs than this is not listed at a key press.
MOST_RUNS = 200
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def complete(parser: Parser, line: str) -> None:
    """Answer the shell, which typed *line*, and end the process."""
    import argcomplete

    for name, command in parser.commands.items():
        if name in line.split():
            command.load()
            for action in command._actions:
                if (completer := _completer(name, action)) is not None:
                    action.completer = completer  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser, always_complete_options="long")


def _completer(command: str, action: argparse.Action) -> Completer | None:
    """Return what completes *action* of *command*; None leaves it to argcomplete: choices, else files."""
    if action.choices is not None:
        return None
    found: dict[tuple[str, str] | str, Completer] = {
        "scenario": _scenarios,
        "variant": _variants,
        "backend": _backends,
        "clock": _clocks,
        "run": _runs,
        "before": _runs,
        "after": _runs,
        "baseline": _baselines,
        "pin": _runs,
        "unpin": _runs,
        ("audit", "template"): _scenarios,
    }
    named = found.get((command, action.dest))
    if named is not None:
        return named
    is_folder_option = "--runs" in action.option_strings
    return None if is_folder_option else found.get(action.dest)


def _scenarios(prefix: str, **_: Any) -> list[str]:
    """Return the installed scenarios' names and the paths of files and folders that begin with *prefix*."""
    # As `harness.scenario.names` does, which comes with all that a scenario is made of: a fifth of a second.
    files = SCENARIOS.glob("[!_]*.py")
    return [*sorted(file.stem.replace("_", "-") for file in files), *_paths(prefix, ".py")]


def _variants(**_: Any) -> tuple[str, ...]:
    return ("corrected", "as-written")


def _backends(**_: Any) -> tuple[str, ...]:
    return ("embedded", "moto", "localstack", "http://127.0.0.1:4566")


def _clocks(**_: Any) -> tuple[str, ...]:
    return ("wall", "compressed:60", "virtual")


def _runs(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Return the directories of runs, the newest of each scenario as `latest`."""
    from harness.config import read_settings

    given = getattr(parsed_args, "runs", None)
    folder = read_settings(backend="embedded", runs_dir=given if isinstance(given, Path) else None).runs_dir
    found = sorted(path for path in folder.glob("*/*/") if not path.name.startswith("."))
    return [*map(str, found[-MOST_RUNS:]), *_paths(prefix, "/")]


def _baselines(**given: Any) -> list[str]:
    return ["latest", *_runs(**given)]


def _paths(prefix: str, ending: str) -> list[str]:
    """Return the folders, and the files with *ending*, whose paths begin with *prefix*, which has a slash."""
    folder, slash, _ = prefix.rpartition("/")
    try:
        found = sorted(Path(folder or slash).iterdir()) if slash else []
    except OSError:
        return []
    names = [f"{each.name}/" if each.is_dir() else each.name for each in found]
    return [f"{folder}/{name}" for name in names if name.endswith(("/", ending))]
