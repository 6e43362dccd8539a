"""The projects in examples/, copied out of this repository, pass their tests with the installed package.

The quick one runs always, all of them in `tox -e long`.
"""

import importlib.resources
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import harness
from jsonschema import validate

EXAMPLES = Path(__file__).parents[2] / "examples"
PROJECTS = ("fraud-scoring", "one-template")


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the project that the test's parameter names, outside of this checkout."""
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / request.param))


def run_tests(project: Path, *words: str) -> str:
    """Run the project's own tests there and return what pytest told; fail where they do."""
    command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-q", *words]
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))
    }
    ended = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize("copied", ["one-template"], indirect=True)
def test_one_template_and_its_tests(copied: Path) -> None:
    """A second of virtual time; no file is left beside the project's own."""
    before = {path.name for path in copied.iterdir()}
    assert "3 passed" in run_tests(copied)
    assert {path.name for path in copied.iterdir()} == before


@pytest.mark.long
@pytest.mark.parametrize("copied", ["fraud-scoring"], indirect=True)
def test_a_team_s_project(copied: Path) -> None:
    """Handler, scaling and the whole stack, under xdist as its workflow runs them."""
    assert "6 passed" in run_tests(copied, "-n", "2")


@pytest.mark.long
@pytest.mark.parametrize("copied", ["fraud-scoring"], indirect=True)
def test_the_commands_of_its_workflow(copied: Path) -> None:
    """`harness audit` and `harness run` as the workflow has them, with what they leave."""
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(copied / "summary.md")}
    for words in _harness_commands(copied):
        ended = harness(*words, cwd=copied, env=github | {"GITHUB_WORKSPACE": str(copied)})
        assert ended.code == 0, ended.err
    assert (copied / "summary.md").read_text().startswith("## Rehearsal: 1 pass")
    for name in ("audit.sarif", "rehearsal.sarif"):
        assert json.loads((copied / name).read_text())["version"] == "2.1.0"
    assert "<testsuites" in (copied / "junit.xml").read_text()


def _harness_commands(project: Path) -> list[list[str]]:
    steps = [step for job in _workflow(project)["jobs"].values() for step in job["steps"]]
    lines = [str(step.get("run", "")).split() for step in steps]
    return [words[1:] for words in lines if words[:1] == ["harness"]]


def _workflow(project: Path) -> Any:
    return yaml.safe_load((project / ".github/workflows/rehearse.yml").read_text())


@pytest.mark.parametrize("name", PROJECTS)
def test_workflows_hold_to_githubs_schema(name: str) -> None:
    """What is copied works."""
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "github-workflows.json").read_text(encoding="utf-8"))
    text = (EXAMPLES / name / ".github/workflows/rehearse.yml").read_text()
    # YAML 1.1 takes the key `on` for a boolean; GitHub does not.
    validate(yaml.safe_load(re.sub("^on:", '"on":', text, flags=re.MULTILINE)), schema)


@pytest.mark.parametrize("name", PROJECTS)
def test_projects_ask_for_the_package_alone(name: str) -> None:
    """A project is one of its own: nothing in it points into this repository."""
    project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text())
    assert "aws-ml-rehearsal-harness" in project["project"]["optional-dependencies"]["test"]
    files = [
        path for path in (EXAMPLES / name).rglob("*") if path.is_file() and "__pycache__" not in str(path)
    ]
    assert not [path for path in files if "../../.." in path.read_text() or "tests.e2e" in path.read_text()]


def test_the_hooks_of_pre_commit_are_a_command_that_is_there() -> None:
    """`.pre-commit-hooks.yaml`: what they run audits the files that it is given."""
    hooks = yaml.safe_load((EXAMPLES.parent / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"]: hook["language"] for hook in hooks} == {
        "harness-audit": "python",
        "harness-audit-installed": "system",
    }
    assert all(re.search(hook["files"], "infra/template.yaml") for hook in hooks)
    [entry] = {hook["entry"] for hook in hooks}
    command, *words = entry.split()
    assert command == "harness"
    ended = harness(*words, str(EXAMPLES / "one-template" / "template.yaml"), cwd=EXAMPLES)
    assert ended.code == 0, ended.err
