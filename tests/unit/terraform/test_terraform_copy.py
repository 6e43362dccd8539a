"""The copy that Terraform works in, and what it says when it fails; no Terraform runs here."""

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.templates.hcl import parse
from harness.terraform.copy import OVERRIDE, copied, override, variables_of
from harness.terraform.program import Diagnostic

URL = "http://127.0.0.1:4566"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "team" / "infra"
    made.mkdir(parents=True)
    (tmp_path / "team" / "modules").mkdir()
    (tmp_path / "team" / "modules" / "m.tf").write_text("")
    for name in ("main.tf", "terraform.tfstate", "terraform.tfstate.backup"):
        (made / name).write_text("")
    (made / ".terraform").mkdir()
    return made


def test_state_stays_and_what_lies_beside_is_seen(folder: Path, tmp_path: Path) -> None:
    """Relative paths to modules hold; the user's state is neither used nor changed."""
    copy = copied(folder, tmp_path / "work")
    assert [path.name for path in copy.iterdir()] == ["main.tf"]
    assert (copy / ".." / "modules" / "m.tf").resolve() == tmp_path / "team" / "modules" / "m.tf"
    assert copy.resolve().is_relative_to(tmp_path / "work")


def test_every_provider_is_overridden(folder: Path) -> None:
    """Account, role, endpoints and backend of the user's are replaced, an alias keeps its name."""
    (folder / "main.tf").write_text(
        'terraform {\n  backend "s3" {}\n}\nprovider "aws" {\n  profile = "live"\n  assume_role {}\n'
        '  endpoints {\n    sqs = "http://localhost:1"\n    s3 = "x"\n  }\n}\n'
        'provider "aws" {\n  alias = "west"\n}\nprovider "random" {}\n'
    )
    override(folder, URL, "eu-west-1")
    body = parse((folder / OVERRIDE).read_text(), OVERRIDE)
    (settings,), providers = body.of_type("terraform"), body.of_type("provider")
    assert [block.labels for block in settings.body.of_type("backend")] == [("local",)]
    first, second = (block.body for block in providers)
    said = {name: getattr(each.expression, "value", None) for name, each in first.attributes.items()}
    assert (said["region"], said["access_key"], said["profile"]) == ("eu-west-1", "test", None)
    assert len(first.of_type("assume_role")) == 1
    (endpoints,) = first.of_type("endpoints")
    assert {getattr(each.expression, "value", "") for each in endpoints.body.attributes.values()} == {URL}
    assert getattr(second.attributes["alias"].expression, "value", "") == "west"
    assert second.of_type("endpoints") == []


def test_without_a_provider_there_is_one_to_override(folder: Path) -> None:
    """Terraform refuses an override of what is not there."""
    override(folder, URL, "us-east-1")
    written = [path for path in folder.glob("*.tf") if parse(path.read_text(), path.name).of_type("provider")]
    assert len(written) == 2


def test_an_alias_that_is_no_text_is_refused(folder: Path) -> None:
    """Terraform would refuse it too."""
    (folder / "main.tf").write_text('provider "aws" {\n  alias = var.a\n}\n')
    with pytest.raises(ScenarioError, match=r"main\.tf, line 1"):
        override(folder, URL, "us-east-1")


def test_variables_are_given_as_options() -> None:
    """One option each."""
    assert variables_of({"a": "1", "b": "x y"}) == ["-var=a=1", "-var=b=x y"]


def test_an_error_says_its_place() -> None:
    """File, line and address, then what it is, in one line."""
    told = Diagnostic("creating Role:", "it is\n  refused.", "aws_iam_role.r", "main.tf", 3)
    assert str(told) == "main.tf, line 3, aws_iam_role.r: creating Role:. it is refused"
    assert str(Diagnostic("no network")) == "no network"
