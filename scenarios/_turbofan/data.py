"""NASA's turbofan files (C-MAPSS): reading, checking, the truth, and the rows as the endpoint gets them.

A data set has subsets FD001 to FD004; each has train_FDxxx.txt (engines run to failure), test_FDxxx.txt
(engines cut some time before) and RUL_FDxxx.txt (the remaining life of each test engine at the cut). A row
has 26 numbers separated by blanks: unit, cycle, 3 operating settings, 21 sensors. Each file may be gzip,
with or without ``.gz``.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NoReturn

import numpy as np
import orjson
from numpy.typing import NDArray

from harness.errors import ScenarioError

Table = NDArray[np.float64]

SUBSETS = ("FD001", "FD002", "FD003", "FD004")
COLUMNS = ("unit", "cycle", *(f"setting {n}" for n in range(1, 4)), *(f"sensor {n}" for n in range(1, 22)))
WIDTH = len(COLUMNS)
FEATURES = WIDTH - 1  # the endpoint gets everything but the unit

UNIT, CYCLE = 0, 1

# NASA's largest file has 11 MB; a gzip that unpacks to more than this is no such file.
MAX_FILE_BYTES = 512 * 1024 * 1024

# How much of a gzip file is unpacked at a time, so that what came before a damaged place is known.
_GZIP_STEP = 64 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """One of the four subsets. Tables have WIDTH columns; `test_text` is the test file as it was read."""

    name: str
    train: Table
    test: Table
    rul: NDArray[np.float64]
    test_text: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Turbofan:
    """A whole data set and where it came from."""

    source: str
    subsets: tuple[Subset, ...]

    @property
    def test_rows(self) -> int:
        """How many rows the batch job scores."""
        return sum(len(subset.test) for subset in self.subsets)


def load(directory: Path | str, *, subsets: Sequence[str] = SUBSETS) -> Turbofan:
    """Return the data set in *directory*.

    Raises ScenarioError naming file, line and column: missing or unreadable file, damaged gzip, a short or
    long row, a field that is no finite number, units or cycles out of order, a count of RUL lines other
    than that of units.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise ScenarioError(
            f"Data directory '{folder}' does not exist: give the folder that holds train_FD001.txt"
        )
    return Turbofan(str(folder), tuple(_load_subset(folder, name) for name in subsets))


def remaining_life(subset: Subset) -> NDArray[np.float64]:
    """Return the uncapped remaining life, in cycles, at every test row: the truth for predictions.

    It is the last cycle of the unit in the test file, plus its line in the RUL file, minus the cycle of the
    row.
    """
    return life_length(subset.test, subset.rul) - subset.test[:, CYCLE]


def life_length(table: Table, beyond: NDArray[np.float64] | float = 0.0) -> NDArray[np.float64]:
    """Return for each row of *table* how long its unit lives: its last cycle plus *beyond* (per unit)."""
    last = np.append(np.flatnonzero(np.diff(table[:, UNIT])), len(table) - 1)
    lives: NDArray[np.float64] = table[last, CYCLE] + beyond
    return np.repeat(lives, np.diff(last, prepend=-1))


def batch_rows(subset: Subset) -> list[str]:
    """Return the test rows as CSV lines without the unit, each number spelled as in the file.

    The original cuts the first column off with a shell command and sends the rest; the answers must not
    depend on how we would print the numbers.
    """
    lines = subset.test_text.decode("ascii").splitlines()
    return [",".join(line.split()[1:]) for line in lines if line.strip()]


def rul_csv(subset: Subset) -> bytes:
    """Return the RUL file's content: one whole number a line."""
    return b"".join(b"%d\n" % value for value in subset.rul.astype(np.int64).tolist())


def read_text(folder: Path, name: str) -> tuple[Path, bytes]:
    """Return path and unpacked content of *name* or *name*.gz; gzip is known by its first bytes."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise ScenarioError(
            f"{folder} has neither {name} nor {name}.gz: the data set needs both train, test and RUL"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror or error}") from error
    text = _gunzip(path, content) if content[:2] == b"\x1f\x8b" else content
    if not text.strip():
        raise ScenarioError(f"{path}, line 1, column 1: the file is empty")
    return path, text


def parse_table(path: Path, text: bytes, width: int) -> Table:
    """Return the numbers of *text*, lines of *width* numbers separated by blanks, as an array.

    The lines become one JSON text that orjson reads in bulk; only when something is wrong, or unusual
    (tabs, several blanks, ``1.``), are they read one by one, which is ten times slower and knows where the
    fault is.
    """
    spaced = text.rstrip().replace(b" \n", b"\n").replace(b" \n", b"\n")
    if not any(byte in spaced for byte in (b'"', b"[", b"{", b"t", b"f", b"n", b",", b":")):
        try:
            rows = orjson.loads(b"[[" + spaced.replace(b"\n", b"],[").replace(b" ", b",") + b"]]")
        except ValueError:
            rows = []
        if set(map(len, rows)) == {width}:
            packed = struct.pack(f"{len(rows) * width}d", *chain.from_iterable(rows))
            return np.frombuffer(packed, np.float64).reshape(len(rows), width)
    return _parse_slowly(path, text, width)


def _load_subset(folder: Path, name: str) -> Subset:
    train_path, train_text = read_text(folder, f"train_{name}.txt")
    test_path, test_text = read_text(folder, f"test_{name}.txt")
    rul_path, rul_text = read_text(folder, f"RUL_{name}.txt")
    train = parse_table(train_path, train_text, WIDTH)
    test = parse_table(test_path, test_text, WIDTH)
    rul = parse_table(rul_path, rul_text, 1)[:, 0]
    _check_order(train_path, train)
    _check_order(test_path, test)
    _check_rul(rul_path, rul, units=int(test[-1, UNIT]))
    return Subset(name, train, test, rul, test_text)


def _gunzip(path: Path, packed: bytes) -> bytes:
    """Return *packed* unpacked. Raises ScenarioError where the text ends when gzip is damaged or cut."""
    parts: list[bytes] = []
    fault = _unpack(packed, parts)
    text = b"".join(parts)
    if fault:
        line, column = text.count(b"\n") + 1, max(1, len(text.rpartition(b"\n")[2].split()))
        raise ScenarioError(f"{path}, line {line}, column {column}: {fault}; copy the file again")
    return text


def _unpack(packed: bytes, parts: list[bytes]) -> str:
    """Append what *packed* (gzip members) holds to *parts*; return what is wrong with it, if anything."""
    unzip = zlib.decompressobj(wbits=31)
    for start in range(0, len(packed), _GZIP_STEP):
        rest = packed[start : start + _GZIP_STEP]
        while rest:
            if unzip.eof:
                unzip = zlib.decompressobj(wbits=31)
            try:
                parts.append(unzip.decompress(rest))
            except zlib.error as error:
                return f"the gzip file is damaged here ({error})"
            rest = unzip.unused_data
        if sum(map(len, parts)) > MAX_FILE_BYTES:
            return f"the file unpacks to more than {MAX_FILE_BYTES >> 20} MiB"
    return "" if unzip.eof else "the gzip file is cut off here"


def _parse_slowly(path: Path, text: bytes, width: int) -> Table:
    """Return the table line by line; raise ScenarioError at the first field that cannot be used."""
    rows = []
    for line, content in enumerate(text.decode("utf-8", "backslashreplace").rstrip().split("\n"), start=1):
        fields = content.split()
        rows.append(
            [_number(path, line, column, field, width) for column, field in enumerate(fields, start=1)]
        )
        if len(fields) != width:
            wrong = min(len(fields), width) + 1
            _refuse(path, line, wrong, f"the row has {len(fields)} numbers, {width} are expected", width)
    return np.array(rows, np.float64)


def _number(path: Path, line: int, column: int, field: str, width: int) -> float:
    try:
        value = float(field)
    except ValueError:
        _refuse(path, line, column, f"'{field:.40}' is not a number", width)
    if "_" in field or value - value != 0.0:
        _refuse(path, line, column, f"'{field:.40}' is not a finite number", width)
    return value


def _check_order(path: Path, table: Table) -> None:
    """Raise ScenarioError unless units count 1, 2, 3 ... and the cycles of each unit too."""
    unit, cycle = table[:, UNIT], table[:, CYCLE]
    step = np.diff(unit, prepend=0.0)
    wrong_unit = (step != 0.0) & (step != 1.0)
    wrong_unit[0] = unit[0] != 1.0
    if wrong_unit.any():
        row = int(wrong_unit.argmax())
        _refuse(path, row + 1, 1, f"unit {unit[row]:g} is out of order: units count 1, 2, 3 ...", WIDTH)
    expected = np.where(step == 1.0, 1.0, np.append(0.0, cycle[:-1]) + 1.0)
    wrong_cycle = cycle != expected
    if wrong_cycle.any():
        row = int(wrong_cycle.argmax())
        _refuse(path, row + 1, 2, f"cycle {cycle[row]:g} where {expected[row]:g} was expected", WIDTH)


def _check_rul(path: Path, rul: NDArray[np.float64], units: int) -> None:
    wrong = (rul < 0.0) | (rul != np.floor(rul))
    if wrong.any():
        row = int(wrong.argmax())
        _refuse(path, row + 1, 1, f"{rul[row]:g} is not a whole number of cycles", 1)
    if len(rul) != units:
        line = min(len(rul), units) + 1
        _refuse(path, line, 1, f"the file has {len(rul)} lines, the test file has {units} units", 1)


def _refuse(path: Path, line: int, column: int, reason: str, width: int) -> NoReturn:
    named = f" ({COLUMNS[column - 1]})" if width == WIDTH and column <= WIDTH else ""
    raise ScenarioError(f"{path}, line {line}, column {column}{named}: {reason}")
