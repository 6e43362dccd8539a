"""An exception that nobody foresaw ends a command with a sentence, never with the code of a failed check."""

import errno
import json
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.commands import list_scenarios
from harness.commands.faults import fault_of
from harness.errors import DiskFault, EnvironmentFault, ExitCode, InvalidRun, ScenarioError


def test_a_fault_of_ours_is_no_failed_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit code 4: it proves nothing. The traceback is in a file to be reported."""

    def broken(_: object) -> int:
        return 1 // 0

    monkeypatch.setattr(list_scenarios, "carry_out", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["list", "--json"]) == ExitCode.INVALID
    out, err = capsys.readouterr()
    (log,) = tmp_path.glob("harness-*.log")
    why = "ZeroDivisionError: integer division or modulo by zero"
    said = f"The harness itself failed ({why}); please report it with {log}"
    assert err == f"harness: {said}\n"
    assert json.loads(out) == {"error": said, "exit_code": 4}
    assert "return 1 // 0" in log.read_text()


def test_without_a_place_for_it_the_traceback_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is lost on a full disk."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no such folder"))
    assert str(fault_of(ValueError("x"))).endswith("please report it with the traceback above")
    assert "ValueError: x" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            DiskFault,
            "No space left on device; make room, or",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "a/b"),
            DiskFault,
            "a/b: Read-only file system; make it",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "a"),
            DiskFault,
            "a: Permission denied; make it yours",
        ),
        (OSError(errno.EMFILE, "Too many open files"), EnvironmentFault, "(ulimit -n)"),
        (
            ModuleNotFoundError("no", name="orjson.x"),
            EnvironmentFault,
            "The package orjson is not installed; run",
        ),
        (
            ModuleNotFoundError("no", name="harness.x"),
            InvalidRun,
            "The harness itself failed (ModuleNotFoundError",
        ),
        (
            OSError(errno.EIO, "Input/output error"),
            InvalidRun,
            "The harness itself failed (OSError: [Errno 5]",
        ),
        (ScenarioError("said"), ScenarioError, "said"),
    ],
)
def test_each_kind_of_error_has_its_sentence(error: Exception, kind: type, sentence: str) -> None:
    """What the owner of the machine can mend names how."""
    fault = fault_of(error)
    assert type(fault) is kind
    assert sentence in str(fault)
