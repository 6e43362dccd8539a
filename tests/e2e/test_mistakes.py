"""What newcomers get wrong: each mistake is one sentence on stderr with its exit code, and no traceback."""

import ast
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from command import Ended

import harness as package
from harness.__main__ import main
from harness.run.results import JOURNAL

TINY = str(Path(__file__).with_name("tiny.py"))
ROOT = Path(package.__file__).parents[1]
# Read by every interpreter that may be asked to run a clone.
READ_BY_ALL = ("harness/__init__.py", "harness/__main__.py")
OLD = """
import runpy, sys
sys.version_info = (3, 10, 13, "final", 0)
runpy.run_module("harness", run_name="__main__")
"""
LACKING = """
import sys
sys.modules["orjson"] = None
from harness.__main__ import main
sys.exit(main(["list"]))
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in an empty folder; what a scenario's file puts on the path goes with it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def one_sentence(told: str) -> str:
    """Return the one line that is all of *told*, without the name before it."""
    assert told.startswith("harness: ")
    assert told.count("\n") == 1, told
    return told.removeprefix("harness: ").strip()


FILES = {
    "raises.py": "import json\n\ndef read():\n    return {}['rate']\n\nscenario = read()\n",
    "broken.py": "scenario = (\n",
    "empty.py": "\n",
    "leaves.py": "raise SystemExit('bye')\n",
    "imports.py": "import no_such_package\n",
    "windows.py": "x = 1\r\nscenario = Endpoint()\r\n",
    "bytes.py": "\0\1",
    "data.csv": "1,2\n",
    "broken.yaml": "Resources:\n  Queue: [\n    Type: x\n",
}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("run turbofan-endpont", "did you mean 'turbofan-endpoint'?"),
        ("run raises.py", "raises.py:4 cannot be loaded: KeyError: 'rate'; mend the file"),
        ("run broken.py", "broken.py:1 cannot be loaded: SyntaxError: '(' was never closed; mend the file"),
        ("run empty.py", "empty.py has no `scenario = Scenario(...)`; add it"),
        ("run leaves.py", "leaves.py:1 cannot be loaded: SystemExit: bye; mend the file"),
        (
            "run imports.py",
            "imports.py:1 cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'",
        ),
        ("run windows.py", "windows.py:2 cannot be loaded: NameError: name 'Endpoint' is not defined"),
        ("run bytes.py", "bytes.py cannot be loaded: SyntaxError: source code"),
        ("run nowhere.py", "There is no file nowhere.py; name a scenario"),
        ("run data.csv", "data.csv is no Python file; name a scenario or its .py file; a template is for"),
        ("run .", ". is a folder; name a scenario or its .py file; a template is for 'harness rehearse .'"),
        ("simulate raises.py", "raises.py:4 cannot be loaded"),
        ("audit broken.yaml", "broken.yaml, line 4, column 1: this is not YAML"),
        ("rehearse broken.yaml", "broken.yaml, line 4, column 1: this is not YAML"),
        ("rehearse nowhere", "There is no template at nowhere; name a CloudFormation"),
        ("report data.csv", "data.csv is no run: it has no journal.jsonl.gz; name the directory of one"),
        ("report", "No run below runs; make one with 'harness run' or name another place with --runs"),
        ("run turbofan-endpoint --vriant as-written", "did you mean --variant?; see harness run --help"),
        ("simulte turbofan-endpoint", "did you mean simulate?; see harness --help"),
        ("run turbofan-endpoint --runs", "argument --runs: expected one argument; see harness run --help"),
    ],
)
def test_what_was_named_wrongly(capsys: pytest.CaptureFixture[str], words: str, sentence: str) -> None:
    """Exit code 2: file and line where there are, and the way out."""
    for name, text in FILES.items():
        Path(name).write_bytes(text.encode())
    assert main(words.split()) == 2
    assert sentence in one_sentence(capsys.readouterr().err)
    assert not Path("runs").exists()


def test_windows_line_ends_are_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario that an editor on Windows saved is the scenario that it was."""
    Path("mine.py").write_bytes(Path(TINY).read_bytes().replace(b"\n", b"\r\n"))
    assert main(["run", "mine.py", "--set", "help"]) == 0
    assert "mine.py: --set PATH=VALUE" in capsys.readouterr().out


def test_an_extra_that_is_not_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 3 and the command that installs it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    sweep = "sweep --traffic 5rps:2m --targets 100 --min 1 --max 2 --instance-types ml.m5.large"
    assert main([*sweep.split(), "--service-time", "0.1", "--dask", "tcp://127.0.0.1:1"]) == 3
    assert "(pip install 'aws-ml-rehearsal-harness[dask]')" in one_sentence(capsys.readouterr().err)


def test_a_clone_without_its_packages() -> None:
    """Exit code 3 and the command that installs them."""
    ended = subprocess.run([sys.executable, "-c", LACKING], capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert f"The package orjson is not installed; run {sys.executable} -m pip install" in one_sentence(
        ended.stderr
    )


def test_a_python_that_is_too_old() -> None:
    """Exit code 3, before anything of a newer Python is read."""
    ended = subprocess.run([sys.executable, "-c", OLD], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 3
    assert one_sentence(ended.stderr).startswith("Python 3.11 or later is needed, and ")
    for name in READ_BY_ALL:
        ast.parse((ROOT / name).read_text(), feature_version=(3, 4))


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8", "3.9", "3.10"])
def test_a_real_python_that_is_too_old(version: str) -> None:
    """Where there is one, it says the sentence and no traceback."""
    beside = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin") or next(map(str, beside), None)
    if found is None:
        pytest.skip(f"there is no Python {version} on this machine")
    command = [found, "-B", "-m", "harness", "run"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 3
    assert f"Python 3.11 or later is needed, and {found} is {version}" in one_sentence(ended.stderr)


def test_a_second_one_beside_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its ports and its place, a lock that a killed run left is nobody's; a port has one owner."""
    left = Path("runs") / "serve" / "20260101T000000Z-killed"
    left.mkdir(parents=True)
    (left / ".lock").touch()
    served = [sys.executable, "-m", "harness", "serve", "--backend", "moto", "--json", "--port"]
    with (
        subprocess.Popen([*served, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first,
        subprocess.Popen([*served, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as second,
    ):
        try:
            told = [each.stdout.readline() for each in (first, second) if each.stdout is not None]
            urls = [json.loads(line)["endpoint_url"] for line in told]
            port = urls[0].rpartition(":")[2]
            third = main(["serve", "--port", port, "--backend", "moto"])
        finally:
            for each in (first, second):
                each.send_signal(signal.SIGINT)
                each.communicate(timeout=30)
    assert urls[0] != urls[1]
    assert third == 3
    assert (
        f"cannot listen on 127.0.0.1:{port} (Address already in use); end the program that"
        in one_sentence(capsys.readouterr().err)
    )


def in_a_small_world(mount: str, *arguments: str) -> Ended:
    """Return how `harness ARGUMENTS` ended where the folder `small` is what *mount* says."""
    unshare = shutil.which("unshare")
    Path("small").mkdir()
    probe = [unshare or "unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "small"]
    if unshare is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system of their own")
    words = " ".join([sys.executable, "-m", "harness", *arguments])
    script = (
        f"mount -t tmpfs -o {mount} tmpfs small && {words}; code=$?; find small -type f -size +0; exit $code"
    )
    ended = subprocess.run(
        [unshare, "-rm", "sh", "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    return Ended(0, ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("command", [f"run {TINY} --backend moto", "simulate endpoint-autoscaling-3 --json"])
def test_a_folder_that_is_read_only(command: str) -> None:
    """Exit code 3, and another place to name."""
    ended = in_a_small_world("ro", *command.split(), "--runs", "small")
    assert ended.code == 3
    sentence = one_sentence(ended.err.removeprefix("tiny (corrected, compressed:240, seed 1)\n"))
    assert "Read-only file system" in sentence
    assert "--runs" in sentence


def test_a_disk_that_is_full_in_the_middle_of_a_run() -> None:
    """Exit code 3 and one sentence; what was written by then can be read."""
    ended = in_a_small_world("size=28k", "run", TINY, "--backend", "moto", "--json", "--runs", "small")
    document, _, files = ended.out.rpartition("}\n")
    assert ended.code == 3, ended.err
    assert json.loads(document + "}")["error"].endswith(
        "No space left on device; make room, or name a place elsewhere with --runs"
    )
    assert "Traceback" not in ended.err
    assert JOURNAL in files


def test_a_pipe_into_a_full_disk() -> None:
    """Exit code 3, for the answer is lost."""
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "harness", "list"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 3
    assert one_sentence(ended.stderr).startswith("No space left on device; make room")


def test_ctrl_c_leaves_the_terminal_whole() -> None:
    """Exit code 130; the cursor that the bar hid is there again, and the last line is ended."""
    ends = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "harness", "run", TINY, "--backend", "moto", "--no-report"],
        env=dict(os.environ) | {"TERM": "xterm", "COLUMNS": "100"},
        stdin=ends[1],
        stdout=subprocess.DEVNULL,
        stderr=ends[1],
        start_new_session=True,
    ) as command:
        os.close(ends[1])
        shown, pressed = b"", False
        with suppress(OSError):  # EIO: its other side is gone
            while piece := os.read(ends[0], 4096):
                shown += piece
                if b"backend moto" in shown and not pressed:
                    command.send_signal(signal.SIGINT)
                    pressed = True
    os.close(ends[0])
    assert command.returncode == 130
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert re.search(rb"invalid.*\n", shown)
    left = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown).rstrip(b"\r")
    assert left.endswith(b"\n")
