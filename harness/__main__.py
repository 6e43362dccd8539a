"""Where `harness` and `python -m harness` begin: the check of the interpreter, then the command line.

Every Python since 2.7 must be able to read this file and `__init__.py`: whoever has an old one and runs a
clone, where pip refuses nothing, is told so in a sentence. All else may use what Python 3.11 has.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "harness: Python 3.11 or later is needed, and %s is %s; run it with a newer one, as in "  # noqa: UP031
        "python3.11 -m venv .venv && .venv/bin/pip install -e .\n" % (sys.executable, sys.version.split()[0])
    )
    sys.exit(3)

from harness.commands.entry import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
