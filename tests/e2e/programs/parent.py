"""A parent that starts one child and ends in the way that it is told: `parent.py HOW LOG COMMAND...`."""

import os
import sys
import time
from pathlib import Path

from harness.processes import ChildProcess


def main() -> None:
    how, log, *command = sys.argv[1:]
    with ChildProcess("child", command, log_path=Path(log)):
        print("started", flush=True)
        sys.stdin.readline()
        if how == "raise":
            raise RuntimeError("the parent fails")
        if how == "exit":
            os._exit(3)
        if how == "wait":
            time.sleep(120)


if __name__ == "__main__":
    main()
