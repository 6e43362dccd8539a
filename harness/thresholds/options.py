"""What the command line takes of thresholds. Light: `harness run --help` imports this."""

import argparse

HELP = "help"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what a command takes that sends a load: thresholds, and whether to stop the load for them."""
    add_threshold(parser)
    parser.add_argument(
        "--abort-on-fail",
        action="store_true",
        help="stop the load as soon as a threshold is crossed that only more of it would make worse; one "
        "alone: 'error_ratio<1%% abort after 30s'",
    )
    parser.add_argument(
        "--abort-delay",
        metavar="SPAN",
        help="with --abort-on-fail: how long the load goes on in any case, as 30s of the scenario's time",
    )


def add_threshold(parser: argparse.ArgumentParser) -> None:
    """Add thresholds alone."""
    parser.add_argument(
        "--threshold",
        metavar="EXPR",
        action="append",
        default=[],
        help="what must hold beside the expectations, as 'p(99)<800ms', 'lost==0' or "
        "'queue_age{queue:jobs}: max<60s'; may be repeated; '--threshold help' lists every metric",
    )
