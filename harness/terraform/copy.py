"""The copy that Terraform works in: the user's files as they are, and one that overrides their providers."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.config import ACCESS_KEY, SECRET_KEY
from harness.errors import ScenarioError
from harness.templates.hcl import Block, Body
from harness.templates.hcl.nodes import Literal
from harness.templates.terraform.world import bodies

OVERRIDE = "zz_harness_override.tf"
_LEFT_OUT = shutil.ignore_patterns(
    ".terraform", "*.tfstate", "*.tfstate.*", ".git", ".terraform.tfstate.lock.info"
)
# How many folders above are seen from the copy: modules and code often lie beside it.
_ABOVE = 3


def copied(folder: Path, work: Path) -> Path:
    """Return a copy of *folder* below *work*; what lies beside it and above is linked, for relative paths."""
    folder = folder.resolve()
    above = list(folder.parents)[:_ABOVE]
    at = work / "files"
    at.mkdir(parents=True)
    for outer, inner in zip(reversed(above), [*reversed(above[:-1]), folder], strict=True):
        for beside in outer.iterdir() if os.access(outer, os.R_OK) else ():
            if beside != inner and beside != work and beside not in work.parents:
                (at / beside.name).symlink_to(beside)
        at = at / inner.name
        if inner != folder:
            at.mkdir()
    shutil.copytree(folder, at, ignore=_LEFT_OUT, symlinks=True)
    return at


def override(copy: Path, endpoint_url: str, region: str) -> None:
    """Write the file that lets every AWS provider of *copy* speak to *endpoint_url* alone.

    The state stays in the copy, whatever the files say of a backend. Terraform documentation, "Override
    Files": an argument replaces the one of the same name, a block all those of its type.
    """
    files = bodies(copy)
    providers = [block for body in files.values() for block in _providers(body)]
    if all("alias" in block.body.attributes for block in providers):
        (copy / OVERRIDE.replace("_override", "_provider")).write_text('provider "aws" {}\n')
        providers.append(Block("provider", ("aws",), Body(), "", 0))
    text = ['terraform {\n  backend "local" {}\n}\n']
    text += [_provider(block, endpoint_url, region) for block in providers]
    (copy / OVERRIDE).write_text("".join(text))


def _providers(body: Body) -> list[Block]:
    return [block for block in body.of_type("provider") if block.labels == ("aws",)]


def _provider(block: Block, endpoint_url: str, region: str) -> str:
    alias = block.body.attributes.get("alias")
    known: dict[str, Any] = {
        "region": region,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "token": None,
        "profile": None,
        "shared_config_files": None,
        "shared_credentials_files": None,
        "skip_metadata_api_check": True,
        "skip_region_validation": True,
        "s3_use_path_style": True,
    }
    if alias is not None:
        known = {"alias": _text(block, alias.expression), **known}
    lines = [f"  {name} = {_shown(value)}" for name, value in known.items()]
    for type_ in ("assume_role", "assume_role_with_web_identity"):
        lines += [f"  {type_} {{}}"] if block.body.of_type(type_) else []
    services = {name for one in block.body.of_type("endpoints") for name in one.body.attributes}
    if services:
        lines.append("  endpoints {")
        lines += [f'    {name} = "{endpoint_url}"' for name in sorted(services)]
        lines.append("  }")
    return 'provider "aws" {\n' + "\n".join(lines) + "\n}\n"


def _text(block: Block, expression: Any) -> str:
    if not isinstance(expression, Literal):
        raise ScenarioError(f"{block.file}, line {block.line}: the alias of a provider is a plain text")
    return str(expression.value)


def _shown(value: Any) -> str:
    return {None: "null", True: "true"}.get(value) or f'"{value}"'


def variables_of(given: Mapping[str, str]) -> list[str]:
    """Return the options that give Terraform its variables."""
    return [f"-var={name}={value}" for name, value in given.items()]
