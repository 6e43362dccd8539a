"""`python tests/semantics/explore.py BACKEND N`: play N random histories and print every new difference once.

Each is shortened and printed as a story and as a row for harness/messaging/differences.toml, to be completed
by hand with what AWS documents.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from connecting import connect
from driver import drive, shortest
from histories import History, histories
from hypothesis import HealthCheck, Phase, given, seed, settings
from rules import known_of
from steps import as_table

from harness.backends import open_backend
from harness.config import Settings


def main(backend_name: str, number: int, begin: int = 0) -> None:
    """Play *number* histories on the named backend."""
    folder = Path(tempfile.mkdtemp(prefix="harness-explore-"))
    told: Counter[str] = Counter()
    tally: Counter[str] = Counter()
    with open_backend(backend_name, Settings(), folder, clock_shift=folder / "shift") as backend:
        subject = connect(backend, folder / "shift")
        known = known_of(subject.name)

        @seed(begin)
        @settings(
            max_examples=number,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(histories())
        def explore(history: History) -> None:
            outcome = drive(subject, history, known)
            tally["histories"] += 1
            tally["slow"] += outcome.slow
            tally["steps"] += outcome.steps
            if outcome.new is None:
                return
            told[outcome.new.rule] += 1
            if told[outcome.new.rule] == 1:
                least, shown = shortest(subject, history, outcome, known)
                assert shown.new is not None
                print(
                    f"\n### {shown.new.rule}\n{shown.new.remark.sentence}\n{shown.story}\n"
                    + in_toml([as_table(step) for step in least])
                )

        started = perf_counter()
        explore()
        print(
            f"\n{perf_counter() - started:.1f} s, {dict(tally)}\nknown: {dict(known.met)}\nnew: {dict(told)}"
        )
        subject.close()
        subject.clock.close()


def in_toml(steps: Sequence[Mapping[str, Any]]) -> str:
    """Return plain tables as the `history` of a row."""
    return "history = [\n" + "".join(f"  {_value(step)},\n" for step in steps) + "]"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each >= " " else f"\\u{ord(each):04x}" for each in escaped) + '"'


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
