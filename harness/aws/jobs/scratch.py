"""The folder of the jobs, which is gone with the harness however that ends; what containers can be here."""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from harness.aws.functions.process import WATCHDOG

LAUNCHER = Path(__file__).with_name("launcher.py")
PROBE_LIMIT_S = 10.0


class Scratch:
    """A folder for all jobs, made when the first asks; a watchdog removes it where `close` cannot."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    def folder(self, name: str) -> Path:
        """Return a new folder, whose name begins with *name*."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="harness-jobs-"))
            self._watchdog = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WATCHDOG), str(self._folder)],
                stdin=subprocess.PIPE,
                env={},
                cwd=os.path.sep,
                start_new_session=True,
            )
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))

    def close(self) -> None:
        """Remove all of it."""
        folder, self._folder = self._folder, None
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and watchdog.stdin is not None:
            watchdog.stdin.close()
            watchdog.wait()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def can_contain() -> bool:
    """Return whether a process can have its own /opt/ml and /etc/hosts here; takes 50 ms the first time."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="harness-probe-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(LAUNCHER), "--probe", folder],
                capture_output=True,
                timeout=PROBE_LIMIT_S,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
    return done.returncode == 0
