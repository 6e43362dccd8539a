"""What `--ui` looks like on a command line."""

import argparse
from collections.abc import Sequence

from harness.errors import ScenarioError

FREE_PORT = 0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the option `--ui[=PORT]`: None without it, 0 for a free port. See `spelled_out`."""
    parser.add_argument(
        "--ui",
        metavar="PORT",
        nargs="?",
        const=FREE_PORT,
        type=_port,
        help="serve the report on 127.0.0.1 while the run goes on; --ui=PORT names the port, a free one "
        "otherwise",
    )


def spelled_out(words: Sequence[str]) -> list[str]:
    """Return the *words* of a command line with the port of a bare `--ui` written out.

    argparse would take the word after it, the name of a scenario, for the port.
    """
    end = words.index("--") if "--" in words else len(words)
    return [f"--ui={FREE_PORT}" if word == "--ui" else word for word in words[:end]] + list(words[end:])


def nothing_to_watch() -> ScenarioError:
    """Return what is wrong with `--ui` when every run is on the virtual clock."""
    return ScenarioError(
        "--ui has nothing to show on the virtual clock, where a run is over before a page opens; "
        "open its report.html, or say --clock compressed:60"
    )


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535; say it as --ui=8765")
    return int(text)
