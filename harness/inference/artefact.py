"""A model artefact as SageMaker keeps it: a ``model.tar.gz`` with ``model.onnx`` and maybe ``model.json``.

Nothing is ever written to disk, so no name inside the archive can reach outside it; what it unpacks to is
bounded.
"""

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from typing import Any

from harness.errors import ScenarioError
from harness.inference.models import OnnxModel
from harness.inference.text import TextModel, is_text

MODEL_FILE = "model.onnx"
METADATA_FILE = "model.json"

# An archive may unpack to at most this much: a few kilobytes of gzip can unpack to gigabytes.
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_METADATA_BYTES = 1024 * 1024


class ArtefactError(ScenarioError):
    """The artefact holds no model that can be served; the message says what was found instead."""


def pack(onnx: bytes, metadata: Mapping[str, Any]) -> bytes:
    """Return a model.tar.gz with *onnx* and *metadata*. The same input gives the same bytes."""
    described = json.dumps(metadata, sort_keys=True, indent=1).encode() + b"\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in ((METADATA_FILE, described), (MODEL_FILE, onnx)):
            member = tarfile.TarInfo(name)  # mtime, uid and gid are 0 by default: reproducible
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=6, mtime=0)


def load_artefact(tar_gz: bytes, *, name: str = "model.tar.gz") -> OnnxModel | TextModel:
    """Return the model inside *tar_gz*; *name* is what messages call the artefact.

    Raises ArtefactError when it is not gzip, not tar, too large, holds no model.onnx, or one that cannot be
    run.
    """
    files = _read_files(_unzip(tar_gz, name), name)
    metadata = _metadata(files.get(METADATA_FILE), name)
    try:
        kind = TextModel if is_text(metadata) else OnnxModel
        return kind(files[MODEL_FILE], name=str(metadata.get("name", name)), metadata=metadata)
    except ValueError as error:
        raise ArtefactError(f"Artefact '{name}': {MODEL_FILE} cannot be served, {error}") from error


def _unzip(packed: bytes, name: str) -> bytes:
    """Return the tar inside *packed*, refusing more than MAX_UNPACKED_BYTES before it is unpacked."""
    if packed[:2] != b"\x1f\x8b":
        raise ArtefactError(
            f"Artefact '{name}' is no gzip file (it starts with {packed[:4]!r}): give a model.tar.gz"
        )
    unzip = zlib.decompressobj(wbits=31)
    try:
        tar = unzip.decompress(packed, MAX_UNPACKED_BYTES + 1)
    except zlib.error as error:
        raise ArtefactError(f"Artefact '{name}' is damaged gzip ({error}): upload it again") from error
    if len(tar) > MAX_UNPACKED_BYTES:
        raise ArtefactError(
            f"Artefact '{name}' unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB, the limit here"
        )
    if not unzip.eof:
        raise ArtefactError(f"Artefact '{name}' ends in the middle of the gzip stream: upload it again")
    return tar


def _read_files(tar: bytes, name: str) -> dict[str, bytes]:
    """Return the content of the two files that count; everything else in the archive is left alone."""
    files: dict[str, bytes] = {}
    found = []
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            for member in archive:
                found.append(member.name)
                if member.name.removeprefix("./") in (MODEL_FILE, METADATA_FILE):
                    files[member.name.removeprefix("./")] = _content(archive, member, name)
    except tarfile.TarError as error:
        raise ArtefactError(f"Artefact '{name}' is gzip but not a tar archive ({error})") from error
    if MODEL_FILE not in files:
        listed = ", ".join(sorted(found)[:5]) or "nothing"
        raise ArtefactError(
            f"Artefact '{name}' holds no {MODEL_FILE} at its top (found: {listed:.200}): "
            "export the model to ONNX and pack it again"
        )
    return files


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> bytes:
    if not member.isfile():
        raise ArtefactError(f"Artefact '{name}': {member.name} is a link or a folder, not a file")
    limit = MAX_METADATA_BYTES if member.name.endswith(METADATA_FILE) else MAX_UNPACKED_BYTES
    if member.size > limit:
        raise ArtefactError(f"Artefact '{name}': {member.name} has {member.size} bytes, more than {limit}")
    opened = archive.extractfile(member)
    content = opened.read() if opened else b""
    if len(content) != member.size:
        raise ArtefactError(
            f"Artefact '{name}': {member.name} ends after {len(content)} of {member.size} bytes"
        )
    return content


def _metadata(text: bytes | None, name: str) -> dict[str, Any]:
    """Return model.json as a dict, empty when there is none."""
    if text is None:
        return {}
    try:
        metadata = json.loads(text)
    except ValueError as error:
        raise ArtefactError(f"Artefact '{name}': {METADATA_FILE} is not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise ArtefactError(
            f"Artefact '{name}': {METADATA_FILE} must hold an object, not {type(metadata).__name__}"
        )
    return metadata
