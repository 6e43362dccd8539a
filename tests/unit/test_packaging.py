"""The promises of the project's own files: README, CI, compose, pins."""

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_ci_calls_the_readme_command_word_for_word() -> None:
    """What CI proves is what the README promises."""
    commands = re.findall(r"^python3 -m venv .*bin/tox .*$", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert len(commands) == 1
    assert commands[0] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_every_package_of_the_top_level_is_installed() -> None:
    """`pip install` brings harness, scenarios, locustfiles and reports."""
    missing = [
        n for n in ("harness", "scenarios", "locustfiles", "reports") if importlib.util.find_spec(n) is None
    ]

    assert not missing


def test_data_files_are_declared(project: dict[str, Any]) -> None:
    """Every file that is no Python and lies in a package is in the wheel's declaration."""
    declared = project["tool"]["setuptools"]["package-data"]
    found = [
        path
        for package in ("harness", "scenarios", "locustfiles", "reports")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and "__pycache__" not in path.parts
    ]

    stray = [
        p
        for p in found
        if not any(
            p.relative_to(ROOT / p.relative_to(ROOT).parts[0]).match(glob)
            for glob in declared[p.relative_to(ROOT).parts[0]]
        )
    ]
    assert found
    assert not stray


def test_pinned_emulator_versions_agree(project: dict[str, Any]) -> None:
    """The container has the moto that the Python package allows, and MiniStack is pinned exactly."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    needs = project["project"]["dependencies"]
    image = compose["services"]["moto"]["image"]

    assert f"moto[server]>={image.partition(':')[2]},<5.3" in needs
    assert any(re.fullmatch(r"ministack==[\d.]+", need) for need in needs)


def test_compose_publishes_on_loopback_only_and_checks_health() -> None:
    """No container is reachable from outside this machine, and `--wait` has something to wait for."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    assert {profile for service in services.values() for profile in service["profiles"]} == {
        "localstack",
        "load",
        "ministack",
        "moto",
    }
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert service["healthcheck"]["test"][0] == "CMD"


def test_tox_has_the_promised_environments() -> None:
    """`tox` alone runs what is checked at each change."""
    text = (ROOT / "tox.ini").read_text()

    assert "env_list = lint, type, unit, contract, steady, e2e, chaos, scenarios" in text
