"""docker-compose.yml: valid, and every service keeps what its first lines promise."""

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# A tag that names one release: 5.2.5, 3.11.11-slim-bookworm
PINNED = re.compile(r"^[\w./-]+:\d+\.\d+\.\d+[\w.-]*$")

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())


def unset(text: str) -> str:
    """Return *text* as Compose reads it where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def test_it_is_valid_by_the_compose_specification() -> None:
    """No key that Compose does not know, no value of a wrong type."""
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text())

    jsonschema.validate(COMPOSE, schema)


@every_service
def test_nothing_starts_unless_it_is_asked_for(service: dict[str, Any]) -> None:
    """Each service belongs to one profile, which its users name."""
    assert len(service["profiles"]) == 1


@every_service
def test_nothing_is_reached_from_another_machine(service: dict[str, Any]) -> None:
    """A published port is on loopback; who shares the host's network listens there unless told otherwise."""
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    if service.get("network_mode") == "host":
        assert "ports" not in service
        command = [unset(argument) for argument in service["command"]]
        listens = [argument for argument in command if re.match("--(web|master-bind)-host", argument)]
        masters = [argument for argument in command if argument == "--master"]
        assert [argument.partition("=")[2] for argument in listens] == ["127.0.0.1"] * 2 * len(masters)


@every_service
def test_up_wait_has_something_to_wait_for(service: dict[str, Any]) -> None:
    """A health check that gives a slow machine a minute."""
    health = service["healthcheck"]

    assert health["test"][0] == "CMD"
    assert int(health["interval"].rstrip("s")) * health["retries"] >= 60


@every_service
def test_it_ends_when_it_is_told_to(service: dict[str, Any]) -> None:
    """A first process that hands signals on, and no restart behind the user's back."""
    assert (service["init"], service["restart"]) == (True, "no")


@every_service
def test_the_image_is_one_release(service: dict[str, Any]) -> None:
    """What was tested is what starts: a tag of three numbers, or built from one."""
    build = service.get("build")
    image = (
        service["image"] if build is None else re.findall("^FROM (.*)$", build["dockerfile_inline"], re.M)[0]
    )

    assert PINNED.match(image)


@every_service
def test_no_service_gets_power_over_the_machine(service: dict[str, Any]) -> None:
    """No privileges, no folder of the host, no Docker socket."""
    assert not {"privileged", "cap_add", "volumes", "devices", "pid"} & set(service)


def test_the_commands_at_the_top_name_profiles_and_ports_that_exist() -> None:
    """Every profile is explained, and its address is the published one."""
    profiles = {profile for service in SERVICES.values() for profile in service["profiles"]}
    comment = TEXT.partition("x-health")[0]
    published = {port.split(":")[1] for service in SERVICES.values() for port in service.get("ports", [])}

    assert set(re.findall(r"--profile (\w+) up -d --wait", comment)) == profiles
    assert set(re.findall(r"--backend http://127\.0\.0\.1:(\d+)", comment)) < published


def test_emulators_are_of_the_releases_that_the_package_pins() -> None:
    """MiniStack in a container is the embedded backend's; moto is of the release it was probed at."""
    project = (ROOT / "pyproject.toml").read_text()
    release = SERVICES["moto"]["image"].partition(":")[2]

    assert f'"ministack=={SERVICES["ministack"]["image"].partition(":")[2]}"' in project
    assert f'"moto[server]>={release},' in project


def test_a_worker_on_another_host_needs_two_addresses() -> None:
    """What it reaches is named by HARNESS_MASTER and HARNESS_GATEWAY; who names the gateway allows it."""
    command = SERVICES["locust-worker"]["command"]
    given = dict(argument.split("=", 1) for argument in command if "=" in argument)

    assert given["--master-host"] == "${HARNESS_MASTER:-127.0.0.1}"
    assert given["--host"] == given["--allow-endpoint"] == "${HARNESS_GATEWAY:-http://127.0.0.1:4566}"
    assert "127.0.0.1" not in re.sub(
        r"\$\{HARNESS_(MASTER|GATEWAY):-[^}]*\}", "", str(SERVICES["locust-worker"])
    )
