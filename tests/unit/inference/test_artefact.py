"""model.tar.gz: packed reproducibly, opened with care."""

import gzip
import io
import tarfile

import numpy as np
import pytest

from harness.errors import ExitCode
from harness.inference import ArtefactError, load_artefact, pack
from harness.inference import artefact as room


def archive(*members: tuple[str, bytes], link: str = "") -> bytes:
    """Return a tar.gz of *members*, with a symbolic link *link* to /etc/passwd when named."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(member)
    return packed.getvalue()


def test_what_is_packed_is_loaded(sum_onnx):
    """The graph, its name and its metadata come back."""
    model = load_artefact(pack(sum_onnx, {"name": "adder", "features": 3}))
    assert (model.name, model.features, model.metadata["features"]) == ("adder", 3, 3)
    assert model.predict(np.array([[1, 2, 3], [0, 0, 4]], np.float32)).tolist() == [6.0, 4.0]


def test_packing_twice_gives_the_same_bytes(sum_onnx):
    """Neither clock nor user is in the archive, nor the order in which metadata was written."""
    assert pack(sum_onnx, {"a": 1, "b": 2}) == pack(sum_onnx, {"b": 2, "a": 1})


def test_metadata_is_optional_and_dot_slash_is_usual(sum_onnx):
    """`tar -czf model.tar.gz .` writes ./model.onnx; other files beside it are left alone."""
    model = load_artefact(
        archive(("./model.onnx", sum_onnx), ("./code/inference.py", b"raise SystemExit")), name="m"
    )
    assert (model.name, model.metadata) == ("m", {})


def test_an_artefact_error_is_a_scenario_error():
    """The command ends with the code for what the user gave."""
    assert ArtefactError.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"", "is no gzip file"),
        (b"PK\x03\x04zip", "is no gzip file (it starts with b'PK"),
        (archive(("model.onnx", b"x" * 9000))[:60], "ends in the middle"),
        (b"\x1f\x8b" + b"\xff" * 40, "is damaged gzip"),
        (gzip.compress(b"not a tar at all" * 100), "not a tar archive"),
        (archive(("xgboost-model", b"x")), "no model.onnx at its top (found: xgboost-model)"),
        (archive(("../model.onnx", b"x")), "found: ../model.onnx"),
        (archive(("/model.onnx", b"x")), "no model.onnx at its top"),
        (archive(link="model.onnx"), "model.onnx is a link"),
        (archive(("model.onnx", b"x"), ("model.json", b"{")), "model.json is not JSON"),
        (archive(("model.onnx", b"x"), ("model.json", b"[]")), "must hold an object, not list"),
        (archive(("model.onnx", b"not onnx")), "onnxruntime cannot load it"),
        (archive(("model.onnx", b"")), "onnxruntime cannot load it"),
    ],
)
def test_a_bad_artefact_says_what_was_found(packed, said):
    """Each way an upload goes wrong has its own sentence."""
    with pytest.raises(ArtefactError) as caught:
        load_artefact(packed)
    assert said in str(caught.value), caught.value


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    """A few kilobytes that unpack to more than the limit are stopped at the limit."""
    monkeypatch.setattr(room, "MAX_UNPACKED_BYTES", 1 << 20)
    with pytest.raises(ArtefactError, match="more than 1 MiB"):
        load_artefact(archive(("model.onnx", bytes(5 << 20))))


def test_large_metadata_is_refused(monkeypatch):
    """model.json is small by nature."""
    monkeypatch.setattr(room, "MAX_METADATA_BYTES", 10)
    with pytest.raises(ArtefactError, match=r"model.json has 20 bytes, more than 10"):
        load_artefact(archive(("model.onnx", b"x"), ("model.json", b" " * 20)))
