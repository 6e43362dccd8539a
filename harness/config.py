"""What this machine and its user ask for, read once: environment variables and flags become one `Settings`.

Real AWS credentials have no place in a rehearsal. Nothing here, or built from here, sends them anywhere:
every client signs with the fake pair `test` / `test`, and what the environment holds is only listed
(`ignored_credentials`), so that `harness doctor` can say that it was seen and not used.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TextIO
from urllib.parse import SplitResult, urlsplit

from harness.addresses import is_aws
from harness.addresses import is_loopback as is_loopback
from harness.errors import ScenarioError

DEFAULT_REGION = "us-east-1"
# The account of AWS's own documentation; moto's default as well.
DEFAULT_ACCOUNT_ID = "123456789012"
ACCESS_KEY = "test"
SECRET_KEY = "test"
DEFAULT_BACKEND = "embedded"
DEFAULT_RUNS_DIR = Path("runs")
# Where `docker compose --profile localstack up` publishes it, as LocalStack's own command line does.
LOCALSTACK_URL = "http://127.0.0.1:4566"
# LocalStack's documentation gives this name, which public name servers resolve to 127.0.0.1.
LOCALSTACK_PUBLIC_NAME = "localhost.localstack.cloud"
# The emulators answer after about a second; a machine that is 20 times slower is still waited for.
READY_TIMEOUT_S = 20.0

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
# AWS SDKs and Tools reference, "Service-specific endpoints": the suffix is the service id in capitals with
# underscores. Mostly the signing name is the same word without underscores; these are the ones that differ.
SIGNING_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "APIGATEWAYV2": "apigateway",
        "APPLICATION_AUTO_SCALING": "application-autoscaling",
        "CLOUDWATCH": "monitoring",
        "CLOUDWATCH_LOGS": "logs",
        "DYNAMODB_STREAMS": "dynamodb",
        "ELASTIC_LOAD_BALANCING": "elasticloadbalancing",
        "ELASTIC_LOAD_BALANCING_V2": "elasticloadbalancing",
        "EVENTBRIDGE": "events",
        "SAGEMAKER_METRICS": "sagemaker",
        "SAGEMAKER_RUNTIME": "sagemaker",
        "SFN": "states",
    }
)
# Whoever holds one of these may reach a real account: SDKs and Tools reference, "Credential providers".
CREDENTIAL_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)
NEUTRAL_VARIABLES = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONDONTWRITEBYTECODE",
)
# What libraries and tools would tell their makers of whoever uses them, switched off by each one's own word.
# onnxruntime 1.29 and later report processes, models and sessions to Microsoft unless the first is set before
# they are loaded (its docs/Privacy.md); the second is what many others look for (consoledonottrack.com).
NO_TELEMETRY: Mapping[str, str] = MappingProxyType(
    {"ORT_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "PULUMI_SKIP_UPDATE_CHECK": "true"}
)
# What has no cursor to move; without TERM nobody knows.
DUMB_TERMINALS = frozenset({"", "dumb", "unknown"})
FAKE_VALUES = frozenset({"", ACCESS_KEY, DEFAULT_ACCOUNT_ID})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What AWS calls are signed with: by default the fake pair, which the emulators take for the account."""

    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    session_token: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One HTTP address: `host` without brackets, `port`, and the `url` that names both."""

    host: str
    port: int
    url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment and the flags decide, validated; passed on instead of being read again."""

    runs_dir: Path = DEFAULT_RUNS_DIR
    backend: str = DEFAULT_BACKEND
    region: str = DEFAULT_REGION
    account_id: str = DEFAULT_ACCOUNT_ID
    # signing name -> address, from AWS_ENDPOINT_URL_<SERVICE>
    service_endpoints: Mapping[str, Endpoint] = field(default_factory=lambda: MappingProxyType({}))
    allowed_endpoints: tuple[str, ...] = ()
    ready_timeout_s: float = READY_TIMEOUT_S
    # where a LocalStack may be running, the likeliest first
    localstack_urls: tuple[str, ...] = (LOCALSTACK_URL,)
    # HARNESS_LOCALSTACK_PYTHON: the interpreter of an environment in which LocalStack is installed
    localstack_python: Path | None = None
    # for what is made once and used by many runs
    cache_dir: Path = field(default_factory=lambda: _cache_dir(os.environ))
    # sentences for `harness doctor`; never a value, only names
    ignored: tuple[str, ...] = ()


def read_settings(
    environ: Mapping[str, str] | None = None,
    *,
    backend: str | None = None,
    runs_dir: Path | None = None,
    allowed_endpoints: Sequence[str] = (),
) -> Settings:
    """Read the environment once and let the flags win.

    `backend` is the flag: a backend's name or a URL. Without it the AWS order holds:
    AWS_ENDPOINT_URL_<SERVICE> for its service, AWS_ENDPOINT_URL for the rest, else the embedded backend.
    With it neither is looked at. Raises ScenarioError for an address that is malformed or not allowed.
    """
    env = os.environ if environ is None else environ
    allowed = tuple(allowed_endpoints)
    services: dict[str, Endpoint] = {}
    if backend is None and env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        backend = env.get(ENDPOINT_VARIABLE) or None
        services = _service_endpoints(env, allowed)
    chosen = backend or DEFAULT_BACKEND
    if "://" in chosen:
        check_endpoint(chosen, allowed)
    return Settings(
        runs_dir=runs_dir or Path(env.get("HARNESS_RUNS_DIR") or DEFAULT_RUNS_DIR),
        backend=chosen,
        region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or DEFAULT_REGION,
        service_endpoints=MappingProxyType(services),
        allowed_endpoints=allowed,
        localstack_urls=_localstack_urls(env),
        localstack_python=_localstack_python(env),
        cache_dir=_cache_dir(env),
        ignored=ignored_credentials(env),
    )


def check_endpoint(url: str, allowed: Sequence[str] = ()) -> Endpoint:
    """Return the address that *url* names, if a rehearsal may speak to it.

    Loopback is always allowed, AWS itself never; anything else only when *allowed* names its URL, its host or
    its host:port. Raises ScenarioError otherwise, and for a URL that is not plain HTTP or holds credentials.
    """
    if is_aws(_split(url).hostname or ""):
        raise ScenarioError(
            f"Endpoint {url} is AWS itself, to which no rehearsal speaks; leave it out, and an emulator here "
            "answers"
        )
    endpoint = _parse(url)
    names = {endpoint.host, f"{endpoint.host}:{endpoint.port}", endpoint.url, url, url.rstrip("/")}
    if is_loopback(endpoint.host) or names & {entry.rstrip("/") for entry in allowed}:
        return endpoint
    raise ScenarioError(
        f"Endpoint {url} is not on this machine; name it with --allow-endpoint {endpoint.host} "
        "if calls may really leave it"
    )


def ignored_credentials(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return one sentence for each real-looking credential source that was found and is not used."""
    env = os.environ if environ is None else environ
    found = [name for name in CREDENTIAL_VARIABLES if env.get(name, "") not in FAKE_VALUES]
    home = Path(env["HOME"]) if env.get("HOME") else None
    files = [home / ".aws" / name for name in ("credentials", "config")] if home else []
    sentences = [f"{name} is set in the environment and is ignored" for name in found]
    return tuple(sentences + [f"{path} exists and is not read" for path in files if path.is_file()])


def process_environment() -> dict[str, str]:
    """Return a copy of this process's whole environment, for a child that is the user's own program."""
    return {**os.environ, **NO_TELEMETRY}


def neutral_environment() -> dict[str, str]:
    """Return the few variables that any program needs to start, none of which is about AWS or a network."""
    kept = {name: os.environ[name] for name in NEUTRAL_VARIABLES if name in os.environ}
    return {**kept, **NO_TELEMETRY}


def program_environment(
    endpoint_url: str, settings: Settings, credentials: Credentials | None = None
) -> dict[str, str]:
    """Return the whole environment of a program: any AWS client in it speaks to *endpoint_url* alone.

    Its calls are signed with *credentials*, the account's own by default. Nothing of the user's AWS settings
    or proxies is in it, so that no real credential can be picked up there and no call can leave the machine.
    What it prints is in its log at once, so that a program that is killed leaves all that it said.
    """
    signs = credentials or Credentials()
    token = {"AWS_SESSION_TOKEN": signs.session_token} if signs.session_token else {}
    foreign = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
    return kept | {
        **NO_TELEMETRY,
        ENDPOINT_VARIABLE: endpoint_url,
        "AWS_ACCESS_KEY_ID": signs.access_key,
        "AWS_SECRET_ACCESS_KEY": signs.secret_key,
        **token,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def terraform_settings(mirrors: Sequence[str]) -> tuple[Path | None, tuple[str, ...]]:
    """Return the user's own settings of Terraform's, if any, and the folders that *mirrors* name."""
    own = os.environ.get("TF_CLI_CONFIG_FILE", "")
    named = tuple(os.environ[name] for name in mirrors if os.environ.get(name))
    return (Path(own) if own and Path(own).is_file() else None), named


def own_credentials() -> Credentials:
    """Return what `program_environment` gave the program that this process is."""
    return Credentials(
        os.environ.get("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        os.environ.get("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        os.environ.get("AWS_SESSION_TOKEN") or None,
    )


def typed_at_tab() -> str | None:
    """Return the line that a shell asks to complete, None where none does (argcomplete's protocol)."""
    return os.environ.get("COMP_LINE", "") if "_ARGCOMPLETE" in os.environ else None


def draws_on(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether *stream* takes tables and colours: a terminal that is not dumb, or whoever forces it.

    NO_COLOR only takes the colours away, which whatever draws sees to itself.
    """
    env = os.environ if environ is None else environ
    return bool(env.get("FORCE_COLOR")) or moves_on(stream, env)


def moves_on(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether a bar can move on *stream*: only on a terminal that knows how to go back."""
    env = os.environ if environ is None else environ
    try:
        return stream.isatty() and env.get("TERM", "").lower() not in DUMB_TERMINALS
    except ValueError:  # it was closed
        return False


@dataclass(frozen=True, slots=True)
class GitHub:
    """What GitHub Actions tells a step: whether it runs there, its summary's file, the checkout's folder.

    GitHub, "Variables reference", default environment variables.
    """

    is_here: bool = False
    summary: Path | None = None
    workspace: Path | None = None


def github(environ: Mapping[str, str] | None = None) -> GitHub:
    """Return what GitHub Actions tells this step; all empty elsewhere."""
    env = os.environ if environ is None else environ
    if env.get("GITHUB_ACTIONS") != "true":
        return GitHub()
    summary, workspace = env.get("GITHUB_STEP_SUMMARY"), env.get("GITHUB_WORKSPACE")
    return GitHub(True, Path(summary) if summary else None, Path(workspace) if workspace else None)


def _localstack_urls(env: Mapping[str, str]) -> tuple[str, ...]:
    """AWS_ENDPOINT_URL, LOCALSTACK_HOST (HOST or HOST:PORT, as its clients read it), its usual address."""
    host, _, port = env.get("LOCALSTACK_HOST", "").partition(":")
    host = "127.0.0.1" if host == LOCALSTACK_PUBLIC_NAME else host
    named = f"http://{host}:{port or 4566}" if host else ""
    return tuple(dict.fromkeys(filter(None, (env.get(ENDPOINT_VARIABLE, ""), named, LOCALSTACK_URL))))


def _localstack_python(env: Mapping[str, str]) -> Path | None:
    given = env.get("HARNESS_LOCALSTACK_PYTHON")
    # Not resolved: an environment's interpreter is a link, and the link's own place is what counts.
    return Path(given).expanduser().absolute() if given else None


def _cache_dir(env: Mapping[str, str]) -> Path:
    """XDG Base Directory Specification: $XDG_CACHE_HOME, else ~/.cache."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aws-ml-rehearsal-harness"


def _service_endpoints(env: Mapping[str, str], allowed: Sequence[str]) -> dict[str, Endpoint]:
    prefix = ENDPOINT_VARIABLE + "_"
    found = sorted((name, url) for name, url in env.items() if name.startswith(prefix) and url)
    return {signing_name(name.removeprefix(prefix)): check_endpoint(url, allowed) for name, url in found}


def signing_name(suffix: str) -> str:
    """Return the SigV4 service name for the end of an AWS_ENDPOINT_URL_<SERVICE> variable."""
    return SIGNING_NAMES.get(suffix, suffix.replace("_", "").lower())


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise ScenarioError(f"Endpoint {url!r} is no address ({error}); give http://HOST:PORT") from error


def _parse(url: str) -> Endpoint:
    parts = _split(url)
    try:
        port = parts.port
    except ValueError as error:
        raise ScenarioError(f"Endpoint {url!r}: the port is not a number between 0 and 65535") from error
    if parts.scheme != "http" or not parts.hostname:
        raise ScenarioError(
            f"Endpoint {url!r} is not an http:// address; give one like http://127.0.0.1:4566"
        )
    if parts.username is not None or parts.password is not None:
        raise ScenarioError("An endpoint must not hold a user name or password; give http://HOST:PORT alone")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ScenarioError(f"Endpoint {url!r} has a path; give http://HOST:PORT alone")
    # Not every resolver knows that such a name is this machine: some would ask a name server elsewhere.
    host = "127.0.0.1" if parts.hostname.endswith(".localhost") else parts.hostname
    shown = f"[{host}]" if ":" in host else host
    return Endpoint(host, port or 80, f"http://{shown}:{port or 80}")


def tell_nobody() -> None:
    """Let no library that this process loads from now on report to its makers (NO_TELEMETRY)."""
    os.environ.update(NO_TELEMETRY)


def spare_numpy_threads() -> None:
    """Let numpy start no threads for linear algebra when it is imported; what the user has set stays.

    They spin while they wait for work: 0.1 s of another core, where nothing is multiplied.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
