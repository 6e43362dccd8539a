"""The calls that make and change functions: code is kept, what AWS refuses is refused, the rest forwarded."""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import orjson

from harness.aws.aws_json import Refused
from harness.aws.functions import codes as packages
from harness.aws.functions.codes import Codes
from harness.aws.functions.configurations import Configurations
from harness.aws.functions.names import Place
from harness.aws.functions.pool import Signs
from harness.aws.functions.refusals import error_reply, invalid, refuse
from harness.aws.functions.validation import check_configuration
from harness.aws.root_calls import RootClient
from harness.errors import BackendError
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.fetch import FetchReply
from harness.refusal import Refusal

# What one request may carry: 50 MB of package in base 64, with the rest of the call (Lambda's own words).
REQUEST_LIMIT_BYTES = 70_167_211
UNASSUMABLE = "The role defined for the function cannot be assumed by Lambda."
_LAYER = re.compile(r"/2018-10-31/layers/[^/]+/versions/?")
_MISSING = invalid("Please provide a source for function code.")

Arguments = Mapping[str, Any]
Repeat = Callable[[Exchange], Awaitable[FetchReply]]


class ControlPlane:
    """Watches and checks; *repeat* asks the backend in the client's name, *sign* whether a role will do."""

    def __init__(
        self, root: RootClient, repeat: Repeat, codes: Codes, known: Configurations, sign: Signs
    ) -> None:
        self._root = root
        self._repeat = repeat
        self._codes = codes
        self._known = known
        self._sign = sign

    def handle(self, exchange: Exchange, place: Place) -> Outcome:
        """Return what to do with a call about functions: read what carries code or configuration."""
        work = {
            ("POST", ()): ("CreateFunction", self._create),
            ("PUT", ("code",)): ("UpdateFunctionCode", self._update_code),
            ("PUT", ("configuration",)): ("UpdateFunctionConfiguration", self._update_configuration),
        }.get((exchange.method, place.rest))
        if work is None or (place.reference is None) is not (work[0] == "CreateFunction"):
            return None
        name = "" if place.reference is None else place.reference.name
        return self._read(exchange, work[0], lambda given: work[1](given, name))

    def handle_layer(self, exchange: Exchange) -> Outcome:
        """Return what to do with a call about layers: read the package of a new one."""
        if exchange.method != "POST" or _LAYER.fullmatch(exchange.path) is None:
            return None
        return self._read(exchange, "PublishLayerVersion", self._layer_code)

    def _read(
        self, exchange: Exchange, operation: str, work: Callable[[Arguments], Awaitable[bytes | None]]
    ) -> ReadBody:
        exchange.operation = operation
        too_large = Refused(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {REQUEST_LIMIT_BYTES} bytes for the {operation} operation",
            413,
        )
        return ReadBody(lambda each: self._carry_out(each, work), REQUEST_LIMIT_BYTES, error_reply(too_large))

    async def _carry_out(
        self, exchange: Exchange, work: Callable[[Arguments], Awaitable[bytes | None]]
    ) -> Reply:
        """Have *work* check the call and return its package; repeat the call, and keep what came of it."""
        try:
            package = await work(_arguments(exchange))
        except Refused as error:
            return refuse(exchange, error)
        answer = await self._repeat(exchange)
        if package is not None and 200 <= answer.status < 300:
            told = orjson.loads(answer.body)
            digest = told.get("CodeSha256") or (told.get("Content") or {}).get("CodeSha256") or ""
            self._codes.keep(package, *filter(None, (digest,)))
        return answer.as_reply()

    # -- what each call brings -----

    async def _create(self, given: Arguments, _name: str) -> bytes | None:
        check_configuration(given, creates=True)
        name = str(given.get("FunctionName", ""))
        package = await self._package(given.get("Code") or {}, given)
        await self._check_role(str(given["Role"]), name)
        return package

    async def _update_code(self, given: Arguments, _name: str) -> bytes | None:
        return await self._package(given, {})

    async def _update_configuration(self, given: Arguments, name: str) -> bytes | None:
        check_configuration(given, creates=False)
        if given.get("Role"):
            await self._check_role(str(given["Role"]), name)
        return None

    async def _layer_code(self, given: Arguments) -> bytes | None:
        return await self._package(given.get("Content") or {}, {})

    async def _check_role(self, role: str, name: str) -> None:
        """Raise Refused where Lambda may not assume *role*, or there is none."""
        try:
            found = await self._sign(role, name, self._known.arn(name))
        except BackendError:
            raise invalid(UNASSUMABLE) from None
        if isinstance(found, Refusal):
            raise Refused(found.code, found.message)

    # -- packages -----

    async def _package(self, code: Arguments, given: Arguments) -> bytes | None:
        """Return the package that *code* names, checked; None for an image."""
        if code.get("ImageUri") or given.get("PackageType") == "Image":
            return None
        if code.get("ZipFile"):
            package = _decoded(str(code["ZipFile"]))
        elif code.get("S3Bucket") and code.get("S3Key"):
            package = await self._from_s3(code)
        else:
            raise _MISSING
        await asyncio.get_running_loop().run_in_executor(None, packages.check, package)
        return package

    async def _from_s3(self, code: Arguments) -> bytes:
        path = f"/{quote(str(code['S3Bucket']))}/{quote(str(code['S3Key']))}"
        version = code.get("S3ObjectVersion")
        answer = await self._root.call("s3", "GET", f"{path}?versionId={quote(version)}" if version else path)
        if answer.status == 200:
            return answer.body
        code_said, said = (_between(answer.body, tag) for tag in (b"Code", b"Message"))
        raise invalid(f"Error occurred while GetObject. S3 Error Code: {code_said}. S3 Error Message: {said}")


def _arguments(exchange: Exchange) -> Arguments:
    try:
        given = orjson.loads(exchange.body)
    except orjson.JSONDecodeError as error:
        raise Refused("SerializationException", f"Could not parse request body into json: {error}") from None
    if not isinstance(given, dict):
        raise Refused("SerializationException", "Start of structure or map found where not expected.")
    return given


def _decoded(text: str) -> bytes:
    try:
        package = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if len(package) > packages.DIRECT_LIMIT_BYTES:
        raise Refused(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {REQUEST_LIMIT_BYTES} bytes for the CreateFunction operation",
            413,
        )
    return package


def _between(body: bytes, tag: bytes) -> str:
    _, _, rest = body.partition(b"<" + tag + b">")
    return unquote(rest.partition(b"</" + tag + b">")[0].decode("utf-8", "replace"))
