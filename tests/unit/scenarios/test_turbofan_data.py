"""Reading NASA's format, plain or gzip, and saying where it is wrong."""

import gzip

import numpy as np
import pytest

from harness.errors import ScenarioError
from scenarios._turbofan import data


def edit(path, line: int, change) -> None:
    """Replace line *line* (from 1) of *path* by what *change* makes of it."""
    lines = path.read_text().splitlines()
    lines[line - 1] = change(lines[line - 1])
    path.write_text("\n".join(lines) + "\n")


def field(column: int, value: str):
    """Return a change that puts *value* in *column* (from 1)."""

    def change(line: str) -> str:
        fields = line.split()
        fields[column - 1] = value
        return " ".join(fields)

    return change


def test_files_load_as_they_were_written(small, folder):
    """What is written in NASA's format is read back number by number."""
    loaded = data.load(folder)
    for made, read in zip(small.subsets, loaded.subsets, strict=True):
        assert np.array_equal(made.train, read.train)
        assert np.array_equal(made.test, read.test)
        assert np.array_equal(made.rul, read.rul)


def test_gzip_files_load_alike(small, folder):
    """Every file may be gzip, with .gz or without."""
    for number, path in enumerate(sorted(folder.iterdir())):
        packed = gzip.compress(path.read_bytes())
        path.unlink()
        path.with_name(path.name + (".gz" if number % 2 else "")).write_bytes(packed)
    assert np.array_equal(data.load(folder).subsets[3].train, small.subsets[3].train)


@pytest.mark.parametrize("end", ["  \n", " \n", "\r\n", "\n"])
def test_blanks_at_the_end_of_a_line_do_not_matter(small, folder, end):
    """NASA's own files end each line with two blanks."""
    path = folder / "train_FD001.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", end.encode()))
    assert np.array_equal(data.load(folder).subsets[0].train, small.subsets[0].train)


def test_unusual_spellings_load(small, folder):
    """Tabs, several blanks, signs and bare points are numbers too."""
    edit(
        folder / "train_FD001.txt", 2, lambda line: "\t" + line.replace(" ", "   ").replace("100.0", "+100.")
    )
    assert np.array_equal(data.load(folder).subsets[0].train, small.subsets[0].train)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (field(9, "abc"), r"test_FD002.txt, line 3, column 9 \(sensor 4\): 'abc' is not a number"),
        (field(5, "nan"), r"line 3, column 5 \(setting 3\): 'nan' is not a finite number"),
        (field(26, "-inf"), r"line 3, column 26 \(sensor 21\): '-inf' is not a finite number"),
        (field(4, "1_0"), r"line 3, column 4 \(setting 2\): '1_0' is not a finite number"),
        (field(1, "3"), r"line 3, column 1 \(unit\): unit 3 is out of order"),
        (field(2, "9"), r"line 3, column 2 \(cycle\): cycle 9 where 3 was expected"),
        (
            lambda line: line.rsplit(maxsplit=1)[0],
            r"line 3, column 26 \(sensor 21\): the row has 25 numbers, 26 are",
        ),
        (lambda line: line + " 1", r"line 3, column 27: the row has 27 numbers, 26 are expected"),
        (lambda line: line.replace(" ", ","), r"line 3, column 1 \(unit\): '1,3,.*' is not a number"),
        (lambda _: "", r"line 3, column 1 \(unit\): the row has 0 numbers"),
        (lambda _: "\x00\x01", r"line 3, column 1 \(unit\): "),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(folder, change, said):
    """One sentence says file, line, column and what is there."""
    edit(folder / "test_FD002.txt", 3, change)
    with pytest.raises(ScenarioError, match=said):
        data.load(folder)


def test_a_short_and_a_long_row_do_not_cancel_out(folder):
    """The count of numbers is right here, the rows are not."""
    path = folder / "train_FD001.txt"
    lines = path.read_text().splitlines()
    head, last = lines[0].rsplit(maxsplit=1)
    path.write_text("\n".join([head, f"{last} {lines[1]}", *lines[2:]]))
    with pytest.raises(ScenarioError, match="line 1, column 26"):
        data.load(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1\n" * 11, "RUL_FD001.txt, line 12, column 1: the file has 11 lines, the test file has 12 units"),
        (b"1\n" * 13, "line 13, column 1: the file has 13 lines, the test file has 12 units"),
        (b"1\n" * 11 + b"x\n", "line 12, column 1: 'x' is not a number"),
        (b"1\n" * 11 + b"1.5\n", "line 12, column 1: 1.5 is not a whole number"),
        (b"1\n" * 11 + b"-1\n", "line 12, column 1: -1 is not a whole number"),
        (b"1 2\n" * 12, "line 1, column 2: the row has 2 numbers, 1 are expected"),
        (b"", "line 1, column 1: the file is empty"),
        (b" \n", "line 1, column 1: the file is empty"),
    ],
)
def test_a_bad_rul_file_is_named_by_line(folder, content, said):
    """One remaining life, a whole number, for each engine of the test file."""
    (folder / "RUL_FD001.txt").write_bytes(content)
    with pytest.raises(ScenarioError, match=said):
        data.load(folder)


def test_a_missing_file_is_named(folder):
    """Which file, and under which two names it was looked for."""
    (folder / "test_FD003.txt").unlink()
    with pytest.raises(ScenarioError, match=r"neither test_FD003.txt nor test_FD003.txt.gz"):
        data.load(folder)


def test_a_missing_folder_is_named(tmp_path):
    """A wrong --data is a scenario error."""
    with pytest.raises(ScenarioError, match="nowhere' does not exist"):
        data.load(tmp_path / "nowhere")


def test_a_file_that_is_a_folder_is_no_file(folder):
    """A folder of the right name is not a data file."""
    (folder / "RUL_FD004.txt").unlink()
    (folder / "RUL_FD004.txt").mkdir()
    with pytest.raises(ScenarioError, match=r"neither RUL_FD004.txt nor"):
        data.load(folder)


def test_a_cut_gzip_names_the_line_where_it_ends(small, folder):
    """Half a download says how far it got."""
    path = folder / "train_FD002.txt"
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(
        ScenarioError, match=r"train_FD002.txt, line \d+, column \d+: the gzip file is cut off"
    ) as caught:
        data.load(folder)
    line = int(str(caught.value).split("line ")[1].split(",")[0])
    assert 1 < line < len(small.subsets[1].train)


def test_a_damaged_gzip_is_named(folder):
    """A flipped byte is found by the check sum or before."""
    path = folder / "train_FD002.txt"
    packed = bytearray(gzip.compress(path.read_bytes()))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(ScenarioError, match=r"line \d+, column \d+: the gzip file is damaged"):
        data.load(folder)


def test_a_file_beyond_the_limit_is_refused(folder, monkeypatch):
    """A gzip bomb ends at the limit."""
    monkeypatch.setattr(data, "MAX_FILE_BYTES", 1 << 20)
    (folder / "train_FD001.txt").write_bytes(gzip.compress(bytes(4 << 20)))
    with pytest.raises(ScenarioError, match="unpacks to more than 1 MiB"):
        data.load(folder)


def test_gzip_members_follow_each_other(small, folder):
    """`cat a.gz b.gz` is gzip too."""
    path = folder / "train_FD001.txt"
    text = path.read_bytes()
    path.write_bytes(gzip.compress(text[:1000]) + gzip.compress(text[1000:]))
    assert np.array_equal(data.load(folder).subsets[0].train, small.subsets[0].train)


def test_remaining_life_counts_down_to_the_rul(small):
    """At the last test row of an engine the truth is its RUL, one more for each cycle before."""
    subset = small.subsets[0]
    life = data.remaining_life(subset)
    first = subset.test[:, 0] == 1
    cycles = int(first.sum())
    assert life[first].tolist() == [subset.rul[0] + cycles - cycle for cycle in range(1, cycles + 1)]


def test_batch_rows_spell_numbers_as_the_file_does(small):
    """The unit is cut off, blanks become commas, and not a digit changes."""
    lines = small.subsets[1].test_text.decode().splitlines()
    rows = data.batch_rows(small.subsets[1])
    assert rows[7] == ",".join(lines[7].split(" ")[1:])
    assert len(rows) == len(small.subsets[1].test)


def test_nasas_files_load(nasa):
    """All twelve files, 104,897 test rows; the time is watched by benchmarks/inference.py."""
    loaded = data.load(nasa)
    assert loaded.test_rows == 104_897
    assert [len(subset.rul) for subset in loaded.subsets] == [100, 259, 100, 248]
