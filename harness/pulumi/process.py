"""The process a Pulumi program runs in, and the questions it asks."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.config import neutral_environment
from harness.errors import EnvironmentFault, ScenarioError
from harness.pulumi.project import Project

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Answers a question of the program: {"id", "outputs"} for a resource, {"result"} for a call."""

PATIENCE_S = 120.0
CHILD = Path(__file__).with_name("child.py")
# Where nobody listens: a program that speaks to AWS by itself does not reach it.
NOWHERE = "http://127.0.0.1:9"


def run_program(
    project: Project,
    answer: Answer,
    *,
    endpoint_url: str = NOWHERE,
    region: str,
    patience_s: float = PATIENCE_S,
) -> dict[str, Any]:
    """Run the program and return what it exports.

    ScenarioError tells what the program raised and where; EnvironmentFault, that `pulumi` is not installed.
    """
    questions, to_us = os.pipe()
    from_us, answers = os.pipe()
    told = json.dumps({"project": project.name, "stack": project.stack, "config": dict(project.config)})
    process = subprocess.Popen(
        [project.python, str(CHILD), str(project.program), str(from_us), str(to_us), told],
        cwd=project.folder,
        env=_environment(endpoint_url, region),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(from_us, to_us),
        start_new_session=True,
    )
    os.close(from_us)
    os.close(to_us)
    said: list[bytes] = []
    reader = threading.Thread(target=_read, args=(process, said), daemon=True)
    reader.start()
    timer = threading.Timer(patience_s, process.kill)
    timer.start()
    try:
        end = _converse(questions, answers, answer)
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        reader.join()
    if end is None:
        raise _ended(project, b"".join(said).decode("utf-8", "replace"), patience_s)
    if "error" in end:
        raise ScenarioError(f"{end['error']}; the program {project.program} ended with it")
    exported: dict[str, Any] = end["exports"]
    return exported


def _environment(endpoint_url: str, region: str) -> dict[str, str]:
    return neutral_environment() | {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _read(process: "subprocess.Popen[bytes]", said: list[bytes]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        said.extend(output)


def _converse(questions: int, answers: int, answer: Answer) -> dict[str, Any] | None:
    """Answer until the program ends; return its last message, None where it has sent none."""
    with open(questions, encoding="utf-8") as asked, open(answers, "w", encoding="utf-8") as told:
        for line in asked:
            question: dict[str, Any] = json.loads(line)
            if question["ask"] in ("done", "failed"):
                return question
            try:
                reply = dict(answer(question))
            except ScenarioError as error:
                reply = {"error": str(error)}
            told.write(json.dumps(reply) + "\n")
            told.flush()
    return None


def _ended(project: Project, said: str, patience_s: float) -> Exception:
    if "No module named 'pulumi'" in said:
        return EnvironmentFault(
            f"{project.python} has no `pulumi`; install it with the extra: "
            "pip install 'aws-ml-rehearsal-harness[pulumi]'"
        )
    last = said.strip().splitlines()[-1:] or [f"nothing was heard from it within {patience_s:g} s"]
    return ScenarioError(f"{project.program}: the program ended before its end: {last[0]}")
