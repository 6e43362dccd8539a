"""LocalStack, and moto for what LocalStack's free edition lacks.

One that runs already (in Docker) is used; else it is started here from an environment of its own (host mode,
see localstack_install.py). Which services it really answers is asked each time: of those that its health page
lists, the ones with a probe must answer it. All the rest goes to moto.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.backends import moto
from harness.backends.composite import Member, close_all
from harness.backends.emulator import Emulator, Recipe, fetch
from harness.backends.function_probe import why_no_function_runs
from harness.backends.localstack_install import INSTALL_COMMAND, find_interpreter
from harness.backends.localstack_server import ACCOUNT_VARIABLE
from harness.backends.opening import Opened, Opening
from harness.backends.probes import QUESTIONS, ask
from harness.backends.url import ANSWER_TIMEOUT_S, HEALTH_PATH, RunningEndpoint, who_answers
from harness.config import Settings, check_endpoint
from harness.errors import EnvironmentFault
from harness.loopback import LOOPBACK

START_COMMAND = "docker compose --profile localstack up -d --wait"
NAME = "localstack"
# Its alarms decide by themselves after one period; here the harness decides them (docs/explanation).
HARNESS_DECIDES = ("monitoring",)
# Instances, groups and load balancers share one network, so they are answered by one emulator.
TOGETHER = ("ec2", "autoscaling", "elasticloadbalancing")
# Names on the health page that are not what clients sign with; a service absent here has one name.
SIGNED_AS: Mapping[str, str] = MappingProxyType(
    {
        "cloudwatch": "monitoring",
        "dynamodbstreams": "dynamodb",
        "opensearch": "es",
        "resourcegroupstaggingapi": "tagging",
        "s3control": "s3",
        "stepfunctions": "states",
    }
)
# A call without a signature names no service: a presigned or public object, a queue's URL in a browser.
UNSIGNED = ""


def recipe(settings: Settings, interpreter: Path) -> Recipe:
    """Return how to run LocalStack with *interpreter*, that of an environment in which it is installed."""

    def variables(port: int, scratch: Path) -> Mapping[str, str]:
        return {
            "GATEWAY_LISTEN": f"{LOOPBACK}:{port}",
            # What it puts into addresses that it hands out; its default is a public host name.
            "LOCALSTACK_HOST": f"{LOOPBACK}:{port}",
            # A queue's URL has the address that the caller used, so that it leads through the gateway.
            "SQS_ENDPOINT_STRATEGY": "dynamic",
            # Off by default: messages would never expire.
            "SQS_ENABLE_MESSAGE_RETENTION_PERIOD": "1",
            ACCOUNT_VARIABLE: settings.account_id,
            "MOTO_ACCOUNT_ID": settings.account_id,
            "FILESYSTEM_ROOT": str(scratch / NAME),
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DISABLE_EVENTS": "1",
            # No name server; it would listen on port 53.
            "DNS_ADDRESS": "0",
            "LS_LOG": "warn",
            # Compiled once, it is ready in 1 s instead of 5; whoever forbids it means his own folders.
            "PYTHONDONTWRITEBYTECODE": "",
        }

    return Recipe(
        name=NAME,
        distribution="localstack-core",
        module="harness.backends.localstack_server",
        ready_path=HEALTH_PATH,
        variables=variables,
        python=str(interpreter),
        patience=3.0,
        read_version=lambda answer: who_answers(answer)[1],
    )


def open_localstack(opening: Opening) -> Opened:
    """Use the LocalStack that runs, or start one; an Opener.

    A clock that is put forward works only in one that we start. Raises EnvironmentFault with the ways to get
    one when there is none.
    """
    running = None if opening.clock_shift else running_localstack(opening.settings)
    if running is not None:
        return _beside_moto(running, opening.in_account(running.account_id(opening.settings)))
    started = opening.spawn(recipe(opening.settings, _interpreter(opening.settings)))
    return _beside_moto(started, opening)


def running_localstack(settings: Settings) -> RunningEndpoint | None:
    """Return the first LocalStack that answers where *settings* say one may run, or None."""
    for url in settings.localstack_urls:
        try:
            found = RunningEndpoint(check_endpoint(url, settings.allowed_endpoints))
        except EnvironmentFault:  # nobody is there
            continue
        if found.name == NAME:
            return found
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """Whether a LocalStack can be used here, and which one or how to get one."""

    there: bool
    sentence: str


def describe(settings: Settings) -> Found:
    """Return what `--backend localstack` would use, without starting it.

    Raises HarnessError for an address that is not allowed or an interpreter that is none.
    """
    running = running_localstack(settings)
    if running is not None:
        at = running.address
        return Found(True, f"{running.version} runs at http://{at.host}:{at.port}")
    interpreter = find_interpreter(settings)
    if interpreter is not None:
        return Found(True, f"host mode, by {interpreter}")
    return Found(False, f"not found; optional: `{START_COMMAND}`, or `{INSTALL_COMMAND}`")


def _interpreter(settings: Settings) -> Path:
    found = find_interpreter(settings)
    if found is None:
        asked = " and ".join(settings.localstack_urls)
        raise EnvironmentFault(
            f"LocalStack neither answers at {asked} nor is installed; "
            f"run `{START_COMMAND}`, or `{INSTALL_COMMAND}`, or take another --backend"
        )
    return found


def _beside_moto(localstack: Emulator | RunningEndpoint, opening: Opening) -> Opened:
    members: list[Member] = [localstack]
    try:
        helper = opening.spawn(moto.recipe(opening.settings))
        members.append(helper)
        if isinstance(localstack, Emulator):
            localstack.await_ready()
        region = opening.settings.region
        table: dict[str, Member] = dict.fromkeys(_answered(localstack, region), localstack)
        lacks = {"lambda": why_no_function_runs(localstack.address, region)} if "lambda" in table else {}
        helper.await_ready()
    except BaseException:
        close_all(members)
        raise
    # LocalStack's list is complete, so that moto is the one to ask for what is not on it.
    return Opened(
        tuple(members),
        helper,
        table | {UNSIGNED: localstack},
        opening.settings.account_id,
        lacks={service: reason for service, reason in lacks.items() if reason},
    )


def _answered(localstack: Member, region: str) -> list[str]:
    """Return the signing names that *localstack* is to answer."""
    address = localstack.address
    _, page = fetch(address, HEALTH_PATH, ANSWER_TIMEOUT_S)
    listed = services_on(page)
    apart = {*HARNESS_DECIDES, *(() if listed.issuperset(TOGETHER) else TOGETHER)}
    asked = listed - apart
    return [name for name in sorted(asked) if name not in QUESTIONS or ask(name, address, region=region).ok]


def services_on(page: bytes) -> set[str]:
    """Return the signing names of the services that a health page has and does not call disabled."""
    try:
        states: Mapping[str, str] = json.loads(page)["services"]
        listed: Iterable[str] = [name for name, state in states.items() if state not in ("disabled", "error")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentFault(f"LocalStack's health page lists no services: {page[:80]!r}") from error
    return {SIGNED_AS.get(name, name) for name in listed}
