"""A template of any language, read as one `Template`.

    harness audit stack.yaml           CloudFormation or SAM, JSON or YAML
    harness audit cdk.out              what `cdk synth` writes
    harness audit infra/               Terraform: a folder, a .tf file, or `terraform show -json`
    harness audit program/             Pulumi: a folder with Pulumi.yaml

The language follows from what is in the file or folder, not from its name.
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.templates.assets import LocalFiles, local_assets
from harness.templates.cdk import chosen_stack, is_cloud_assembly, moved_elsewhere
from harness.templates.cloudformation import SAM_TRANSFORM, build
from harness.templates.documents import Document, read_document
from harness.templates.includes import with_includes
from harness.templates.loops import TRANSFORM as LANGUAGE_EXTENSIONS
from harness.templates.loops import written_out
from harness.templates.model import Language, Template
from harness.templates.nested import flattened
from harness.templates.parameters import parameter_values
from harness.templates.place import Place

REGION, ACCOUNT = "us-east-1", "123456789012"

MOST_NESTED = 500
"""Nested templates that one may hold, also through others: each that holds two would double them."""

IN_FOLDER = ("template.yaml", "template.yml", "template.json")
"""What SAM's tools look for in a folder, in this order."""


def load(
    path: str | Path,
    *,
    parameters: Mapping[str, str] | None = None,
    stack: str = "",
    region: str = REGION,
    account: str = ACCOUNT,
) -> Template:
    """Return what the template at *path* declares.

    *parameters* are values of the template's parameters (Terraform's variables, Pulumi's configuration).
    *stack* is the stack's name, made from the file's unless given; of a CDK application with several it
    chooses one. Raises ScenarioError whose message begins with file and line.
    """
    path = Path(path)
    given = parameters or {}
    if not path.exists():
        raise ScenarioError(f"{path}: there is no such file or folder")
    place = Place(stack or stack_name(path), region, account)
    if _is_terraform(path):
        from harness.templates import terraform

        return terraform.load(path, parameters=given, stack=place.stack, region=region, account=account)
    if path.name == "Pulumi.yaml" or (path / "Pulumi.yaml").is_file():
        from harness.templates import pulumi

        return pulumi.load(path, parameters=given, stack=place.stack, region=region, account=account)
    if path.is_dir():
        return _load_folder(path, given, stack, place)
    document = read_document(path)
    if "terraform_version" in document.value:
        from harness.templates import terraform

        return terraform.load_plan(path, parameters=given, stack=place.stack, region=region, account=account)
    return load_document(document, given, place)


def load_document(
    document: Document,
    given: Mapping[str, str],
    place: Place,
    *,
    files: Mapping[str, Path] | None = None,
    within: tuple[Path, ...] = (),
    nested: list[Path] | None = None,
) -> Template:
    """Return what a CloudFormation or SAM *document* declares.

    *files* are local files by their S3 keys, *within* the templates that it is nested in, *nested* all that
    were read as nested ones so far.
    """
    within = (*within, document.path.resolve())
    nested = [] if nested is None else nested
    transforms = _transforms(document)
    parameters = parameter_values(document, given)
    document = dataclasses.replace(document, value=with_includes(document, document.value))
    if SAM_TRANSFORM in transforms:
        return _load_sam(document, parameters, place, within, nested)
    local = LocalFiles(document, place, dict(files or {}))
    document = dataclasses.replace(document, value=local.packaged())
    if LANGUAGE_EXTENSIONS in transforms:
        document = written_out(document, parameters)
    language: Language = "cloudformation" if files is None else "cdk"
    template = build(document, parameters, place, language, tuple(local.notes))
    return _finished(template, local.by_key, within, nested)


def stack_name(path: Path) -> str:
    """Return a name for a stack from its file's: letters, digits and hyphens, a letter first."""
    stem = path.resolve().name.split(".")[0]
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "-", stem).strip("-")
    return cleaned if cleaned[:1].isalpha() else f"stack-{cleaned}".rstrip("-")


def _load_sam(
    document: Document,
    parameters: Mapping[str, Any],
    place: Place,
    within: tuple[Path, ...],
    nested: list[Path],
) -> Template:
    from harness.templates.sam import remembering, translate, with_code

    if LANGUAGE_EXTENSIONS in _transforms(document):
        document = written_out(document, parameters)
    document = with_code(document)
    local = LocalFiles(document, place)
    document = dataclasses.replace(document, value=local.packaged())
    made = translate(document, parameters, place)
    template = build(made, parameters, place, "sam", tuple(local.notes))
    return _finished(remembering(template, document), local.by_key, within, nested)


def _finished(
    template: Template, by_key: Mapping[str, Path], within: tuple[Path, ...], nested: list[Path]
) -> Template:
    """Return *template* with its local files, and with what its nested stacks hold."""

    def inner(path: Path, parameters: Mapping[str, str], place: Place) -> Template:
        if path.resolve() in within:
            raise ScenarioError(
                f"{template.file}: it holds {path}, and that holds it: nested stacks in a circle"
            )
        nested.append(path)
        if len(nested) > MOST_NESTED:
            raise ScenarioError(f"{template.file}: it is one of more than {MOST_NESTED} nested templates")
        files = by_key if template.language == "cdk" else None
        return load_document(
            read_document(path), parameters, place, files=files, within=within, nested=nested
        )

    template = dataclasses.replace(template, assets=local_assets(template.resources, by_key))
    return flattened(template, by_key, inner)


def _load_folder(folder: Path, given: Mapping[str, str], stack: str, place: Place) -> Template:
    for assembly in (folder, folder / "cdk.out"):
        if is_cloud_assembly(assembly):
            return _load_cdk(assembly, given, stack, place)
    if (folder / "cdk.json").is_file():
        raise ScenarioError(
            f"{folder}: a CDK application is read from what it synthesizes; run `cdk synth` first"
        )
    for name in IN_FOLDER:
        if (folder / name).is_file():
            return load_document(read_document(folder / name), given, place)
    raise ScenarioError(
        f"{folder}: there is no template.yaml, no manifest.json of the CDK, no .tf file and no Pulumi.yaml"
    )


def _load_cdk(assembly: Path, given: Mapping[str, str], stack: str, place: Place) -> Template:
    chosen = chosen_stack(assembly, stack)
    place = dataclasses.replace(place, stack=chosen.name)
    template = load_document(read_document(chosen.template), given, place, files=chosen.files)
    note = moved_elsewhere(chosen.environment, place.account, place.region)
    notes = (f"{chosen.template}: {note}", *template.not_covered) if note else template.not_covered
    return dataclasses.replace(template, not_covered=notes)


def _is_terraform(path: Path) -> bool:
    if path.is_dir():
        return any(path.glob("*.tf")) or any(path.glob("*.tf.json"))
    return path.suffix == ".tf" or path.name.endswith(".tf.json")


def _transforms(document: Document) -> list[str]:
    """Return the template's macros; ScenarioError for one that runs in an account."""
    given = document.value.get("Transform") or []
    found: list[Any] = given if isinstance(given, list) else [given]
    for each in found:
        if each not in (SAM_TRANSFORM, LANGUAGE_EXTENSIONS):
            name = each.get("Name", each) if isinstance(each, Mapping) else each
            raise ScenarioError(
                f"{document.at('Transform')}: the macro {name!r} runs in an account, not here; "
                "give the template that it makes (GetTemplate with TemplateStage Processed)"
            )
    return found
