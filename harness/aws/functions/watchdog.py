"""Ends what the environments of one harness run when that harness is no more, and removes their folder.

It is started as a file, isolated (`-I -S`), with the folder as its argument, standard input a pipe whose
other end only the harness holds: lines `+GROUP` and `-GROUP` name the process groups that live. When the pipe
ends, the harness has, and all of them are killed. A process of its own, for no handler can keep it from
running.
"""

import os
import sys
from contextlib import suppress
from signal import SIGKILL


def main() -> None:
    """Read until the harness ends, then end its groups."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, SIGKILL)
    if len(sys.argv) > 1:
        _remove(sys.argv[1])


def _remove(folder: str) -> None:
    import shutil

    for each, _, _ in os.walk(folder):  # code is unpacked into what cannot be written to
        with suppress(OSError):
            os.chmod(each, 0o755)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
