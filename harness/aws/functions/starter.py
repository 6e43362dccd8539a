"""The first thing that runs in an execution environment: what a handler may import, and how it ends.

It is started as a file, isolated (`-I -S`), and imports nothing of the harness but `walls`, by its file: from
there on the process is AWS's own runtime interface client. `PATHS PARENT HANDLER` are its arguments.
"""

import os
import sys
from ctypes import CDLL
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from os import getppid
from signal import SIGKILL

PR_SET_PDEATHSIG = 1  # linux/prctl.h
WALLS = os.path.join(os.path.dirname(__file__), "..", "..", "walls.py")


def main(paths: str, parent: str, handler: str) -> None:
    """Become the runtime of *handler*; *paths* come before the standard library's."""
    _end_with(int(parent))
    sys.path[:0] = paths.split(os.pathsep)
    _stay_here()
    sys.argv = ["bootstrap", handler]
    from awslambdaric.__main__ import main as run  # from *paths*

    run(sys.argv)


def _stay_here() -> None:
    """Let nothing that this process does with Python's sockets leave the machine."""
    loader = SourceFileLoader("harness_walls", WALLS)
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    walls = module_from_spec(spec)
    loader.exec_module(walls)
    walls.stay_here()


def _end_with(parent: int) -> None:
    """Die with the thread that made this process; what a handler starts is the watchdog's to end."""
    CDLL(None).prctl(PR_SET_PDEATHSIG, SIGKILL)
    if getppid() != parent:  # it ended before the line above
        os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:4])
