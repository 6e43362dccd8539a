"""Objects of S3 to files and back, through a boto3 client; all blocks, and belongs into a worker thread."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from harness.jobs.channels import manifest_urls
from harness.jobs.names import split_url

# A POSIX archive's own times would make each run's artefact another one: they are all this.
EPOCH_S = 0
# A few kilobytes of gzip can unpack to terabytes; code and models do not.
UNPACKED_LIMIT_BYTES = 8 << 30


class Missing(Exception):
    """There is nothing where objects were to be; the sentence is what SageMaker says of it."""


class Unreadable(Exception):
    """S3 did not let an object be read or written: the code and message are its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object in S3, and the prefix by which it was found."""

    bucket: str
    key: str
    size: int
    prefix: str


def objects_under(s3: Any, url: str) -> list[StoredObject]:
    """Return the objects whose keys begin as *url* does, without those that stand for folders.

    Raises Unreadable.
    """
    bucket, prefix = split_url(url)
    found: list[StoredObject] = []
    token: dict[str, str] = {}
    while True:
        answer = _asked(s3.list_objects_v2, Bucket=bucket, Prefix=prefix, **token)
        found += [
            StoredObject(bucket, one["Key"], int(one["Size"]), prefix)
            for one in answer.get("Contents", [])
            if not one["Key"].endswith("/")
        ]
        if not answer.get("IsTruncated"):
            return found
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def objects_of_manifest(s3: Any, url: str) -> list[StoredObject]:
    """Return the objects that the manifest at *url* names. Raises Unreadable, ValueError."""
    bucket, key = split_url(url)
    entries = json.loads(_asked(s3.get_object, Bucket=bucket, Key=key)["Body"].read())
    prefix = split_url(entries[0]["prefix"])[1] if manifest_urls(entries) else ""
    return [StoredObject(*split_url(one), 0, prefix) for one in manifest_urls(entries)]


def content(s3: Any, bucket: str, key: str) -> bytes:
    """Return what is in the object. Raises Unreadable."""
    found: bytes = _asked(s3.get_object, Bucket=bucket, Key=key)["Body"].read()
    return found


def put(s3: Any, url: str, body: bytes) -> None:
    """Make *body* the object at *url*. Raises Unreadable."""
    bucket, key = split_url(url)
    _asked(s3.put_object, Bucket=bucket, Key=key, Body=body)


def download(s3: Any, bucket: str, key: str, path: Path) -> None:
    """Write the object to *path*, whose folders are made. Raises Unreadable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = _asked(s3.get_object, Bucket=bucket, Key=key)["Body"]
    with path.open("wb") as file:
        for chunk in body.iter_chunks(1 << 20):
            file.write(chunk)


def upload(s3: Any, path: Path, url: str) -> None:
    """Write the file at *path* to *url*. Raises Unreadable."""
    bucket, key = split_url(url)
    with path.open("rb") as file:
        _asked(s3.put_object, Bucket=bucket, Key=key, Body=file)


def files_below(folder: Path) -> list[Path]:
    """Return the files below *folder*, in order; empty where it is not there."""
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def packed(folder: Path, archive: Path) -> bool:
    """Write what is in *folder* to the tar.gz *archive*; False, and no archive, where it is empty."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return False
    with tarfile.open(archive, "w:gz", compresslevel=1) as made:
        for each in sorted(folder.iterdir()):
            made.add(each, arcname=each.name, filter=_without_times)
    return True


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar.gz into *folder*; raises tarfile.TarError, and OSError where it is none.

    TarError as well for what would be written outside, for devices, and for more than UNPACKED_LIMIT_BYTES.
    """
    folder.mkdir(parents=True, exist_ok=True)
    left = UNPACKED_LIMIT_BYTES
    with tarfile.open(archive) as opened:
        for entry in opened:
            left -= entry.size
            if left < 0:
                raise tarfile.TarError(f"it unpacks to more than {UNPACKED_LIMIT_BYTES >> 30} GiB")
            opened.extract(entry, folder, filter="data")


def inside(folder: Path, name: str) -> Path:
    """Return the place called *name* below *folder*; raise Unreadable where that is outside of it.

    A key of S3's may have any characters, `..` between slashes among them.
    """
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\0" in name:
        raise Unreadable("InvalidKey", f"the key {name!r} leads out of the folder that it is to come into")
    return folder / name


def _without_times(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = EPOCH_S
    entry.uname = entry.gname = ""
    return entry


def _asked(call: Any, **arguments: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        told = error.response.get("Error", {})
        raise Unreadable(str(told.get("Code", "Unknown")), str(told.get("Message", error))) from error
    except BotoCoreError as error:
        raise Unreadable(type(error).__name__, str(error)) from error
