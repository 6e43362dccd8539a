"""Local files that a template names: what `sam package` and `aws cloudformation package` would upload.

Such a property gets an S3 address that nobody has, made from the file's content, and the template remembers
the file behind it. https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.input_files import read_text
from harness.templates.documents import Document, parse_document
from harness.templates.model import Resource
from harness.templates.place import Place

_SERVERLESS = "AWS::Serverless::"
# Type and property -> the members of the S3 address that the property becomes; one member: a text "s3://...".
_CODE = {
    ("AWS::Lambda::Function", "Code"): ("S3Bucket", "S3Key"),
    ("AWS::Lambda::LayerVersion", "Content"): ("S3Bucket", "S3Key"),
    (_SERVERLESS + "Function", "CodeUri"): ("Bucket", "Key"),
    (_SERVERLESS + "LayerVersion", "ContentUri"): ("Bucket", "Key"),
    ("AWS::Glue::Job", "Command.ScriptLocation"): ("",),
}
# Definitions are small and are read into the template: type and property -> the property that holds the text.
_DEFINITIONS = {
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"): "Definition",
    (_SERVERLESS + "StateMachine", "DefinitionUri"): "Definition",
    ("AWS::ApiGateway::RestApi", "BodyS3Location"): "Body",
    ("AWS::ApiGatewayV2::Api", "BodyS3Location"): "Body",
    (_SERVERLESS + "Api", "DefinitionUri"): "DefinitionBody",
    (_SERVERLESS + "HttpApi", "DefinitionUri"): "DefinitionBody",
}
_LEFT_OUT = {".git", ".venv", "__pycache__", ".aws-sam", "cdk.out", ".terraform"}
"""Folders that are no part of anybody's code, though they may stand beside it."""


@dataclass(slots=True)
class LocalFiles:
    """The files found so far, by the key of the S3 address of each; `notes` tell of missing ones."""

    document: Document
    place: Place
    by_key: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def packaged(self) -> dict[str, Any]:
        """Return the template with an address in place of each local file."""
        found = dict(self.document.value)
        found["Resources"] = {
            logical_id: self._resource(logical_id, about)
            for logical_id, about in self.document.section("Resources").items()
        }
        return found

    def address(self, named: str, members: tuple[str, ...], where: str) -> Any:
        """Return an S3 address for the local path *named*, itself where it is no local path."""
        if _is_remote(named):
            return named
        path = (self.document.path.parent / named).resolve()
        if not path.exists():
            self.notes.append(f"{self.document.at(where)}: {where} is {named!r}, and {path} is not there")
        key = _digest(path) if path.exists() else hashlib.sha256(named.encode()).hexdigest()
        key = f"{key[:32]}{path.suffix if path.is_file() else '.zip'}"
        if path.exists():
            self.by_key[key] = path
            self._note_requirements(path, where)
        bucket = f"local-files-{self.place.account}-{self.place.region}"
        return f"s3://{bucket}/{key}" if len(members) == 1 else dict(zip(members, (bucket, key), strict=True))

    def _note_requirements(self, path: Path, where: str) -> None:
        """SAM's CLI installs what requirements.txt lists before it packages; nothing is installed here."""
        if (path / "requirements.txt").is_file() and ".aws-sam" not in path.parts:
            self.notes.append(
                f"{self.document.at(where)}: {path / 'requirements.txt'} is not installed; "
                "run `sam build` and give .aws-sam/build/template.yaml where the code needs more than boto3"
            )

    def _resource(self, logical_id: str, about: Any) -> Any:
        properties = about.get("Properties") if isinstance(about, Mapping) else None
        if not isinstance(properties, Mapping):
            return about
        kind = str(about.get("Type"))
        found = dict(properties)
        for (its_type, name), members in _CODE.items():
            if its_type == kind:
                self._package(found, name.split("."), members, f"Resources.{logical_id}.Properties.{name}")
        for (its_type, name), instead in _DEFINITIONS.items():
            if its_type == kind and isinstance(found.get(name), str) and not _is_remote(found[name]):
                where = f"Resources.{logical_id}.Properties.{name}"
                found[instead] = self._definition(found.pop(name), where)
        return {**about, "Properties": found}

    def _package(self, found: dict[str, Any], path: list[str], members: tuple[str, ...], where: str) -> None:
        name, *deeper = path
        if deeper and isinstance(found.get(name), Mapping):
            found[name] = dict(found[name])
            self._package(found[name], deeper, members, where)
        elif isinstance(found.get(name), str):
            found[name] = self.address(found[name], members, where)

    def _definition(self, named: str, where: str) -> Any:
        path = self.document.path.parent / named
        if not path.exists():
            raise ScenarioError(f"{self.document.at(where)}: {where} is {named!r}, and {path} is not there")
        return parse_document(path, read_text(path)).value


def local_assets(resources: Mapping[str, Resource], by_key: Mapping[str, Path]) -> dict[tuple[str, str], str]:
    """Return the file behind each property that has an address whose key is in *by_key*."""
    return {
        (resource.logical_id, where): str(by_key[key])
        for resource in resources.values()
        for where, key in _addresses(resource.properties, "")
        if key in by_key
    }


def _addresses(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Yield path and key of every S3 address in *value*."""
    if isinstance(value, str) and value.startswith("s3://"):
        yield where, value.removeprefix("s3://").partition("/")[2]
    elif isinstance(value, Mapping):
        key = value.get("S3Key", value.get("Key"))
        if isinstance(key, str):
            yield where, key
        for name, each in value.items():
            yield from _addresses(each, f"{where}.{name}" if where else str(name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _addresses(each, f"{where}[{index}]")


def _is_remote(named: str) -> bool:
    return "://" in named


def _digest(path: Path) -> str:
    """Return a digest of the names and contents of a file or of a folder's files."""
    found = hashlib.sha256()
    for each in [path] if path.is_file() else sorted(_files(path)):
        found.update(str(each.relative_to(path)).encode() + b"\0")
        found.update(hashlib.sha256(each.read_bytes()).digest())
    return found.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.is_dir() and each.name not in _LEFT_OUT:
            yield from _files(each)
        elif each.is_file():
            yield each


def is_packaged(kind: str, name: str) -> bool:
    """Return whether the property *name* of the type *kind* may name a local file."""
    return (kind, name) in _CODE or (kind, name) in _DEFINITIONS
