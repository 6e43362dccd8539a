"""The command as people and machines start it: quick, honest about bad input, and readable either way."""

import gzip
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from command import harness, none_left

from harness.run.results import JOURNAL, SUMMARY

TINY = str(Path(__file__).with_name("tiny.py"))
DOCS = Path(__file__).parents[2] / "docs"
HEAVY = "boto3 botocore numpy matplotlib sklearn locust onnxruntime moto rich jinja2 orjson asyncio"


def row(cycle: int) -> str:
    """Return a line of 26 columns: unit 1, its cycle, settings and sensors."""
    return f"1 {cycle} " + " ".join(["0.5"] * 24) + "\n"


WHOLE = row(1) + row(2) + row(3)


def seconds(*command: str, cwd: Path) -> float:
    """Return the least of five times that *command* took."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=cwd)
        return time.perf_counter() - began

    return min(once() for _ in range(5))


def times_python(*arguments: str, cwd: Path) -> float:
    """Return how many times as long as an empty Python program `harness ARGUMENTS` takes, on this machine."""
    ours = seconds(sys.executable, "-m", "harness", *arguments, cwd=cwd)
    return ours / seconds(sys.executable, "-c", "pass", cwd=cwd)


def test_help_answers_at_once_and_imports_nothing_heavy(tmp_path: Path) -> None:
    """A few times as long as starting Python; what a command needs is imported when it is carried out."""
    script = (
        "import sys\nfrom harness.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY.split()!r} if name in sys.modules], file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stderr == "[]\n"
    assert "exit codes: 0 pass" in loaded.stdout
    assert times_python("--help", cwd=tmp_path) < 10


@pytest.mark.long
def test_list_answers_soon(tmp_path: Path) -> None:
    """Every scenario is loaded for it, but nothing that only a run needs."""
    assert len(harness("list", "--json", cwd=tmp_path).document["scenarios"]) >= 3
    assert times_python("list", cwd=tmp_path) < 30


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`harness list | head -1` ends quietly."""
    script = f"{sys.executable} -m harness list | head -1; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert (ended.stdout.splitlines()[-1], ended.stderr) == ("0", "")


def turbofan(folder: Path, *, change: Callable[[Path], object]) -> Path:
    """Return a folder of turbofan files, small and whole but for what *change* does to them."""
    for number in range(1, 5):
        (folder / f"train_FD00{number}.txt").write_text(WHOLE)
        (folder / f"test_FD00{number}.txt").write_text(WHOLE)
        (folder / f"RUL_FD00{number}.txt").write_text("10\n")
    change(folder)
    return folder


def cut_short(folder: Path) -> None:
    packed = gzip.compress(WHOLE.encode())
    (folder / "train_FD002.txt").unlink()
    (folder / "train_FD002.txt.gz").write_bytes(packed[:-12])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda folder: (folder / "train_FD001.txt").write_text(row(1) + row(2).replace("0.5", "x", 1)),
            r"train_FD001\.txt.*line 2.*column 3",
        ),
        # How a cut file is read, tests/unit/scenarios/test_turbofan_data.py tells too.
        pytest.param(cut_short, r"train_FD002\.txt\.gz", marks=pytest.mark.long),
    ],
    ids=["no number", "truncated gzip"],
)
def test_bad_data_is_named_by_file_line_and_column(
    tmp_path: Path, change: Callable[[Path], object], sentence: str
) -> None:
    """Exit code 2 and one sentence; the run's journal is kept, and nothing is left running."""
    (tmp_path / "data").mkdir()
    folder = turbofan(tmp_path / "data", change=change)
    arguments = ("run", "turbofan-endpoint", "--backend", "moto", "--data", str(folder), "--json")
    ended = harness(*arguments, cwd=tmp_path)

    assert ended.code == 2, ended.err
    assert re.search(sentence, ended.document["error"])
    assert "\n" not in ended.document["error"]
    assert ended.document["verdict"] == "invalid"
    assert (Path(ended.document["run_dir"]) / JOURNAL).stat().st_size
    assert none_left(ended.pid)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("scenario = (", "mine.py:1 cannot be loaded: SyntaxError"),
        ("x = 1", "mine.py has no `scenario = "),
    ],
)
def test_a_broken_scenario_file_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    """Exit code 2, and no run directory for it."""
    (tmp_path / "mine.py").write_text(text)
    ended = harness("run", "mine.py", "--json", cwd=tmp_path)
    assert (ended.code, ended.document["exit_code"]) == (2, 2)
    assert sentence in ended.document["error"]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--backend", "nimbus"), 2, "Unknown backend 'nimbus'; choose embedded, moto"),
        (("--backend", "http://127.0.0.1:1"), 3, "nothing answers at http://127.0.0.1:1"),
        (("--runs", "a-file"), 3, "cannot be made: Not a directory; name a place with --runs"),
    ],
)
def test_an_environment_that_cannot_work_is_told(
    tmp_path: Path, arguments: tuple[str, str], code: int, sentence: str
) -> None:
    """What is missing and the way out; what was begun is kept as an invalid run."""
    (tmp_path / "a-file").touch()
    ended = harness("run", TINY, *arguments, "--json", "--no-report", cwd=tmp_path)
    assert (ended.code, ended.document["exit_code"]) == (code, code), ended.err
    assert sentence in ended.document["error"]
    assert none_left(ended.pid)
    for summary in tmp_path.glob(f"runs/*/2*/{SUMMARY}"):
        assert json.loads(summary.read_text())["verdict"] == "invalid"


@pytest.mark.long
def test_doctor_reports_credentials_that_it_ignores(tmp_path: Path) -> None:
    """By their names, never their values."""
    env = {"AWS_PROFILE": "no-such-profile", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/EXAMPLE"}
    ended = harness("doctor", "--backend", "moto", "--json", cwd=tmp_path, env=env)
    told = [check["detail"] for check in ended.document["checks"] if check["check"] == "credentials"]

    assert ended.code == 0, ended.out
    assert "AWS_PROFILE is set in the environment and is ignored" in told
    assert "AWS_SECRET_ACCESS_KEY is set in the environment and is ignored" in told
    assert "EXAMPLE" not in ended.out
    assert {check["check"] for check in ended.document["checks"]} > {"python", "disk", "clock", "extra dask"}
    assert all(check["ok"] or check["mend"] for check in ended.document["checks"])


@pytest.mark.long
def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    """It moves while the load runs, and the results are lines below it."""
    ends = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "harness", "run", TINY, "--backend", "moto"],
        cwd=tmp_path,
        env=dict(os.environ) | {"TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.DEVNULL,
        stderr=ends[1],
    ) as command:
        os.close(ends[1])
        shown = all_of(ends[0]).decode()

    assert command.returncode == 0
    assert "\x1b[" in shown
    assert "━" in shown
    assert re.search(r"load .* sent", shown)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert re.search(r"ok +echo: error ratio +0 ratio +<= 0", plain)
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def all_of(terminal: int) -> bytes:
    """Return what is written to a pseudo-terminal until its other side is gone, which Linux tells by EIO."""
    read = b""
    with suppress(OSError):
        while piece := os.read(terminal, 4096):
            read += piece
    os.close(terminal)
    return read


def write_guide(folder: Path) -> None:
    """Write the file of the guide to writing a scenario, and what it needs beside it."""
    text = (DOCS / "how-to" / "write-a-scenario.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "my_ranker.py").write_text(code)
    (folder / "ranker.tar.gz").write_bytes(b"an artefact that echoes")


@pytest.mark.long
def test_the_guide_to_writing_a_scenario_works_word_for_word(tmp_path: Path) -> None:
    """Its file loads as it is and meets what it expects, with all its traffic: on the virtual clock."""
    write_guide(tmp_path)
    listed = harness("run", "my_ranker.py", "--variant", "none", cwd=tmp_path)
    ended = harness("run", "my_ranker.py", "--clock", "virtual", "--json", cwd=tmp_path)

    assert "Scenario 'endpoint-ramp' has no variant 'none'" in listed.err
    assert (ended.code, ended.document["verdict"]) == (0, "pass"), ended.err
    assert ended.document["load"]["completed"] > 0


@pytest.mark.long
def test_the_scenario_of_the_guide_runs_over_http(tmp_path: Path) -> None:
    """Shortened here, since its own traffic takes minutes."""
    write_guide(tmp_path)
    (tmp_path / "short.py").write_text(
        "from dataclasses import replace\n"
        "import my_ranker\n"
        "whole = my_ranker.scenario\n"
        "model = replace(whole.models[0], environment={'HARNESS_MODEL': 'echo'})\n"
        "ranker = replace(my_ranker.ranker, model=model)\n"
        "scenario = replace(\n"
        "    whole, resources=[ranker], expectations=whole.expectations[:1],\n"
        "    settle=None, clock='compressed:240',\n"
        "    workload=[replace(load, over_s=60) for load in whole.workload],\n"
        ")\n"
    )
    ended = harness("run", "short.py", "--backend", "moto", "--json", cwd=tmp_path)

    assert (ended.code, ended.document["verdict"]) == (0, "pass"), ended.err
    assert ended.document["load"]["completed"] > 0
