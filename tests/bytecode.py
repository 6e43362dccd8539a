"""Takes the bytecode of one environment over into another, whose packages are the same files.

`python tests/bytecode.py FROM TO`: two virtual environments. An installer that links files from its cache
leaves the same moment and size in both, which is all that bytecode is valid by; what differs is left alone.
Without it each environment compiles boto3, moto and scikit-learn anew, in several processes at once.
"""

import shutil
import sys
from pathlib import Path


def main(source: Path, target: Path) -> None:
    """Copy what fits; nothing where there is no *source*."""
    for packages in source.glob("lib/python*/site-packages"):
        for compiled in packages.rglob("__pycache__/*.pyc"):
            module = compiled.parent.parent / f"{compiled.name.partition('.')[0]}.py"
            there = target / module.relative_to(source)
            wanted = target / compiled.relative_to(source)
            if not wanted.exists() and _is_same(module, there):
                wanted.parent.mkdir(exist_ok=True)
                shutil.copyfile(compiled, wanted)


def _is_same(one: Path, other: Path) -> bool:
    try:
        left, right = one.stat(), other.stat()
    except OSError:
        return False
    return (left.st_mtime_ns, left.st_size) == (right.st_mtime_ns, right.st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
