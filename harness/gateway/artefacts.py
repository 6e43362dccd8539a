"""From a SageMaker model to something that predicts: its artefact is read from the backend's S3, once.

Containers do not run here. What answers is the `model.onnx` in the model.tar.gz that ModelDataUrl names, or,
for a container that opts in with the environment variable HARNESS_MODEL=echo, the request body itself.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.inference import Model

MODE_VARIABLE = "HARNESS_MODEL"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that predicts, or the sentence why there is none. `failure` is what SageMaker's FailureReason says."""

    model: "Model | None"
    failure: str = ""


class Artefacts:
    """Loads models and keeps them; `s3` makes a boto3 client of the backend, used in a worker thread."""

    def __init__(self, s3: Callable[[], Any]) -> None:
        self._make_s3 = s3
        self._kept: dict[tuple[str, str], Loaded] = {}

    async def load(self, container: Mapping[str, Any]) -> Loaded:
        """Return what answers for *container*, a PrimaryContainer as DescribeModel gives it."""
        url = container.get("ModelDataUrl") or ""
        if (container.get("Environment") or {}).get(MODE_VARIABLE) == "echo":
            from harness.inference import EchoModel

            return Loaded(EchoModel())
        if not url:
            return Loaded(None)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self._fetch, url)

    def _fetch(self, url: str) -> Loaded:
        from botocore.exceptions import BotoCoreError, ClientError

        from harness.inference import ArtefactError, load_artefact

        bucket, _, key = url.removeprefix("s3://").partition("/")
        try:
            found = self._make_s3().get_object(Bucket=bucket, Key=key)
            tag = (url, str(found["ETag"]))
            if tag not in self._kept:
                self._kept[tag] = Loaded(load_artefact(found["Body"].read()))
        except (ClientError, BotoCoreError):
            return Loaded(None, _NO_DATA.format(url=url))
        except ArtefactError as error:
            return Loaded(None, f"{_NO_PING} The artefact at {url} does not load: {error}")
        return self._kept[tag]


# FailureReason of DescribeEndpoint, as users have quoted both for years.
_NO_DATA = (
    'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that there is an '
    "object located at the URL and that the role passed to CreateModel has permissions to download the model."
)
_NO_PING = (
    "The primary container for production variant did not pass the ping health check. Please check CloudWatch logs "
    "for this endpoint."
)
