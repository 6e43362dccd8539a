"""What comes into the instances of a training job before it runs, and out of them after; all of it blocks."""

import json
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.aws.jobs.objects import (
    StoredObject,
    Unreadable,
    download,
    files_below,
    inside,
    objects_of_manifest,
    objects_under,
    packed,
    unpack,
    upload,
)
from harness.jobs.channels import Channel, place, share
from harness.jobs.environment import Place, input_data_config, resource_config
from harness.jobs.layout import Layout
from harness.jobs.names import joined_url, split_url

MODEL, OUTPUT = "model.tar.gz", "output.tar.gz"
# StatusReason: "SageMaker reads the first 1024 characters".
FAILURE_CHARACTERS = 1_024


class Failure(Exception):
    """A job fails; the sentence is its FailureReason."""


class Stock:
    """The files of one job's instances: *folders* by host, with the layout of /opt/ml below `ml`."""

    def __init__(self, folders: Mapping[str, Path], s3: Any) -> None:
        self._folders = folders
        self._s3 = s3
        self._kept: dict[tuple[str, str], tuple[float, int]] = {}  # checkpoints as they were when sent

    def layout(self, host: str) -> Layout:
        """Return where things of *host* are on this machine."""
        return Layout(str(self._folders[host] / "ml"))

    # -- before -----

    def prepare(
        self, places: Sequence[Place], hyperparameters: Mapping[str, str], channels: Sequence[Channel]
    ) -> None:
        """Make the folders of each instance, and the files of its configuration."""
        for one in places:
            here = self.layout(one.host)
            for folder in (here.config, here.model, here.output_data, here.intermediate, here.checkpoints):
                Path(folder).mkdir(parents=True)
            Path(here.code).mkdir()
            _write(here.config, "hyperparameters", dict(hyperparameters))
            _write(here.config, "resourceconfig", resource_config(one))
            _write(here.config, "inputdataconfig", input_data_config(channels))

    def fetch(self, channel: Channel, local: str = "") -> None:
        """Bring the objects of *channel* to each instance: into its own folder, or to *local* of a container.

        Raises Failure, as SageMaker words it.
        """
        try:
            found = (
                objects_of_manifest(self._s3, channel.url)
                if channel.data_type == "ManifestFile"
                else objects_under(self._s3, channel.url)
            )
            if not found:
                raise Failure(f"ClientError: Data download failed:No S3 objects found under {channel.url}")
            self._spread(channel, found, local)
        except Unreadable as error:
            raise Failure(f"ClientError: Data download failed:{error.code}: {error.message}") from error
        except ValueError as error:
            raise Failure(f"ClientError: Data download failed:Malformed manifest: {error}") from error

    def _spread(self, channel: Channel, found: Sequence[StoredObject], local: str) -> None:
        by_key = {one.key: one for one in found}
        placed: dict[str, Path] = {}
        for number, host in enumerate(self._folders):
            here = self.layout(host)
            folder = Path(here.moved(local) if local else here.channel(channel.name))
            folder.mkdir(parents=True, exist_ok=True)
            for key in share(list(by_key), channel.distribution, number, len(self._folders)):
                target = inside(folder, place(key, by_key[key].prefix))
                if key in placed:  # the same file for each instance: it is fetched once
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(placed[key], target)
                else:
                    download(self._s3, by_key[key].bucket, key, target)
                    placed[key] = target

    def fetch_code(self, url: str, scratch: Path) -> None:
        """Unpack the archive of script mode at *url* into each instance's code. Raises Failure."""
        archive = scratch / "sourcedir.tar.gz"
        try:
            download(self._s3, *split_url(url), archive)
            for host in self._folders:
                unpack(archive, Path(self.layout(host).code))
        except Unreadable as error:
            raise Failure(
                f"AlgorithmError: framework error: the code at {url} cannot be fetched: {error}, exit code: 1"
            ) from error
        except (ValueError, OSError, tarfile.TarError) as error:
            raise Failure(
                f"AlgorithmError: framework error: the code at {url} is no archive: {error}, exit code: 1"
            ) from error

    # -- checkpoints -----

    def restore(self, url: str, local: str) -> None:
        """Bring what was kept at *url* back to each instance. Raises Failure."""
        prefix = joined_url(url, "") + "/"
        try:
            for one in objects_under(self._s3, prefix):
                for host in self._folders:
                    target = inside(self._local(host, local), one.key[len(one.prefix) :])
                    download(self._s3, one.bucket, one.key, target)
                    self._kept[host, str(target)] = _stamp(target)
        except Unreadable as error:
            raise Failure(f"ClientError: Checkpoint download failed:{error.code}: {error.message}") from error

    def keep(self, url: str, local: str) -> None:
        """Send what is new of the checkpoints to *url*. Raises Failure."""
        for host in self._folders:
            folder = self._local(host, local)
            for path in files_below(folder):
                stamp = _stamp(path)
                if self._kept.get((host, str(path))) == stamp:
                    continue
                try:
                    upload(self._s3, path, joined_url(url, path.relative_to(folder).as_posix()))
                except FileNotFoundError:
                    continue  # a file that the program renamed meanwhile: it comes under its new name
                except Unreadable as error:
                    raise Failure(
                        f"ClientError: Checkpoint upload failed:{error.code}: {error.message}"
                    ) from error
                self._kept[host, str(path)] = stamp

    def _local(self, host: str, local: str) -> Path:
        return Path(self.layout(host).moved(local))

    # -- after -----

    def failure(self) -> str:
        """Return what the first instance that wrote /opt/ml/output/failure says there."""
        for host in self._folders:
            path = Path(self.layout(host).failure)
            if path.is_file():
                return path.read_text(encoding="utf-8", errors="replace")[:FAILURE_CHARACTERS].strip()
        return ""

    def send(self, url: str, scratch: Path) -> tuple[str, str]:
        """Pack models and outputs of all instances, send them below *url*; return both addresses, "" for
        what there is not. Raises Failure."""
        found = []
        for name, folder in ((MODEL, "model"), (OUTPUT, "output_data")):
            merged, archive = scratch / f"{folder}-merged", scratch / name
            self._merge(folder, merged)
            target = joined_url(url, name)
            if not packed(merged, archive):
                found.append("")
                continue
            try:
                upload(self._s3, archive, target)
            except Unreadable as error:
                raise Failure(f"ClientError: Artifact upload failed:{error.code}: {error.message}") from error
            found.append(target)
        return found[0], found[1]

    def _merge(self, folder: str, into: Path) -> None:
        """Put what all instances have in *folder* together; of one name, that of the first instance stays."""
        into.mkdir()
        for host in reversed(list(self._folders)):
            source = Path(getattr(self.layout(host), folder))
            if source.is_dir():
                shutil.copytree(source, into, dirs_exist_ok=True)


def _write(folder: str, name: str, value: Any) -> None:
    Path(folder, f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def _stamp(path: Path) -> tuple[float, int]:
    try:
        seen = path.stat()
    except FileNotFoundError:
        return 0.0, -1
    return seen.st_mtime, seen.st_size
