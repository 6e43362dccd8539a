"""Values of parameters: from flags, files and defaults, as the template allows them."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.templates.documents import parse_document, read_document
from harness.templates.parameters import parameter_values, read_parameters

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod], ConstraintDescription: a stage}
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 9}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Ports: {Type: "List<Number>", Default: "80,443"}
  Code: {Type: String, Default: ab12, AllowedPattern: "[a-z]+[0-9]+", MinLength: 3, MaxLength: 5}
  Odd: {Type: String, Default: x, AllowedPattern: "(?<n>"}
  Image: {Type: "AWS::SSM::Parameter::Value<String>", Default: /image}
  On: {Type: String, Default: true}
"""


def values(given: dict[str, str], text: str = TEMPLATE) -> dict[str, Any]:
    return parameter_values(parse_document(Path("t.yaml"), text), given)


def test_defaults_and_given_values() -> None:
    """Texts, but for lists; one that Systems Manager keeps is a dynamic reference."""
    assert values({"Size": "5"}) == {
        "Stage": "dev",
        "Size": "5",
        "Zones": ["a", "b"],
        "Ports": ["80", "443"],
        "Code": "ab12",
        "Odd": "x",
        "Image": "{{resolve:ssm:/image}}",
        "On": "true",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Stage": "test"}, r"t\.yaml:3: parameter 'Stage': 'test' is none of dev, prod \(a stage\)"),
        ({"Size": "x"}, "t.yaml:4: parameter 'Size': 'x' is no number"),
        ({"Size": "0"}, "0 is below 1"),
        ({"Size": "10"}, "10 is above 9"),
        ({"Ports": "80,x"}, "'x' is no number"),
        ({"Code": "12"}, r"'12' does not match \[a-z\]"),
        ({"Code": "a1"}, "'a1' has fewer than 3 characters"),
        ({"Code": "abcd12"}, "'abcd12' has more than 5 characters"),
        ({"Stag": "dev"}, "no parameter 'Stag'; did you mean 'Stage'"),
        ({"Wholly": "other"}, "no parameter 'Wholly'; it has Stage, Size"),
    ],
)
def test_values_that_the_template_does_not_allow(given: dict[str, str], said: str) -> None:
    """The parameter is named, and its line."""
    with pytest.raises(ScenarioError, match=said):
        values(given)


def test_all_that_is_missing_is_told_at_once() -> None:
    """With the flags to give."""
    text = "Parameters:\n  Mail: {Type: String}\n  Size: {Type: Number}\n"
    with pytest.raises(
        ScenarioError,
        match=r"'Mail' \(line 2\), 'Size' \(line 3\) have no default; give --parameter Mail=VALUE --p",
    ):
        values({}, text)
    document = parse_document(Path("t.yaml"), text)
    assert parameter_values(document, {"Size": "1"}, all_needed=False) == {"Size": "1"}
    with pytest.raises(ScenarioError, match=r"'Mail' \(line 2\) has no default"):
        values({"Size": "1"}, text)


def test_a_parameter_that_is_no_object() -> None:
    """It is named with its line."""
    with pytest.raises(ScenarioError, match=r"t\.yaml:2: parameter 'Mail' must be an object"):
        values({}, "Parameters:\n  Mail: x\n")


def test_a_template_without_parameters_takes_none() -> None:
    """It is said that it has none."""
    with pytest.raises(ScenarioError, match="no parameter 'A'; it has none"):
        values({"A": "1"}, "Resources: {}")


@pytest.mark.parametrize(
    "text",
    [
        '[{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "ParameterValue": true}]',
        '["A=1", "B=true"]',
        '{"Parameters": {"A": 1, "B": "true"}}',
        '{"A": "1", "B": true}',
    ],
)
def test_parameter_files(tmp_path: Path, text: str) -> None:
    """Every form that AWS's tools take."""
    (tmp_path / "p.json").write_text(text)
    assert read_parameters(tmp_path / "p.json") == {"A": "1", "B": "true"}


SAMCONFIG = "version = 0.1\n[default.deploy.parameters]\nparameter_overrides = "


@pytest.mark.parametrize("overrides", ["'A=1 B=\"a b\"'", '["A=1", "B=a b"]'])
def test_the_parameters_of_sam_s_own_file(tmp_path: Path, overrides: str) -> None:
    """Those of its default environment, as a text or a list."""
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG + overrides)
    assert read_parameters(tmp_path / "samconfig.toml") == {"A": "1", "B": "a b"}


@pytest.mark.parametrize(
    ("text", "found"), [("version = 0.1", {}), ("default = 1", {}), ("[default.deploy]\nparameters = 1", {})]
)
def test_sam_s_file_without_parameters(tmp_path: Path, text: str, found: dict[str, str]) -> None:
    """Gives none."""
    (tmp_path / "samconfig.toml").write_text(text)
    assert read_parameters(tmp_path / "samconfig.toml") == found


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    """It is named."""
    (tmp_path / "samconfig.toml").write_text("[default")
    with pytest.raises(ScenarioError, match=r"samconfig\.toml: this is not TOML"):
        read_parameters(tmp_path / "samconfig.toml")


@pytest.mark.parametrize("text", ['[{"Key": "A"}]', '{"A": {"B": 1}}', "5", '["A"]'])
def test_files_that_hold_no_parameters(tmp_path: Path, text: str) -> None:
    """The file is named."""
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(ScenarioError, match=r"p\.json: .*ParameterKey"):
        read_parameters(tmp_path / "p.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(ScenarioError, match=r"t\.yaml: there is no such file"):
        read_document(tmp_path / "t.yaml")
