"""Containers to models: from S3 once, the echo, and the sentence why there is none."""

import asyncio
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.aws.artefacts import Artefacts, Loaded
from harness.inference import EchoModel, OnnxModel, pack

URL = "s3://artefacts/turbofan/model.tar.gz"


class Bucket:
    """S3 with one object, or none: `reads` counts how often its content was read."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.reads = 0

    def get_object(self, **where: str) -> dict[str, Any]:
        if self.content is None or where != {"Bucket": "artefacts", "Key": "turbofan/model.tar.gz"}:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"ETag": str(hash(self.content)), "Body": self}

    def read(self) -> bytes:
        self.reads += 1
        assert self.content is not None
        return io.BytesIO(self.content).read()

    def close(self) -> None: ...


def load(bucket: Bucket, *containers: dict[str, Any]) -> list[Loaded]:
    artefacts = Artefacts(lambda: bucket)

    async def all_of_them() -> list[Loaded]:
        return [await artefacts.load(container, "AllTraffic") for container in containers]

    return asyncio.run(all_of_them())


def artefact() -> bytes:
    """Return a model.tar.gz whose model gives one number of a row back."""
    from onnx import TensorProto, helper

    row, same = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1]) for name in ("row", "same"))
    graph = helper.make_graph([helper.make_node("Identity", ["row"], ["same"])], "same", [row], [same])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return pack(model.SerializeToString(), {"name": "same"})


def test_an_artefact_is_read_once() -> None:
    """The same content gives the same model; it is loaded the first time."""
    bucket = Bucket(artefact())
    first, second = load(bucket, {"ModelDataUrl": URL}, {"ModelDataUrl": URL})
    assert isinstance(first.model, OnnxModel)
    assert first.model is second.model
    assert (first.failure, bucket.reads) == ("", 1)


def test_the_echo_needs_no_artefact() -> None:
    """A container that asks for it by its environment gets it, whatever its URL says."""
    (loaded,) = load(Bucket(None), {"Environment": {"HARNESS_MODEL": "echo"}, "ModelDataUrl": URL})
    assert loaded == Loaded(EchoModel())


def test_a_container_without_artefact_is_no_failure() -> None:
    """It can be deployed on AWS; only here nothing answers for it."""
    assert load(Bucket(None), {"Image": "any"}) == [Loaded(None)]


@pytest.mark.parametrize(
    ("content", "container", "said"),
    [
        (
            None,
            {"ModelDataUrl": URL},
            f'Failed to download model data for container "container_1" from URL: "{URL}"',
        ),
        (b"no gzip", {"ModelDataUrl": URL}, "variant AllTraffic did not pass the ping health check"),
        (None, {"Environment": {"HARNESS_MODEL": "oracle"}}, "HARNESS_MODEL='oracle' is unknown"),
    ],
)
def test_what_does_not_load_has_a_reason(content: bytes | None, container: dict[str, Any], said: str) -> None:
    """SageMaker's own words, and then what is wrong."""
    (loaded,) = load(Bucket(content), container)
    assert loaded.model is None
    assert said in loaded.failure
