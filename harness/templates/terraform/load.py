"""A folder of .tf files, one such file, or what `terraform show -json` prints, as a Template."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.config import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from harness.templates.model import Template
from harness.templates.place import Place
from harness.templates.provider import Declared, assemble
from harness.templates.terraform.module import Module
from harness.templates.terraform.world import World


def load(
    path: Path,
    *,
    parameters: Mapping[str, str] | None = None,
    stack: str = "",
    region: str = "",
    account: str = DEFAULT_ACCOUNT_ID,
) -> Template:
    """Return what the Terraform files of *path* declare.

    *parameters* are values of the root module's variables, as `-var` gives them. The region is the one given,
    else the provider's own, else us-east-1. ScenarioError names file and line: no Terraform, a variable
    without a value, a circle of references.
    """
    folder = path if path.is_dir() else path.parent
    root = _root(path, parameters or {}, Place(stack or folder.resolve().name, region, account))
    world = root.world
    resources, assets, notes = assemble(list(root.declared()), world.place)
    return Template(
        "terraform",
        str(path),
        world.place.stack,
        resources,
        outputs=root.outputs(),
        parameters=root.variables(),
        assets={key: world.absolute(file) for key, file in assets.items()},
        not_covered=tuple(dict.fromkeys([*world.notes, *notes])),
        region=world.place.region,
        account=world.place.account,
    )


def declared_in(path: Path, parameters: Mapping[str, Any], place: Place) -> list[Declared]:
    """Return the resources that the files of *path* declare, in the provider's own arguments."""
    return list(_root(path, parameters, place).declared())


def _root(path: Path, parameters: Mapping[str, Any], place: Place) -> Module:
    world = World(place, path if path.is_dir() else path.parent)
    root = Module.read(path, world)
    root.take(parameters)
    if not place.region:
        world.place = Place(place.stack, root.provider_region() or DEFAULT_REGION, place.account)
    return root


def load_plan(
    path: Path,
    *,
    parameters: Mapping[str, str] | None = None,
    stack: str = "",
    region: str = "",
    account: str = DEFAULT_ACCOUNT_ID,
) -> Template:
    """Return what a plan or a state declares, as `terraform show -json` prints it; see `plan`.

    *parameters* have their values in it already.
    """
    from harness.templates.terraform.plan import template_of_plan

    return template_of_plan(path, stack=stack, region=region, account=account)
