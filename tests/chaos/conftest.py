"""What the tests of this folder share: the pipeline under way, to be broken, with nothing left afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from breaking import Rehearsal, Start

if not Path("/proc/net/tcp").exists():
    collect_ignore_glob = ["test_*.py"]  # who holds a port is read in /proc


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts `harness run` of the pipeline; what a failed test leaves running is killed."""
    with ExitStack() as stack:

        def run(*arguments: str, kind: type[Rehearsal] = Rehearsal, **more: Any) -> Rehearsal:
            made = kind(tmp_path, *arguments, **more)
            stack.callback(made.close)
            return made

        yield run
