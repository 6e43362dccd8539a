"""Calls the function that stands for a container image: `python -m harness.aws.jobs.calling MODULE:NAME`."""

import sys
from importlib import import_module
from typing import Any


def main(argv: list[str]) -> int:
    """Call the function that argv[0] names; return 0, or the number that it returns."""
    module, _, name = argv[0].partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    returned = found()
    return returned if isinstance(returned, int) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
