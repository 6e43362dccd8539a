"""Traces as CSV: arrivals per minute (`minute,invocations`) or one arrival a line (`at_s`).

A day at 100 requests a second is 8.64 million lines, so numbers are read by numpy; only a file that numpy
does not take, or whose values cannot be traffic, is gone through line by line, to name the line.
"""

import csv
import re
import warnings
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import ScenarioError
from harness.inputs.input_files import text_of
from harness.inputs.traffic_value import MINUTE_S, Traffic

MINUTE_COLUMNS = ("minute",)
COUNT_COLUMNS = ("invocations", "count", "requests", "calls")
TIME_COLUMNS = ("at_s", "time_s", "arrival_s", "at", "time", "arrival", "arrived_at", "timestamp", "seconds")

MOST_MINUTES = 10 * 366 * 1440
MOST_ROWS = 20_000_000
"""Lines of a trace: two days at a hundred requests a second, a minute or so of reading."""
MOST_COUNT = 1e12
"""More calls in a minute than this are a slip: a minute of all of AWS is less."""
_EPOCH_FROM_S, _MILLISECONDS_FROM = 1e9, 1e11  # from 2001 on; 1e11 s would be the year 5138
_NUMBER = re.compile(
    r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.ASCII | re.IGNORECASE
)

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the file is laid out: its separator and the names of its columns, lower case."""

    separator: str
    columns: tuple[str, ...]


def read_trace(path: Path) -> Traffic:
    """Return the traffic in the CSV file *path*; ScenarioError names the line and the field."""
    layout = _layout(path)
    if len(layout.columns) == 2:
        return _counts(path, layout)
    return _times(path, layout)


def _layout(path: Path) -> _Layout:
    with text_of(path) as text:
        header = next((line for line in text if line.strip()), "")
    separator = max(",;\t", key=header.count)
    try:
        columns = tuple(cell.strip().lower() for cell in next(csv.reader([header], delimiter=separator), []))
    except csv.Error:
        columns = ()
    is_counts = len(columns) == 2 and columns[0] in MINUTE_COLUMNS and columns[1] in COUNT_COLUMNS
    if not is_counts and not (len(columns) == 1 and columns[0] in TIME_COLUMNS):
        raise ScenarioError(
            f"{path}, line 1: the header is {header.strip()!r:.80}; it must be minute,invocations (arrivals "
            "per minute) or one column at_s (a moment a line)"
        )
    return _Layout(separator, columns)


# -- arrivals per minute -----


def _counts(path: Path, layout: _Layout) -> Traffic:
    rows = _numbers(path, layout)
    minutes, counts = rows[:, 0], rows[:, 1]
    for column, values in zip(layout.columns, (minutes, counts), strict=True):
        _refuse_where(path, layout, column, values, ~np.isfinite(values), "is not a finite number")
        _refuse_where(path, layout, column, values, values < 0, "is below 0")
        _refuse_where(path, layout, column, values, values != np.floor(values), "is not a whole number")
    backwards = np.diff(minutes, prepend=-1.0) <= 0
    _refuse_where(
        path, layout, layout.columns[0], minutes, backwards, "does not come after the minute before it"
    )
    _refuse_where(
        path, layout, layout.columns[1], counts, counts > MOST_COUNT, "is more than a minute can have"
    )
    too_late = minutes - minutes[0] >= MOST_MINUTES
    _refuse_where(
        path, layout, layout.columns[0], minutes, too_late, "is more than ten years after the first"
    )
    index = (minutes - minutes[0]).astype(np.int64)
    filled = np.zeros(int(index[-1]) + 1, dtype=np.int64)
    filled[index] = counts.astype(np.int64)
    return Traffic(source=str(path), counts=filled, notes=_notes_on(minutes, filled))


def _notes_on(minutes: Rows, filled: NDArray[np.int64]) -> tuple[str, ...]:
    notes = []
    if minutes[0] != 0:
        notes.append(f"The first minute of the trace is {minutes[0]:g}; model second 0 is its beginning.")
    missing = len(filled) - len(minutes)
    if missing:
        notes.append(f"Minutes that the trace leaves out, taken as without arrivals: {missing}.")
    return tuple(notes)


# -- one arrival a line -----


def _times(path: Path, layout: _Layout) -> Traffic:
    column = layout.columns[0]
    if _first_is_number(path, layout):
        times, start = _numbers(path, layout)[:, 0], None
    else:
        times, start = _timestamps(path, layout), 0.0
    _refuse_where(path, layout, column, times, ~np.isfinite(times), "is not a finite number")
    _refuse_where(path, layout, column, times, times < 0, "is below 0")
    late = np.diff(times, prepend=times[0]) < 0
    _refuse_where(path, layout, column, times, late, "is before the arrival on the line above; sort the file")
    _refuse_where(
        path, layout, column, times, times >= _MILLISECONDS_FROM, "looks like milliseconds; give seconds"
    )
    notes: tuple[str, ...] = ()
    if start is None and times[0] >= _EPOCH_FROM_S:
        start, notes = 0.0, ("The moments are read as seconds since 1970.",)
    if start is not None:
        start = float(times[0] // MINUTE_S) * MINUTE_S
        times = times - start
    too_late = times >= MOST_MINUTES * MINUTE_S
    _refuse_where(path, layout, column, times, too_late, "is more than ten years after the start")
    return Traffic(source=str(path), times=np.ascontiguousarray(times), start_epoch_s=start, notes=notes)


def _first_is_number(path: Path, layout: _Layout) -> bool:
    return any(_NUMBER.fullmatch(row[0].strip()) for _, row in _first_row(path, layout))


def _first_row(path: Path, layout: _Layout) -> list[tuple[int, list[str]]]:
    found = next(_rows(path, layout), None)
    if found is None:
        raise ScenarioError(f"{path}: there is no line after the header; a trace needs one arrival at least")
    return [found]


def _timestamps(path: Path, layout: _Layout) -> Rows:
    """Return the moments as seconds since 1970; a time without a zone is UTC."""
    return np.frombuffer(
        _gathered(path, layout, epoch_of_text, "an ISO 8601 time or a number of seconds"),
        dtype=np.float64,
    )


def epoch_of_text(cell: str) -> float:
    """Return an ISO 8601 time, also with a space or slashes, as seconds since 1970; ValueError else."""
    moment = datetime.fromisoformat(cell.strip().replace("/", "-"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# -- numbers -----


def _numbers(path: Path, layout: _Layout) -> Rows:
    """Return the rows after the header, one column a field."""
    width = len(layout.columns)
    try:
        with warnings.catch_warnings(), text_of(path) as text:
            warnings.simplefilter("error")
            _skip_header(text)
            rows = np.loadtxt(
                text,
                delimiter=layout.separator,
                comments=None,
                quotechar='"',
                ndmin=2,
                max_rows=MOST_ROWS + 1,
            )
        if len(rows) > MOST_ROWS:
            raise _too_many(path)
        if rows.shape[1] == width:
            return rows
    except (ValueError, UserWarning):
        pass  # the loop below says which line it was, or reads what numpy is too strict for
    _first_row(path, layout)
    values = _gathered(path, layout, _number, "a number")
    return np.frombuffer(values, dtype=np.float64).reshape(-1, width)


def _too_many(path: Path) -> ScenarioError:
    return ScenarioError(
        f"{path}: it has more than {MOST_ROWS} lines; give the arrivals of each minute (minute,invocations)"
    )


def _number(cell: str) -> float:
    if _NUMBER.fullmatch(cell.strip()) is None:
        raise ValueError(cell)
    return float(cell)


def _gathered(path: Path, layout: _Layout, convert: Callable[[str], float], wanted: str) -> "array[float]":
    values = array("d")
    for line, row in _rows(path, layout):
        if len(row) != len(layout.columns):
            raise ScenarioError(
                f"{path}, line {line}: {len(row)} fields where the header has {len(layout.columns)} "
                f"({layout.separator.join(layout.columns)})"
            )
        for column, cell in zip(layout.columns, row, strict=True):
            if len(values) >= len(layout.columns) * MOST_ROWS:
                raise _too_many(path)
            try:
                values.append(convert(cell))
            except ValueError as error:
                raise ScenarioError(f"{path}, line {line}, {column}: {cell!r:.40} is not {wanted}") from error
    return values


def _rows(path: Path, layout: _Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each line after the header that is not blank."""
    with text_of(path) as text:
        reader = csv.reader(text, delimiter=layout.separator)
        header = True
        try:
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if not header:
                    yield reader.line_num, row
                header = False
        except csv.Error as error:
            raise ScenarioError(f"{path}, line {reader.line_num}: this is not CSV: {error}") from error


def _skip_header(text: Iterator[str]) -> None:
    for line in text:
        if line.strip():
            return


def _refuse_where(
    path: Path, layout: _Layout, column: str, values: Rows, wrong: NDArray[np.bool_], what: str
) -> None:
    """Raise ScenarioError for the first of *values* that is *wrong*, naming its line."""
    if not wrong.any():
        return
    index = int(np.argmax(wrong))
    line, row = next(each for number, each in enumerate(_rows(path, layout)) if number == index)
    cell = row[layout.columns.index(column)].strip()
    raise ScenarioError(f"{path}, line {line}, {column}: {cell} {what}")
