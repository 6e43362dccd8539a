"""`harness policy --vectors`: verdicts on known cases, one JSON line each, and how fast they were reached."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from harness.errors import ExitCode, ScenarioError
from harness.iam.vectors import cases, judged
from harness.inputs.input_files import read_json

_SHOWN = ("id", "verdict", "reason")


def judge_vectors(path: Path) -> int:
    """Print a verdict for each vector in the file at *path*; return 1 when one cannot be read or is not as
    expected, else 0. Raises ScenarioError for a file without vectors.

    The rate of the verdicts, once the policies are compiled, and the agreement with what is expected go to
    stderr.
    """
    document = read_json(path)
    vectors = document.get("vectors") if isinstance(document, Mapping) else document
    if not isinstance(vectors, list) or not vectors:
        raise ScenarioError(f'{path} holds no vectors: it must be a list of them, or {{"vectors": [...]}}')
    began = time.perf_counter()
    read = list(cases(vectors))
    read_s = time.perf_counter() - began
    rows = [judged(case) for case in read]
    took_s = time.perf_counter() - began - read_s
    for row in rows:
        print(json.dumps({name: row[name] for name in _SHOWN}))
    rate = len(rows) / took_s if took_s > 0 else 0.0
    print(
        f"{len(rows)} vectors read in {read_s:.3f} s and judged in {took_s:.4f} s: {rate:,.0f} evaluations/s",
        file=sys.stderr,
    )
    expected = [row for row in rows if "expected" in row]
    wrong = [row for row in expected if not row["ok"]]
    if expected:
        print(f"{len(expected) - len(wrong)} of {len(expected)} as expected", file=sys.stderr)
    unread = [row for row in rows if "error" in row]
    for row in unread:
        print(f"{row['id']}: {row['reason']}", file=sys.stderr)
    for row in wrong:
        print(f"{row['id']}: {row['verdict']}, expected {row['expected']}: {row['reason']}", file=sys.stderr)
    return ExitCode.FAIL if wrong or unread else ExitCode.PASS
