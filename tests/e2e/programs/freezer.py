"""A parent that starts one child, freezes it, says so, and waits: `freezer.py LOG`."""

import sys
import time
from pathlib import Path

from harness.processes import ChildProcess


def main() -> None:
    sleeps = (sys.executable, "-c", "import time; time.sleep(120)")
    with ChildProcess("child", sleeps, log_path=Path(sys.argv[1])) as child:
        time.sleep(0.2)
        child.freeze()
        print("frozen", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
