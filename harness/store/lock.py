"""Who is writing a run: a lock of the system's on a file in the run's directory, gone with its process.

There is no stale lock: what holds it is an open file, which the system closes when the process dies, however
it dies. The file itself says nothing and stays.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """Hold the lock of the run in *directory*, which nobody prunes then.

    Where the file system has no locks the run goes on without one: it is told from an abandoned one by the
    age of its journal alone (`harness.store.prune`).
    """
    held = _taken(directory, fcntl.LOCK_SH)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def take(directory: Path) -> int | None:
    """Return an open file that holds the lock for its taker alone, None where somebody else has it.

    None as well where it cannot be known: no locks on this file system, or no right to write.
    """
    return _taken(directory, fcntl.LOCK_EX)


def is_being_written(directory: Path) -> bool:
    """Return whether some process holds the lock of the run in *directory*."""
    path = directory / LOCK
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False  # nobody ever locked it, or it is gone
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _taken(directory: Path, how: int) -> int | None:
    try:
        descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.stat(directory / LOCK)):
            return descriptor
    except OSError:
        pass  # somebody else has it, or the run is gone
    os.close(descriptor)  # of a run whose place another has taken meanwhile
    return None
