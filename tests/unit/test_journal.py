"""The journal's records: to bytes and back, and what is left of a file whose run was killed."""

import gzip
import typing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import journal
from harness.errors import JournalError
from harness.journal import Record, codec, decode, decode_all, encode, read

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
wholes = st.integers(-(2**53), 2**53)
figures = st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | wholes | figures | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: wholes,
    float: figures,
    bool: st.booleans(),
    float | None: st.none() | figures,
    int | None: st.none() | st.integers(-1000, 1000),
    dict[str, str]: st.dictionaries(texts, texts, max_size=3),
    dict[str, Any]: st.dictionaries(texts, values, max_size=3),
    list[str]: st.lists(texts, max_size=3),
    list[int | None]: st.lists(st.none() | st.integers(-1000, 1000), max_size=3),
    dict[str, int]: st.dictionaries(texts, wholes, max_size=3),
    dict[str, float]: st.dictionaries(texts, figures, max_size=3),
    dict[str, list[str]]: st.dictionaries(texts, st.lists(texts, max_size=3), max_size=3),
    list[dict[str, Any]]: st.lists(st.dictionaries(texts, values, max_size=3), max_size=2),
    list[list[int]]: st.lists(st.lists(wholes, max_size=2), max_size=3),
}


def _records(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: FIELDS[hints[field.name]] for field in fields(kind)})


records: st.SearchStrategy[Record] = st.one_of([_records(kind) for kind in journal.TYPES.values()])
PHASE = journal.PhaseStarted(1.5, "load", "ümlaut")


def _written(path: Path, *members: list[Record]) -> Path:
    """Write each of *members* as a gzip member of its own, as the recorder does."""
    path.write_bytes(b"".join(gzip.compress(b"".join(map(encode, batch))) for batch in members))
    return path


@pytest.mark.parametrize("kind", journal.TYPES.values(), ids=journal.TYPES)
def test_every_record_type_survives_the_round_trip(kind: type[Any]) -> None:
    """decode(encode(x)) == x for every type of record, whatever its fields hold."""

    @settings(max_examples=20)
    @given(_records(kind))
    def check(record: Record) -> None:
        assert decode(encode(record), 1) == record

    check()


@settings(max_examples=50)
@given(records)
def test_a_record_is_one_line(record: Record) -> None:
    """Whatever its texts hold, a record takes one line that ends in its only newline."""
    assert encode(record).index(b"\n") == len(encode(record)) - 1


@settings(max_examples=50)
@given(st.lists(records, max_size=4))
def test_many_records_are_the_lines_of_each(many: list[Record]) -> None:
    """Whatever they hold, and also none."""
    assert codec.encode_all(many) == b"".join(map(encode, many))


def test_a_member_is_read_back() -> None:
    """Equal texts are one object; one that is no text is refused all the same."""
    one, other = codec.decode_member(gzip.compress(encode(PHASE) * 2), {})
    assert one == other == PHASE
    with pytest.raises(JournalError):
        decode(encode(PHASE).replace(b'"load"', b"7"), 1, {})


def test_rows_within_a_record_are_no_records() -> None:
    """A record whose own rows begin as records do is one line all the same."""
    rows: list[dict[str, Any]] = [{"type": "a"}, {"type": "b"}]
    many: list[Record] = [journal.RolePolicies(1.0, "r", rows)] * 2
    assert codec.encode_all(many) == b"".join(map(encode, many))


def test_the_type_stands_first() -> None:
    """A person who reads the file sees at once what each line is."""
    assert encode(PHASE).startswith(b'{"type":"PhaseStarted","at":1.5,')


def test_fields_with_defaults_may_be_missing() -> None:
    """A journal of an earlier version, without a field that has a default, is still read."""
    assert decode(b'{"type":"PhaseStarted","at":1,"phase":"load"}', 1) == journal.PhaseStarted(1, "load")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "not JSON"),
        (b"[]", "no known record type"),
        (b'{"at":1}', "no known record type"),
        (b'{"type":["x"]}', "no known record type"),
        (b'{"type":"Dreamt","at":1}', "no known record type"),
        (b'{"type":"PhaseStarted","at":1}', "PhaseStarted: .*phase"),
        (b'{"type":"PhaseStarted","at":1,"phase":"load","mood":1}', "PhaseStarted: .*mood"),
        (b'{"type":"PhaseStarted","at":"1","phase":"load"}', "PhaseStarted.at is '1'"),
        (b'{"type":"PhaseStarted","at":true,"phase":"load"}', "PhaseStarted.at is True"),
        (b'{"type":"PhaseStarted","at":1,"phase":null}', "PhaseStarted.phase is None"),
        (b'{"type":"Predicted","at":1,"rows":1.5,"rmse":1,"source":""}', "Predicted.rows is 1.5"),
        (b'{"type":"Predicted","at":1,"rows":true,"rmse":1,"source":""}', "Predicted.rows is True"),
    ],
)
def test_what_is_no_record_is_an_error_with_its_line(line: bytes, told: str) -> None:
    """The error says what is wrong and on which line."""
    with pytest.raises(JournalError, match=told) as error:
        decode(line, 17)
    assert error.value.line == 17
    assert str(error.value).startswith("line 17: ")


def test_lines_are_counted_from_one() -> None:
    """The first bad line ends the reading; those before it were given."""
    reading = decode_all([encode(PHASE), encode(PHASE), b"nonsense"])
    assert [next(reading), next(reading)] == [PHASE, PHASE]
    with pytest.raises(JournalError, match=r"^line 3: "):
        next(reading)


def test_a_whole_file_is_read_back(tmp_path: Path) -> None:
    """Several compressed batches read as one journal, in order."""
    later = journal.PhaseStarted(2.0, "settle")
    path = _written(tmp_path / "journal.jsonl.gz", [PHASE, later], [], [later])
    assert read(path) == [PHASE, later, later]


def test_a_truncated_file_gives_the_whole_records_before_the_cut(tmp_path: Path) -> None:
    """Wherever a run was cut off, what is read is a beginning of what was written; a batch is kept whole."""
    written = [journal.PhaseStarted(float(i), f"phase {i * 7919}") for i in range(40)]
    path = _written(tmp_path / "whole.gz", written[:20], written[20:])
    data = path.read_bytes()
    first_batch = len(gzip.compress(b"".join(map(encode, written[:20]))))
    cut = tmp_path / "cut.gz"
    for length in range(len(data)):
        cut.write_bytes(data[:length])
        seen = read(cut)
        assert seen == written[: len(seen)]
        assert len(seen) >= (20 if length >= first_batch else 0)


def test_a_record_cut_in_its_middle_is_left_out(tmp_path: Path) -> None:
    """A last line without its newline was never finished, though it may look whole."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(gzip.compress(encode(PHASE) + encode(PHASE)[:-1]))
    assert read(path) == [PHASE]


def test_a_broken_record_in_the_middle_is_an_error(tmp_path: Path) -> None:
    """A journal that was tampered with is not read past the damage."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(gzip.compress(encode(PHASE) + b"{}\n" + encode(PHASE)))
    with pytest.raises(JournalError, match="line 2"):
        read(path)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What inflates to one line of any length does not fill the memory first."""
    monkeypatch.setattr(codec, "MOST_LINE_BYTES", 1 << 16)
    (tmp_path / "journal.jsonl.gz").write_bytes(gzip.compress(b"\n" + b" " * (1 << 20)))
    with pytest.raises(JournalError, match="line 2: it is longer than 65536 bytes"):
        read(tmp_path / "journal.jsonl.gz")


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    """A run that was killed before its first batch left a file, and no record."""
    path = tmp_path / "journal.jsonl.gz"
    path.write_bytes(b"")
    assert read(path) == []


@given(st.floats(1e-6, 1e6))
def test_a_time_lies_in_the_bin_that_names_it(seconds: float) -> None:
    """A histogram's bin holds the times from its start up to the start of the next."""
    number = journal.bin_of(seconds)
    assert journal.bin_start_s(number) <= seconds * (1 + 1e-9)
    assert seconds < journal.bin_start_s(number + 1) * (1 + 1e-9)
