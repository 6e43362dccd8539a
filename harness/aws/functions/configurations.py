"""What functions there are, as the backend has them: read when first needed, forgotten when they may differ.

Answers are kept until a call that may change a function has passed the gateway (`forget`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from harness.aws.functions.names import LATEST, arn_of
from harness.aws.functions.refusals import not_found
from harness.aws.functions.variables import Described
from harness.aws.root_calls import RootClient
from harness.errors import BackendError
from harness.gateway.fetch import FetchReply

FUNCTIONS = "/2015-03-31/functions"
DEFAULT_TIMEOUT_S, DEFAULT_MEMORY_MB = 3, 128


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a function, `$LATEST` among them: what is run, and how."""

    name: str
    version: str
    arn: str  # without qualifier
    runtime: str
    handler: str
    role: str
    memory_mb: int
    timeout_s: float
    variables: Mapping[str, str]
    code: str  # CodeSha256
    layers: tuple[str, ...]
    log_group: str
    dead_letter: str = ""
    package_type: str = "Zip"

    def described(self) -> Described:
        """Return what its handler sees of it."""
        return Described(
            self.name,
            self.version,
            self.handler,
            self.runtime,
            self.memory_mb,
            self.log_group,
            self.variables,
        )


@dataclass(frozen=True, slots=True)
class Qualified:
    """What one qualifier of a function leads to: a version, for an alias with weights one of several."""

    name: str
    qualifier: str
    version: str
    versions: Mapping[str, Version]
    weights: Mapping[str, float]
    is_alias: bool = False


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """What becomes of asynchronous invocations (PutFunctionEventInvokeConfig, with Lambda's defaults)."""

    retries: int = 2
    max_age_s: float = 21_600.0
    on_success: str = ""
    on_failure: str = ""


class Configurations:
    """Reads over *root*; *seen* is told of each function whose $LATEST is read, before it is used.

    To be used on the gateway's loop. Raises BackendError where the backend does not answer.
    """

    def __init__(self, root: RootClient, seen: Callable[[Version], Awaitable[None]]) -> None:
        self._root = root
        self._seen = seen
        self._kept: dict[tuple[str, str], Qualified] = {}
        self._versions: dict[tuple[str, str], Version] = {}
        self._async: dict[tuple[str, str], AsyncConfig] = {}
        self._revision = 0

    def forget(self) -> None:
        """Read everything anew."""
        self._revision += 1
        self._kept.clear()
        self._versions.clear()
        self._async.clear()

    def arn(self, name: str, qualifier: str = "") -> str:
        """Return the ARN of a function of this account and region."""
        return arn_of(name, self._root.region, self._root.account, qualifier)

    def find(self, name: str, qualifier: str) -> Qualified | None:
        """Return what is known of a function by that qualifier, None where it must be read."""
        return self._kept.get((name, qualifier))

    async def read(self, name: str, qualifier: str) -> Qualified:
        """Return what the backend has; raise Refused where it has no such function, version or alias."""
        while True:
            revision = self._revision
            found = await self._read(name, qualifier)
            if revision == self._revision:
                self._kept[name, qualifier] = found
                return found

    async def _read(self, name: str, qualifier: str) -> Qualified:
        latest = await self._version(name, "")
        await self._seen(latest)
        if not qualifier:
            return Qualified(name, "", LATEST, {LATEST: latest}, {})
        if qualifier.isdigit():
            only = await self._version(name, qualifier)
            return Qualified(name, qualifier, only.version, {only.version: only}, {})
        return await self._alias(name, qualifier)

    async def _alias(self, name: str, alias: str) -> Qualified:
        answer = await self._get(f"{FUNCTIONS}/{quote(name)}/aliases/{quote(alias)}")
        if answer.status == 404:
            raise not_found(self.arn(name, alias))
        told = _json(answer, "GetAlias")
        version = str(told.get("FunctionVersion", LATEST))
        weights = (told.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        versions = {
            each: await self._version(name, "" if each == LATEST else each) for each in (version, *weights)
        }
        by_weight = {str(each): float(share) for each, share in weights.items()}
        return Qualified(name, alias, version, versions, by_weight, is_alias=True)

    async def _version(self, name: str, version: str) -> Version:
        kept = self._versions.get((name, version))
        if kept is not None:
            return kept
        query = f"?Qualifier={quote(version)}" if version else ""
        answer = await self._get(f"{FUNCTIONS}/{quote(name)}/configuration{query}")
        if answer.status == 404:
            raise not_found(self.arn(name, version))
        made = self._made(name, version or LATEST, _json(answer, "GetFunctionConfiguration"))
        self._versions[name, version] = made
        return made

    def _made(self, name: str, version: str, told: Mapping[str, Any]) -> Version:
        layers = told.get("Layers") or []
        return Version(
            name,
            version,
            self.arn(name),
            str(told.get("Runtime", "")),
            str(told.get("Handler", "")),
            str(told.get("Role", "")),
            int(told.get("MemorySize") or DEFAULT_MEMORY_MB),
            float(told.get("Timeout") or DEFAULT_TIMEOUT_S),
            {str(key): str(value) for key, value in _variables(told).items()},
            str(told.get("CodeSha256", "")),
            tuple(str(each["Arn"] if isinstance(each, dict) else each) for each in layers),
            str((told.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"),
            str((told.get("DeadLetterConfig") or {}).get("TargetArn", "")),
            str(told.get("PackageType") or "Zip"),
        )

    async def asynchronous(self, name: str, qualifier: str) -> AsyncConfig:
        """Return what becomes of asynchronous invocations by that qualifier.

        The configuration of a version or an alias is its own: the unqualified function's is not inherited.
        """
        kept = self._async.get((name, qualifier))
        if kept is not None:
            return kept
        query = f"?Qualifier={quote(qualifier)}" if qualifier else ""
        answer = await self._get(f"/2019-09-25/functions/{quote(name)}/event-invoke-config{query}")
        found = _async_config(_json(answer, "GetFunctionEventInvokeConfig")) if answer.status == 200 else None
        made = self._async[name, qualifier] = found or AsyncConfig()
        return made

    async def reserved(self, name: str) -> int | None:
        """Return the reserved concurrency that the backend has of a function, None for none."""
        answer = await self._get(f"/2019-09-30/functions/{quote(name)}/concurrency")
        if answer.status != 200 or not answer.body:
            return None
        kept = orjson.loads(answer.body).get("ReservedConcurrentExecutions")
        return None if kept is None else int(kept)

    async def location(self, name: str, version: str) -> str:
        """Return where the package of a function can be had, "" where the backend does not say."""
        query = f"?Qualifier={quote(version)}" if version != LATEST else ""
        answer = await self._get(f"{FUNCTIONS}/{quote(name)}{query}")
        if answer.status != 200:
            return ""
        return str((orjson.loads(answer.body).get("Code") or {}).get("Location") or "")

    async def layer(self, arn: str) -> tuple[str, str]:
        """Return the digest and the location of a layer version's content, empty where nobody knows it."""
        answer = await self._get(f"/2018-10-31/layers?find=LayerVersion&Arn={quote(arn, safe='')}")
        content = orjson.loads(answer.body).get("Content") or {} if answer.status == 200 else {}
        return str(content.get("CodeSha256", "")), str(content.get("Location", ""))

    async def _get(self, path: str) -> FetchReply:
        return await self._root.call("lambda", "GET", path)


def _variables(told: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (told.get("Environment") or {}).get("Variables") or {}
    return found


def _async_config(told: Mapping[str, Any]) -> AsyncConfig:
    to = told.get("DestinationConfig") or {}
    retries, age = told.get("MaximumRetryAttempts"), told.get("MaximumEventAgeInSeconds")
    return AsyncConfig(
        2 if retries is None else int(retries),
        21_600.0 if age is None else float(age),
        str((to.get("OnSuccess") or {}).get("Destination") or ""),
        str((to.get("OnFailure") or {}).get("Destination") or ""),
    )


def _json(answer: FetchReply, operation: str) -> Mapping[str, Any]:
    if answer.status in (200, 201):  # moto answers GetAlias with 201
        told: Mapping[str, Any] = orjson.loads(answer.body)
        return told
    text = answer.body[:200].decode("utf-8", "replace")
    raise BackendError(
        f"The backend did not answer lambda:{operation} but {answer.status} {text!r}; see its log in the "
        "run's folder.",
        service="lambda",
        operation=operation,
    )
