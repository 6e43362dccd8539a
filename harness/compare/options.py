"""The options of `harness compare`, and the one that `harness run` has of it."""

import argparse
from pathlib import Path

DESCRIPTION = (
    "Hold two runs, or two sets of runs, against each other: what became better or worse beyond the noise. "
    "A side is a run's directory, a scenario's name (its newest run), NAME@5 (its last five), or several of "
    "these with commas between them. With one side it is held against the run before it."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness compare`."""
    parser.add_argument("before", metavar="BEFORE", help="the run or runs to start from")
    parser.add_argument("after", metavar="AFTER", nargs="?", help="what is held against them")
    parser.add_argument(
        "--trend", metavar="N", type=_at_least_two, help="show how the last N runs of a scenario went instead"
    )
    add_fail_on_worse(parser)
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser*, of a command that runs scenarios, `--baseline` and `--fail-on-worse`."""
    parser.add_argument(
        "--baseline",
        metavar="latest|RUN",
        help="compare each run with this one: a directory, NAME or NAME@5, or 'latest', the newest run "
        "before it of the same scenario, variant, clock and client",
    )
    add_fail_on_worse(parser)


def add_fail_on_worse(parser: argparse.ArgumentParser) -> None:
    """Give *parser* `--fail-on-worse`."""
    parser.add_argument(
        "--fail-on-worse",
        action="store_true",
        help="end with 1 where something is worse (0 otherwise: a comparison only tells)",
    )


def _at_least_two(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 2 or more")
    return int(text)
