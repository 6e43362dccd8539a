"""Coverage-guided fuzzing of one reader: python tests/fuzz/guided.py TARGET [-max_total_time=60 …].

Further arguments are libFuzzer's. What breaks a reader is printed and kept as crash-… in the folder.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["harness"]):
    from targets import TARGETS


def main() -> None:
    """Run until something breaks or the time is up."""
    name = sys.argv.pop(1)
    fuzzed = TARGETS[name]
    corpus = Path.cwd() / f"corpus-{name}"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(fuzzed.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], fuzzed.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
