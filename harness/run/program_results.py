"""From what the processes of a program came to, to the one result that summary and expectations have."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.run.process import Answer


def merged(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one result of those of several processes, in the order of their ranks.

    A figure is the sum over the processes that returned it, with `<key>.min` and `<key>.max` beside it, for
    whatever is no count. Of anything else the first process that returned it has the word. One process's
    result is returned as it is.
    """
    if len(results) == 1:
        return dict(results[0])
    whole: dict[str, Any] = {}
    for key in dict.fromkeys(key for one in results for key in one):
        values = [one[key] for one in results if key in one]
        figures = [value for value in values if isinstance(value, int | float)]
        whole[key] = values[0]
        if len(figures) == len(values):
            whole |= {key: sum(figures), f"{key}.min": min(figures), f"{key}.max": max(figures)}
    return whole


def why_failed(answers: Sequence[Answer], logs: Sequence[Path]) -> str:
    """Return what went wrong, each with the log to look into; empty when nothing did."""
    said = [
        (f"rank {rank}: " if len(answers) > 1 else "") + _with_log(answer.error, log)
        for rank, (answer, log) in enumerate(zip(answers, logs, strict=True))
        if answer.error
    ]
    return "; ".join(said)


def _with_log(error: str, log: Path) -> str:
    return error if str(log) in error else f"{error} (log: {log})"
