"""A program with awkward children: one in its group, one in a session of its own, one orphaned at birth."""

import os
import subprocess
import sys
import time

SLEEP = [sys.executable, "-c", "import time; time.sleep(120)"]


def main() -> None:
    subprocess.Popen(SLEEP)
    subprocess.Popen(SLEEP, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        subprocess.Popen(SLEEP)
        os._exit(0)
    os.wait()
    print("family is here", flush=True)
    time.sleep(120)


if __name__ == "__main__":
    main()
