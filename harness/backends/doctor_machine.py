"""What the doctor looks at on the machine: interpreter, cores, ports, clock, limits, disk, folders, Linux."""

import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness.aws.jobs.scratch import can_contain
from harness.backends.doctor_row import DoctorRow
from harness.config import Settings
from harness.errors import HarnessError
from harness.loopback import listen_on_loopback

OLDEST_PYTHON = (3, 11)
# The load generator and the gateway each want a core of their own.
WANTED_CORES = 2
# A short run leaves 2 MB and a long one 200; what an emulator keeps while it runs comes on top.
NEEDED_BYTES = 200_000_000
WANTED_BYTES = 2_000_000_000
# A connection for each request under way, in the load and in the gateway, and the emulators' own.
NEEDED_FILES = 256
WANTED_FILES = 4_096
# A timer that wakes later than this makes arrivals late: the generator counts as saturated from 50 ms on.
POOR_TIMER_S = 0.010
TIMER_LOOKS = 20
# No release of this program is older: a clock before that is wrong, and signed calls would be refused.
FIRST_RELEASE_EPOCH_S = 1_760_000_000


def machine_rows(settings: Settings) -> Iterator[DoctorRow]:
    """Yield what the machine itself gives a run."""
    yield _python()
    yield _cores()
    yield _ports()
    yield _clock()
    yield _timer()
    yield _open_files()
    yield from _places(settings)
    yield _namespaces()


def _python() -> DoctorRow:
    ok = sys.version_info[:2] >= OLDEST_PYTHON
    detail = f"{platform.python_version()} at {sys.executable}"
    return DoctorRow("python", ok, detail, "" if ok else "uv venv --python 3.12 .venv")


def _cores() -> DoctorRow:
    cores = os.cpu_count() or 1
    if cores >= WANTED_CORES:
        return DoctorRow("cores", True, str(cores))
    detail = f"{cores}; load figures will be poor, as gateway and load share one"
    return DoctorRow("cores", True, detail, "harness run --clock virtual")


def _ports() -> DoctorRow:
    try:
        with listen_on_loopback(purpose="the gateway") as listener:
            return DoctorRow("ports", True, f"127.0.0.1:{listener.getsockname()[1]} can be listened on")
    except HarnessError as error:
        return DoctorRow("ports", False, str(error), "sudo ip link set lo up")


def _clock() -> DoctorRow:
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now >= FIRST_RELEASE_EPOCH_S:
        return DoctorRow("clock", True, shown)
    return DoctorRow("clock", True, f"{shown} is in the past", "sudo timedatectl set-ntp true")


def _timer() -> DoctorRow:
    """Look how late a sleep of a millisecond ends, in the middle of a few."""
    late = sorted(_overslept_s() for _ in range(TIMER_LOOKS))[TIMER_LOOKS // 2]
    detail = f"a sleep ends {late * 1e3:.2f} ms late"
    poor = late > POOR_TIMER_S
    return DoctorRow("timer", True, detail, "end what else keeps this machine busy" if poor else "")


def _overslept_s() -> float:
    began = time.perf_counter()
    time.sleep(0.001)
    return time.perf_counter() - began - 0.001


def _open_files() -> DoctorRow:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    mend = (
        ""
        if _covers(soft, WANTED_FILES)
        else f"ulimit -n {WANTED_FILES if _covers(hard, WANTED_FILES) else hard}"
    )
    shown = "no limit" if soft == resource.RLIM_INFINITY else str(soft)
    return DoctorRow("open files", _covers(soft, NEEDED_FILES), shown, mend)


def _covers(limit: int, wanted: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= wanted


def _places(settings: Settings) -> Iterator[DoctorRow]:
    """Look at where runs, temporary files and what is made once are written."""
    runs = settings.runs_dir.absolute()
    yield _writable("runs folder", runs, "--runs DIR or HARNESS_RUNS_DIR=DIR names another")
    yield _space(runs)
    try:
        yield _writable("temporary folder", Path(tempfile.gettempdir()), "", mend="export TMPDIR=DIR")
    except OSError as error:
        yield DoctorRow("temporary folder", False, str(error), "export TMPDIR=DIR")


def _writable(check: str, folder: Path, other: str, mend: str = "") -> DoctorRow:
    """Write a file to *folder*, or to the nearest one above it that is there, and take it away again."""
    there = _nearest(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".harness-doctor-"):
            pass
    except OSError as error:
        mend = mend or f"chmod u+w {there}"
        return DoctorRow(check, False, f"{there}: {error.strerror}{'; ' if other else ''}{other}", mend)
    return DoctorRow(check, True, f"{folder} can be written to")


def _space(folder: Path) -> DoctorRow:
    free = shutil.disk_usage(_nearest(folder)).free
    detail = f"{free / 1e9:.1f} GB free for runs"
    return DoctorRow(
        "disk", free >= NEEDED_BYTES, detail, "" if free >= WANTED_BYTES else "harness runs --prune"
    )


def _nearest(folder: Path) -> Path:
    """Return *folder*, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def _namespaces() -> DoctorRow:
    """Look whether a job's container can have an /opt/ml of its own, as jobs of SageMaker's want it."""
    try:
        found = can_contain()
    except OSError:  # no place for temporary files, which another row tells
        found = False
    if found:
        return DoctorRow("user namespaces", True, "jobs have an /opt/ml of their own")
    detail = "not allowed: jobs find their files by SM_ variables, and /opt/ml is not theirs"
    return DoctorRow("user namespaces", True, detail, "sudo sysctl -w kernel.unprivileged_userns_clone=1")
