"""Refuse files of more than 400 lines and functions of more than 60 that do not say why.

    python tests/lengths.py [FOLDER ...]

A function that is long for a reason says so in the comment right above it, which begins with
`# In one piece:`.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES, FUNCTION_LINES = 400, 60
FOLDERS = ("harness", "scenarios", "locustfiles", "reports", "benchmarks", "examples", "tests", ".ci")
REASON = "# In one piece: "

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main(folders: list[str]) -> int:
    """Print each place that is too long; return 1 when there is one."""
    found = [
        place
        for folder in folders or FOLDERS
        for path in sorted(Path(folder).rglob("*.py"))
        for place in too_long(path, path.read_text(encoding="utf-8"))
    ]
    print("\n".join(found) or "No file over 400 lines, no function over 60 without a reason.")
    return 1 if found else 0


def too_long(path: Path, text: str) -> Iterator[str]:
    """Yield a sentence for the file and for each of its functions that is too long."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, at most {FILE_LINES}; move a part that has a name of its own"
    if len(lines) <= FUNCTION_LINES:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES and not _has_reason(node, lines):
                yield (
                    f"{path}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}; "
                    f"divide it, or say above it why not ({REASON}...)"
                )


def _has_reason(node: Function, lines: list[str]) -> bool:
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    above = first - 2
    while above >= 0 and lines[above].lstrip().startswith("#"):
        if lines[above].lstrip().startswith(REASON):
            return True
        above -= 1
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
