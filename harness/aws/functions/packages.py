"""The folders from which a version of a function runs: its code and those of its layers."""

from pathlib import Path
from urllib.parse import urlsplit

from harness.aws.aws_json import Refused
from harness.aws.functions.codes import Codes, digest
from harness.aws.functions.configurations import Configurations, Version
from harness.aws.root_calls import RootClient


class Packages:
    """Finds packages: those that passed the gateway are kept, others are asked for at the backend."""

    def __init__(self, codes: Codes, known: Configurations, root: RootClient) -> None:
        self._codes = codes
        self._known = known
        self._root = root
        self._layers: dict[str, str] = {}

    async def code(self, version: Version) -> Path:
        """Return the folder of the function's own code; raise Refused where nobody has it."""
        if not self._codes.has(version.code):
            location = await self._known.location(version.name, version.version)
            await self._fetch(location, version.code, version.arn)
        return await self._codes.unpacked(version.code)

    async def layers(self, version: Version) -> list[Path]:
        """Return the folders of the layers, the last one first: it is the one that wins."""
        return [await self._layer(arn) for arn in reversed(version.layers)]

    async def _layer(self, arn: str) -> Path:
        name = self._layers.get(arn)
        if name is None:
            told, location = await self._known.layer(arn)
            name = told or arn
            if not self._codes.has(name):
                await self._fetch(location, name, arn)
            self._layers[arn] = name
        return await self._codes.unpacked(name)

    async def _fetch(self, location: str, name: str, resource: str) -> None:
        """Keep under *name* what the backend gives at *location*."""
        parts = urlsplit(location)
        if not parts.scheme.startswith("http"):
            raise self._nowhere(resource)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = await self._root.call("lambda", "GET", path)
        if answer.status != 200 or not answer.body:
            raise self._nowhere(resource)
        if name != resource and digest(answer.body) != name:
            raise self._nowhere(resource)  # MiniStack gives out the newest code whatever version is asked for
        self._codes.keep(answer.body, name)

    @staticmethod
    def _nowhere(resource: str) -> Refused:
        return Refused(
            "ServiceException",
            f"The code of {resource} did not pass the gateway and the backend does not give it out: make the "
            "function through the gateway.",
            500,
        )
