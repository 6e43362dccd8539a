"""The scaling of a simulation, from AWS JSON, a CloudFormation template or Terraform.

    harness simulate --policy policy.json            arguments of AWS calls
    harness simulate --policy stack.yaml             CloudFormation, JSON or YAML
    harness simulate --policy infra/                 Terraform: folder, .tf, `terraform show -json`

docs/reference/traffic-and-policy-files.md describes every form. A policy AWS would refuse is refused with
AWS's words after the file, the line and the field.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.assemble import assemble
from harness.inputs.aws_json_policy import declared_in_json
from harness.inputs.input_files import parse_json, read_text
from harness.inputs.policy_value import Declared, PolicySet

__all__ = ["PolicySet", "read_policy"]


def read_policy(
    path: str | Path, *, target: str | None = None, parameters: Mapping[str, str] | None = None
) -> PolicySet:
    """Return the scaling that the file or folder *path* declares.

    *target* chooses one of several scalable targets by its name in the template, its resource id or its
    endpoint; *parameters* are values for the parameters of a template or the variables of Terraform. Raises
    ScenarioError that names file, line and field; RequestRefused where AWS would refuse.
    """
    return assemble(_declared(Path(path), parameters or {}), target)


def _declared(path: Path, parameters: Mapping[str, str]) -> Declared:
    if path.is_dir() or path.suffix == ".tf":
        from harness.inputs.terraform import declared_in_hcl  # the parser is slow to import

        return declared_in_hcl(path, parameters)
    if not path.exists():
        raise ScenarioError(f"--policy {path}: there is no such file")
    text = read_text(path)
    if not text.strip():
        raise ScenarioError(f"{path}: the file is empty; it must declare a scalable target and its policies")
    if text.lstrip()[0] not in "{[":
        from harness.inputs.cloudformation import declared_in_yaml

        return declared_in_yaml(path, text, parameters)
    return _declared_json(path, text, parse_json(path, text), parameters)


def _declared_json(path: Path, text: str, value: Any, parameters: Mapping[str, str]) -> Declared:
    if isinstance(value, Mapping) and "Resources" in value:
        from harness.inputs.cloudformation import declared_in_template
        from harness.templates.json_lines import line_of

        return declared_in_template(path, value, parameters, lambda where: line_of(text, where))
    if isinstance(value, Mapping) and "terraform_version" in value:
        from harness.inputs.terraform_plan import declared_in_plan

        return declared_in_plan(path, text, value)
    return declared_in_json(path, text, value)
