"""`python -m harness.backends install localstack`: what a backend needs beyond the harness's own packages."""

import argparse
import sys
from collections.abc import Sequence

from harness.backends.localstack_install import install
from harness.config import read_settings
from harness.errors import HarnessError


def main(arguments: Sequence[str] | None = None) -> int:
    """Install what is named and print its interpreter; the exit code is 0 or that of the fault."""
    parser = argparse.ArgumentParser(prog="python -m harness.backends", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("install", help="make the environment of a backend, once")
    command.add_argument("backend", choices=["localstack"])
    parser.parse_args(arguments)
    try:
        print(install(read_settings(backend="localstack")))
    except HarnessError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
