"""Which runs are kept whatever comes after them.

A pin is an empty file beside the runs of a scenario, `.pins/<run>`, not in the run: on the virtual clock the
same run again takes the place of the first, and is pinned as the first was.
"""

from pathlib import Path

from harness.errors import EnvironmentFault

PINS = ".pins"


def is_pinned(directory: Path) -> bool:
    """Return whether the run in *directory* is kept."""
    return _pin(directory).is_file()


def pin(directory: Path) -> None:
    """Keep the run in *directory*; raise EnvironmentFault where that cannot be written down."""
    path = _pin(directory)
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    except OSError as error:
        raise EnvironmentFault(
            f"The run {directory} cannot be pinned: {error.strerror}; make {path.parent} writable"
        ) from error


def unpin(directory: Path) -> None:
    """Let the run in *directory* go with the others; nothing where it was not pinned."""
    try:
        _pin(directory).unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            f"The pin of {directory} cannot be removed: {error.strerror}; make its directory writable"
        ) from error


def _pin(directory: Path) -> Path:
    return directory.parent / PINS / directory.name
