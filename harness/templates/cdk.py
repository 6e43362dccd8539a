"""What `cdk synth` writes: cdk.out with manifest.json, a template for each stack, and the files behind it.

Logical ids are the CDK's; `extra["Metadata"]["aws:cdk:path"]` has the construct's path.
https://docs.aws.amazon.com/cdk/v2/guide/deploy.html (cloud assemblies)
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.templates.documents import read_document

MANIFEST = "manifest.json"
_STACK, _ASSETS, _NESTED = "aws:cloudformation:stack", "cdk:asset-manifest", "cdk:cloud-assembly"


@dataclass(frozen=True, slots=True)
class SynthesizedStack:
    """One stack of an application: its name on AWS, the file of its template, its local files by S3 key.

    `environment` is "aws://ACCOUNT/REGION", either "unknown-account" or "unknown-region" where the
    application leaves it open.
    """

    artifact: str
    name: str
    template: Path
    environment: str
    files: Mapping[str, Path]


def is_cloud_assembly(folder: Path) -> bool:
    """Return whether *folder* is what `cdk synth` wrote."""
    return (folder / MANIFEST).is_file() and '"artifacts"' in (folder / MANIFEST).read_text(encoding="utf-8")


def chosen_stack(folder: Path, stack: str) -> SynthesizedStack:
    """Return the stack of the cloud assembly in *folder* that is called *stack*, the only one where it is "".

    Raises ScenarioError that lists the stacks.
    """
    stacks = list(_stacks(folder))
    found = [each for each in stacks if stack in (each.name, each.artifact)] if stack else stacks
    if len(found) == 1:
        return found[0]
    listed = ", ".join(sorted(each.name for each in stacks)) or "none"
    wanted = f"has no stack {stack!r}" if stack else "has not one stack"
    raise ScenarioError(
        f"{folder / MANIFEST}: the application {wanted}; say which of {listed} is meant (--stack)"
    )


def _stacks(folder: Path) -> Iterator[SynthesizedStack]:
    manifest = read_document(folder / MANIFEST)
    for name, artifact in manifest.section("artifacts").items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == _NESTED:
            yield from _stacks(folder / properties["directoryName"])
        elif artifact.get("type") == _STACK:
            if "templateFile" not in properties:
                where = manifest.at(f"artifacts.{name}")
                raise ScenarioError(f"{where}: stack {name!r} has no templateFile; run `cdk synth` again")
            yield SynthesizedStack(
                name,
                properties.get("stackName", name),
                folder / properties["templateFile"],
                artifact.get("environment", ""),
                _files(folder, manifest.section("artifacts"), artifact.get("dependencies", [])),
            )


def _files(folder: Path, artifacts: Mapping[str, Any], needed: list[str]) -> dict[str, Path]:
    """Return the files that the CLI would upload for a stack, by their keys in the bucket of assets."""
    found: dict[str, Path] = {}
    for name in needed:
        artifact = artifacts.get(name, {})
        if artifact.get("type") != _ASSETS:
            continue
        listed = json.loads((folder / artifact["properties"]["file"]).read_text(encoding="utf-8"))
        for about in listed.get("files", {}).values():
            path = about.get("source", {}).get("path")
            for destination in about.get("destinations", {}).values():
                if path is not None:
                    found[destination["objectKey"]] = folder / path
    return found


def moved_elsewhere(environment: str, account: str, region: str) -> str:
    """Return a sentence where the application was made for another account or region than these, else ""."""
    made_for = environment.removeprefix("aws://").split("/")
    here = (account, region)
    if len(made_for) != 2 or all(
        each.startswith("unknown-") or each == there for each, there in zip(made_for, here, strict=True)
    ):
        return ""
    return (
        f"the application is made for {environment}; ARNs written into it stay, "
        f"pseudo parameters are those of {account} in {region}"
    )
