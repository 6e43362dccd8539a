"""What `harness run` and `harness rehearse` take for CI systems. Light: the help imports this."""

import argparse
from pathlib import Path

ANNOTATIONS = ("auto", "github", "none")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the arguments; away from GitHub nothing is written without them."""
    group = parser.add_argument_group("for CI systems")
    group.add_argument(
        "--github-summary",
        metavar="FILE",
        type=Path,
        help="add a summary in Markdown to this file (on GitHub Actions: the step's own)",
    )
    group.add_argument(
        "--annotations",
        choices=ANNOTATIONS,
        default="auto",
        help="print what failed as annotations: 'auto' (default) where GitHub Actions reads them",
    )
    group.add_argument(
        "--sarif", metavar="FILE", type=Path, help="write findings and failures as SARIF 2.1.0"
    )
    group.add_argument("--junit", metavar="FILE", type=Path, help="write all runs as one file of JUnit XML")
