"""Prints every failed test of the last `tox` once more, at the end, where nothing has been cut off.

python .ci/failures.py .tox/junit
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

MOST_LINES = 25


def failures(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (environment and test, what it said) of each failure and error in the JUnit files of *folder*."""
    for path in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):
            for kind in ("failure", "error"):
                for found in case.findall(kind):
                    name = f"{path.stem}: {case.get('classname')}::{case.get('name')}"
                    yield name, found.text or found.get("message") or ""


def main(folder: Path) -> None:
    """Print them, the last lines of each: those say what was expected."""
    for name, said in failures(folder):
        print(f"\n=== {name}", *said.strip().splitlines()[-MOST_LINES:], sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
