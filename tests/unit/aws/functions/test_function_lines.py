"""What a process prints becomes the lines of a log, and Lambda's own lines are worded as Lambda's."""

from harness.aws.functions.lines import MOST_LINES, Lines, Report, tail_of


def test_pieces_become_lines() -> None:
    """Wherever they were cut, an unfinished last one included."""
    lines = Lines()
    for piece in (b"one\ntw", b"o\n", b"thr", b"ee"):
        lines.hear(piece)
    assert lines.take() == ["one", "two", "three"]
    assert lines.take() == []


def test_a_traceback_in_one_line_becomes_several() -> None:
    """The runtime interface client joins its lines with carriage returns."""
    lines = Lines()
    lines.hear(b"[ERROR] E\rTraceback\r\n")
    assert lines.take() == ["[ERROR] E\nTraceback"]


def test_a_flood_is_cut_at_its_beginning() -> None:
    """The last lines are those that tell."""
    lines = Lines()
    lines.hear(b"".join(b"%d\n" % at for at in range(MOST_LINES + 1)))
    kept = lines.take()
    assert kept[-1] == str(MOST_LINES)
    assert len(kept) <= MOST_LINES


def test_a_report_of_a_cold_start_bills_its_initialisation() -> None:
    """Since August 2025 INIT is billed with the rest, rounded up to a millisecond."""
    report = Report("r", 0.0104, 128, 40, init_s=0.1)
    assert report.line() == (
        "REPORT RequestId: r\tDuration: 10.40 ms\tBilled Duration: 111 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 40 MB\tInit Duration: 100.00 ms"
    )


def test_a_report_of_a_failure_says_its_status() -> None:
    """A timeout has a status, an error a type as well."""
    assert Report("r", 3.0, 128, 40, status="timeout").line().endswith("\tStatus: timeout")
    failed = Report("r", 3.0, 128, 40, status="error", error="Runtime.ExitError").line()
    assert failed.endswith("\tStatus: error\tError Type: Runtime.ExitError")


def test_a_tail_is_the_last_four_kilobytes() -> None:
    """And never half a character."""
    tail = tail_of(["ä" * 3000, "end"])
    assert tail.endswith("end\n")
    assert len(tail.encode()) <= 4096
