"""What a program gets, and what its process leaves when it is over."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from harness.program import RESULT_CHARACTERS, Context, Job, main
from harness.scenario import Queue, Scenario, Topic, find

SCENARIO = """
import numpy
from harness.errors import ScenarioError
from harness.scenario import Program, Queue, Scenario, result

def figures(context):
    return {"rank": context.rank, "of": context.processes, "mean": numpy.float64(0.5), "seed": context.seed}

def cannot(context):
    raise ScenarioError("The data is empty")

def no_json(context):
    return {"scenario": context.scenario}

functions = {
    "figures": figures,
    "nothing": lambda context: None,
    "cannot": cannot,
    "list": lambda context: [1],
    "too-much": lambda context: {"rows": "x" * 200_000},
    "no-number": lambda context: {"rmse": float("nan")},
    "no-json": no_json,
}
scenario = Scenario(
    "s",
    "d",
    [Queue("q")],
    [result("figures", "rank").at_least(0)],
    programs=[Program(name, function) for name, function in functions.items()],
)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a scenario with programs of every kind."""
    found = tmp_path / "of_every_kind.py"
    found.write_text(SCENARIO)
    return found


def job(path: Path, name: str = "figures", **more: Any) -> Job:
    folder = path.parent
    given: dict[str, Any] = {
        "scenario": str(path),
        "variant": "corrected",
        "kind": "program",
        "name": name,
        "endpoint_url": "http://127.0.0.1:9",
        "region": "eu-west-1",
        "account": "123456789012",
        "seed": 7,
        "speed": 60.0,
        "clock_zero": time.monotonic(),
        "data": "",
        "work_dir": str(folder),
        "result": str(folder / "result.json"),
        "progress": str(folder / "progress.json"),
        "ready": str(folder / "ready"),
    }
    return Job(**given | more)


def outcome(path: Path, name: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return the exit code and what is in the result's file after the program *name*."""
    file = path.parent / "job.json"
    job(path, name, **more).write(file)
    code = main([str(file)])
    found: dict[str, Any] = json.loads((path.parent / "result.json").read_text())
    return code, found


def context(path: Path, **more: Any) -> Context:
    scenario: Scenario = find(str(path))
    return Context(job(path, **more), scenario)


def test_what_a_program_returns_is_left_as_plain_figures(path: Path) -> None:
    """Numpy's among them; a program may return nothing."""
    code, found = outcome(path, "figures", rank=2, processes=4)
    assert (code, found) == (0, {"result": {"rank": 2, "of": 4, "mean": 0.5, "seed": 7}})
    assert outcome(path, "nothing") == (0, {"result": {}})


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("cannot", "scenario", "The data is empty"),
        ("list", "program", "TypeError: the program 'list' returned list, where Mapping is wanted"),
        ("too-much", "program", f"and a result has {RESULT_CHARACTERS} at most: return figures"),
        ("no-number", "program", "ValueError: Out of range float values are not JSON compliant"),
        ("no-json", "program", "is no value that can be written down: return numbers and text"),
    ],
)
def test_a_program_that_fails_leaves_its_reason(path: Path, name: str, kind: str, sentence: str) -> None:
    """What the scenario itself cannot do is told apart."""
    code, found = outcome(path, name)
    assert (code, found["kind"]) == (1, kind)
    assert sentence in found["error"]


def test_names_become_addresses_without_a_call(path: Path) -> None:
    """A role that may only receive need not be allowed GetQueueUrl; FIFO names end as AWS has it."""
    here = context(path)
    assert here.queue_url(Queue("q", fifo=True)) == "http://127.0.0.1:9/123456789012/q.fifo"
    assert here.queue_url("q") == "http://127.0.0.1:9/123456789012/q"
    assert here.topic_arn(Topic("t")) == "arn:aws:sns:eu-west-1:123456789012:t"
    assert here.topic_arn("t.fifo") == "arn:aws:sns:eu-west-1:123456789012:t.fifo"
    assert here.arn(Queue("q")) == "arn:aws:sqs:eu-west-1:123456789012:q"
    assert here.arn("arn:aws:logs:{region}:{account}:*") == "arn:aws:logs:eu-west-1:123456789012:*"


def test_clients_sign_with_what_the_process_was_given(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The role's temporary credentials, by every way to a client, in the run's region."""
    for name, value in {"ACCESS_KEY_ID": "ASIA1", "SECRET_ACCESS_KEY": "s", "SESSION_TOKEN": "t"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    here = context(path)
    for client in (here.client("sqs", attempts=3), here.session.client("sqs")):
        signs = client._request_signer._credentials
        assert (signs.access_key, signs.token) == ("ASIA1", "t")
        assert (client.meta.region_name, client.meta.endpoint_url) == ("eu-west-1", "http://127.0.0.1:9")
        client.close()
    assert here.session.resource("sqs").meta.client.meta.endpoint_url == "http://127.0.0.1:9"


def test_a_context_knows_the_time_and_that_nobody_has_asked(path: Path) -> None:
    """Model seconds of the run, at its speed."""
    here = context(path, clock_zero=time.monotonic() - 2.0)
    assert 120.0 <= here.now() < 180.0
    assert not here.stopping
    here.wait_model_s(0.6)
    here.ready()
    assert (path.parent / "ready").exists()


def test_progress_is_told_often_enough(path: Path) -> None:
    """The last step is always told."""
    here = context(path)
    here.progress(1, 10)
    here.progress(2, 10)
    assert json.loads((path.parent / "progress.json").read_text()) == [1, 10]
    here.progress(10, 10)
    assert json.loads((path.parent / "progress.json").read_text()) == [10, 10]


def test_the_guide_s_example_is_a_scenario(tmp_path: Path) -> None:
    """What people copy from it can be declared."""
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-program.md"
    example = tmp_path / "resize.py"
    example.write_text(guide.read_text().split("```python\n")[1].split("```")[0])
    scenario = find(str(example))
    assert [program.name for program in scenario.programs] == ["send", "work"]
