"""The options of `harness runs`, and the one that `harness run` has of it."""

import argparse
from pathlib import Path

DESCRIPTION = (
    "List the runs that are kept, the newest first; keep one for good, or delete old ones. 'harness run' "
    "keeps the last 20 of each scenario by itself."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness runs`."""
    parser.add_argument("scenario", nargs="?", help="of this scenario only")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--pin", metavar="RUN", help="keep this run whatever comes after it")
    what.add_argument("--unpin", metavar="RUN", help="let it go with the others again")
    what.add_argument("--prune", action="store_true", help="delete all but the last --keep of each scenario")
    add_keep(parser)
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser*, of a command that runs scenarios, `--keep`."""
    add_keep(parser)


def add_keep(parser: argparse.ArgumentParser) -> None:
    """Give *parser* `--keep`."""
    parser.add_argument(
        "--keep",
        metavar="N",
        type=_count,
        default=20,  # harness.store.prune.KEEP, without importing it
        help="how many runs of each scenario stay (default 20, 0 keeps all); pinned ones always do",
    )


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)
