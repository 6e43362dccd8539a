"""A clock that tests can put forward, for an emulator that we start: an hour passes at once.

The emulator's process runs this module first (`-m harness.backends.shifted_clock FILE MODULE --fd N`); every
reading of the time of day in it is then ahead by the seconds that stand in FILE as text ("31.5"). The file
may be written again at any time, in place; `monotonic` is left alone, so that waiting is real.
"""

import ctypes
import datetime
import gc
import importlib
import os
import runpy
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

# More characters than a number of seconds needs.
LONGEST = 40


def set_shift(path: Path, seconds: float) -> None:
    """Put the clocks that read *path* forward by *seconds* in all, counted from the real time."""
    path.write_text(f"{seconds!r}\n")


def install(path: Path) -> None:
    """Let this process's `time` and `datetime` read the clock of *path*. Raises OSError without that file."""
    now = _shifted(time.time, _reader(path))
    _patch_time(now)
    _patch_datetime(now)


def _reader(path: Path) -> Callable[[], float]:
    descriptor = os.open(path, os.O_RDONLY)
    last = 0.0

    def shift() -> float:
        nonlocal last
        text = os.pread(descriptor, LONGEST, 0)
        # Whoever writes the file empties it first: until the number is there, the last one holds.
        if text:
            last = float(text)
        return last

    return shift


def _shifted(real: Callable[[], float], shift: Callable[[], float]) -> Callable[[], float]:
    return lambda: real() + shift()


def _patch_time(now: Callable[[], float]) -> None:
    """Replace what reads the time of day; called with an argument, the others convert as ever."""
    gmtime, localtime, strftime = time.gmtime, time.localtime, time.strftime
    patched: dict[str, Callable[..., Any]] = {
        "time": now,
        "time_ns": lambda: int(now() * 1e9),
        "gmtime": lambda seconds=None: gmtime(now() if seconds is None else seconds),
        "localtime": lambda seconds=None: localtime(now() if seconds is None else seconds),
        "strftime": lambda form, parts=None: strftime(form, localtime(now()) if parts is None else parts),
    }
    for name, function in patched.items():
        setattr(time, name, function)


def _patch_datetime(now: Callable[[], float]) -> None:
    """Replace `datetime.now` and `utcnow` in the class itself, which is written in C and reads the clock.

    A subclass would not do: `isinstance` and modules that hold the class already would see two of them.
    """

    def now_in(cls: type[datetime.datetime], tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return cls.fromtimestamp(now(), tz)

    def utcnow(cls: type[datetime.datetime]) -> datetime.datetime:
        return cls.fromtimestamp(now(), datetime.UTC).replace(tzinfo=None)

    (names,) = gc.get_referents(datetime.datetime.__dict__)
    names["now"] = classmethod(now_in)
    names["utcnow"] = classmethod(utcnow)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))


def keep_waits_real() -> None:
    """Let Twisted, which LocalStack's server runs on, take its clock before it is moved.

    Its reactor measures waits by the time of day: moved, it ends every idle connection, and a request that
    comes at that moment with it.
    """
    with suppress(ImportError):
        importlib.import_module("twisted.python.runtime")


def main(arguments: list[str]) -> None:
    """Run `FILE MODULE ARGUMENTS...`: the module under the clock of the file."""
    path, module, *rest = arguments
    keep_waits_real()
    install(Path(path))
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
