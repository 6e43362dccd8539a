"""From a SageMaker model to something that predicts: its artefact is read from the backend's S3, once.

Containers do not run here. What answers is the `model.onnx` in the model.tar.gz that ModelDataUrl names, or,
for a container that opts in with the environment variable HARNESS_MODEL=echo, the request body itself.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.errors import ScenarioError
from harness.inference import ArtefactError, EchoModel, Model, load_artefact, model_from_environment

# FailureReason of DescribeEndpoint, as users have quoted both for years.
_NO_DATA = (
    'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that there '
    "is an object located at the URL and that the role passed to CreateModel has permissions to download the "
    "model."
)
_NO_PING = (
    "The primary container for production variant {variant} did not pass the ping health check. Please check "
    "CloudWatch logs for this endpoint."
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that predicts, or the sentence why there is none.

    `failure` is what SageMaker's FailureReason says; a container that is only not covered here has none.
    """

    model: Model | None
    failure: str = ""


class Artefacts:
    """Loads models and keeps them; `s3` makes a boto3 client of the backend, used in a worker thread.

    With `stands_in` a model whose artefact is not there answers with the request itself, and it is told the
    artefact's address, once each.
    """

    def __init__(self, s3: Callable[[], Any]) -> None:
        self.stands_in: Callable[[str], None] | None = None
        self._stood_in: set[str] = set()
        self._make_s3 = s3
        self._kept: dict[tuple[str, str], Model] = {}

    async def load(self, container: Mapping[str, Any], variant: str) -> Loaded:
        """Return what answers for *container*, a PrimaryContainer as DescribeModel gives it, in *variant*."""
        try:
            asked_for = model_from_environment(container.get("Environment") or {})
        except ScenarioError as error:
            return Loaded(None, f"{_NO_PING.format(variant=variant)} {error}")
        url = container.get("ModelDataUrl") or ""
        if asked_for is not None or not url:
            return Loaded(asked_for or self._stand_in(url))
        loaded = await asyncio.get_running_loop().run_in_executor(None, self._fetch, url, variant)
        if loaded.model is None and loaded.failure == _NO_DATA.format(url=url):
            stand_in = self._stand_in(url)
            return loaded if stand_in is None else Loaded(stand_in)
        return loaded

    def _stand_in(self, url: str) -> EchoModel | None:
        if self.stands_in is None:
            return None
        if url not in self._stood_in:
            self._stood_in.add(url)
            self.stands_in(url)
        return EchoModel()

    @cached_property
    def _s3(self) -> Any:
        return self._make_s3()

    def _fetch(self, url: str, variant: str) -> Loaded:
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, _, key = url.removeprefix("s3://").partition("/")
        try:
            found = self._s3.get_object(Bucket=bucket, Key=key)
            model = self._model(url, str(found["ETag"]), found["Body"])
        except (ClientError, BotoCoreError):
            return Loaded(None, _NO_DATA.format(url=url))
        except ArtefactError as error:
            reason = f"{_NO_PING.format(variant=variant)} The artefact at {url} does not load: {error}"
            return Loaded(None, reason)
        return Loaded(model)

    def _model(self, url: str, tag: str, body: Any) -> Model:
        """Return the model of that content, loaded the first time it is asked for."""
        if (url, tag) not in self._kept:
            self._kept[url, tag] = load_artefact(body.read(), name=url)
        else:
            body.close()
        return self._kept[url, tag]
