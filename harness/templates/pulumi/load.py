"""A Pulumi program in Python as a Template."""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harness.config import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from harness.pulumi import Project, read_project, run_program
from harness.pulumi.process import NOWHERE
from harness.templates.model import Template, token
from harness.templates.place import Place
from harness.templates.provider import assemble
from harness.templates.pulumi.recorder import Known, Recorder, write_archive


def load(
    path: Path,
    *,
    parameters: Mapping[str, str] | None = None,
    stack: str = "",
    region: str = DEFAULT_REGION,
    account: str = DEFAULT_ACCOUNT_ID,
) -> Template:
    """Return what the program of the Pulumi project *path* declares.

    The program really runs, in a process of its own, with Pulumi's mocks in place of its engine: there is no
    preview, no state and no plugin. *parameters* are configuration ("key" or "project:key"). ScenarioError
    tells what the program raised, and where.
    """
    project = read_project(path, parameters or {}, stack)
    place = Place(stack or project.name, region, account)
    return template_of(project, place)


def template_of(
    project: Project,
    place: Place,
    *,
    known: Known = token,
    endpoint_url: str = NOWHERE,
) -> Template:
    """Run the program once and return what it declares; *known* gives attributes that are there already.

    Archives that the program puts together itself are written to folders that end with this process.
    """
    recorder = Recorder(place, known)
    exported = run_program(project, recorder.answer, endpoint_url=endpoint_url, region=place.region)
    resources, assets, notes = assemble(recorder.declared, place)
    secrets = [
        f"{project.folder}: the value of {key} is encrypted; give it as a parameter"
        for key in project.secrets
    ]
    return Template(
        "pulumi",
        str(project.program),
        place.stack,
        resources,
        outputs={name: {"Value": recorder.with_tokens(value)} for name, value in exported.items()},
        parameters=dict(project.config),
        assets=_packed(assets, recorder.written),
        not_covered=tuple(dict.fromkeys([*secrets, *recorder.notes, *notes])),
        region=place.region,
        account=place.account,
    )


def _packed(
    assets: Mapping[tuple[str, str], str], written: Mapping[str, Mapping[str, Any]]
) -> dict[tuple[str, str], str]:
    found = dict(assets)
    for key, path in assets.items():
        if path in written:
            folder = Path(tempfile.mkdtemp(prefix="archive-", dir=_packages().name))
            write_archive(written[path], folder)
            found[key] = str(folder)
    return found


@cache
def _packages() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="pulumi-")
