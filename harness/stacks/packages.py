"""Local files of a template as the services take them: zipped code, text, objects in S3."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.stacks.kind import Refused, Surroundings
from harness.templates.model import Resource, Template

# Lambda quotas: a package that is sent in the call itself, zipped.
LIMIT_BYTES = 50 * 1024 * 1024
UNZIPPED_LIMIT_BYTES = 262_144_000
_LEFT_OUT = frozenset({"__pycache__", ".git", ".venv", "node_modules", ".terraform"})
_ZIPPED = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}


def with_assets(
    where: Surroundings, template: Template, resource: Resource, properties: dict[str, Any]
) -> dict[str, Any]:
    """Return *properties* with what stands in the template's local files instead of their addresses.

    Code of functions and layers goes with the call; other files are put where their address says, into a
    bucket that is made for them.
    """
    for (logical_id, path), name in template.assets.items():
        if logical_id != resource.logical_id:
            continue
        if _ZIPPED.get(resource.type) == path:
            properties[path] = {"ZipFile": packed(Path(name))}
        elif path == "Body":
            properties[path] = Path(name).read_bytes()
        else:
            _upload(where, _at(properties, path), Path(name))
    return properties


def packed(path: Path) -> bytes:
    """Return a folder or a file as a zip; a zip as it is. The same files give the same bytes."""
    if path.is_file() and zipfile.is_zipfile(path):
        made = path.read_bytes()
    else:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in _within_limit(path):
                name = each.name if path.is_file() else each.relative_to(path).as_posix()
                about = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                about.external_attr = 0o755 << 16
                about.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(about, each.read_bytes())
        made = written.getvalue()
    if len(made) > LIMIT_BYTES:
        raise Refused(
            "RequestEntityTooLargeException", f"{path} is {len(made)} bytes as a zip, over {LIMIT_BYTES}"
        )
    return made


def _within_limit(path: Path) -> Iterator[Path]:
    """Yield the files at *path* until they are more than Lambda takes unzipped; then raise Refused."""
    left = UNZIPPED_LIMIT_BYTES
    for each in _files(path):
        left -= each.stat().st_size
        if left < 0:
            said = f"{path} holds more than {UNZIPPED_LIMIT_BYTES} bytes of files, which Lambda does not take"
            raise Refused("InvalidParameterValueException", said)
        yield each


def _files(path: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield *path*, or the files below it, links followed but into a folder that they are in themselves."""
    if path.is_file():
        yield path
        return
    here = path.resolve()
    if here in above or not path.is_dir():  # a pipe or a device is nobody's code
        return
    for each in sorted(path.iterdir()):
        if each.name not in _LEFT_OUT:
            yield from _files(each, above | {here})


def _at(properties: Any, path: str) -> Any:
    found = properties
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _upload(where: Surroundings, address: Any, path: Path) -> None:
    if isinstance(address, dict):
        bucket = str(address.get("S3Bucket") or address.get("Bucket") or "")
        key = str(address.get("S3Key") or address.get("Key") or "")
    else:
        bucket, _, key = str(address).removeprefix("s3://").partition("/")
    body = path.read_bytes() if path.is_file() and not _is_code(key, path) else packed(path)
    given: dict[str, Any] = {}
    if where.region != "us-east-1":
        given["CreateBucketConfiguration"] = {"LocationConstraint": where.region}
    try:
        where.call("s3", "create_bucket", Bucket=bucket, **given)
    except Refused as refused:
        if refused.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    where.call("s3", "put_object", Bucket=bucket, Key=key, Body=body)


def _is_code(key: str, path: Path) -> bool:
    return key.endswith(".zip") and path.suffix != ".zip"
