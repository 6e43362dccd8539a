"""What a command leaves for a CI system: GitHub's summary and annotations, SARIF, one JUnit file."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["after_runs"]


def after_runs(rows: Sequence[Mapping[str, Any]], arguments: argparse.Namespace) -> None:
    """Write what `harness.ci.options` asked for of the runs *rows*, and on GitHub what is usual there.

    A row is a run's summary with `run_dir`, `exit_code` and, where they are known, `error` and
    `scenario_path`. Raises EnvironmentFault for a file that cannot be written.
    """
    from harness.ci.leaving import leave

    leave(rows, arguments)
