"""Files that somebody made to hurt: each is refused in one sentence, quickly, in bounded memory."""

import gzip
import re
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.inputs import input_files, trace_csv
from harness.inputs.policy_files import read_policy
from harness.inputs.traffic import read_traffic
from harness.templates import hcl as _hcl  # noqa: F401, its parts are looked up by name
from harness.templates import load as load_module
from harness.templates import yaml_lines
from harness.templates.load import load
from harness.templates.order import order

QUEUE = "  A{0}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: {1}}}}}\n"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the bounds that take seconds to reach."""
    monkeypatch.setattr(yaml_lines, "MOST_NODES", 2_000)
    monkeypatch.setattr(sys.modules["harness.templates.hcl.evaluate"], "MOST_ITEMS", 2_000)
    monkeypatch.setattr(load_module, "MOST_NESTED", 20)


def refused(path: Path) -> str:
    """Return what the reader of templates says of *path*; that of policies may find nothing to say."""
    with suppress(HarnessError):
        read_policy(path)
    with pytest.raises(HarnessError) as refusal:
        order(load(path))
    said = str(refusal.value)
    assert "\n" not in said
    assert len(said) < 700
    return said


def doubled(made: str) -> str:
    """Return a template of names, each made of the one before by *made*."""
    return "Resources:\n  A0: {Type: AWS::SQS::Queue, Properties: {QueueName: xxxxxxxx}}\n" + "".join(
        QUEUE.format(each, made.format(each - 1)) for each in range(1, 40)
    )


LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{each}: &a{each} [{','.join([f'*a{each - 1}'] * 9)}]\n" for each in range(1, 9)
)
MERGES = "<<: [&a0 {k: 1}, " + ", ".join(
    f"&a{each} {{<<: [{','.join([f'*a{each - 1}'] * 9)}]}}" for each in range(1, 12)
)
IN_YAML = {
    "nested flow": ("a: " + "[" * 100_000, "nested more than 200 deep"),
    "nested blocks": ("a:\n  " + "- " * 100_000, "nested more than 200 deep"),
    "laughs": (LAUGHS, "more than 2000 values"),
    "merges of merges": (MERGES + "]\nResources: {}\n", "more than 2000 values"),
    "a number of base 60": ("a: 1" + ":1" * 50_000, "a number of"),
    "a number of base 16": ("a: 0x" + "f" * 50_000, "a number of"),
    "no boolean": ("a: !!bool x", "'x' is no bool"),
    "an object of Python's": ("a: !!python/object/apply:os.system [id]", "the tag .* is not known here"),
    "doubled by Sub": (
        doubled('!Sub "${{A{0}.QueueName}}${{A{0}.QueueName}}"'),
        "more than 1000000 characters",
    ),
    "doubled by Join": (
        doubled('!Join ["", [!GetAtt A{0}.QueueName, !GetAtt A{0}.QueueName]]'),
        "more than 1000000 characters",
    ),
    "blocks without end": (
        'Resources: {A: {Type: "AWS::SQS::Queue", Properties: {B: !Cidr ["0.0.0.0/0", 99999999, 1]}}}',
        "1 to 256 blocks",
    ),
    "a loop of long texts": (
        "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::L:\n    - V\n    - ["
        + "x" * 10_000
        + ']\n    - {T: {Type: AWS::SNS::Topic, Properties: {TopicName: "'
        + "${V}" * 1_000
        + '"}}}\n',
        "a text of more than 1000000 characters",
    ),
}


@pytest.mark.parametrize("what", IN_YAML)
def test_yaml(tmp_path: Path, what: str) -> None:
    """What libyaml, aliases, numbers or names would make of it never comes about."""
    text, said = IN_YAML[what]
    path = tmp_path / "t.yaml"
    path.write_text(text)
    assert re.search(said, refused(path))


IN_JSON = {
    "nested": ('{"Resources": ' + "[" * 500 + "]" * 500 + "}", "nested more than 200 deep"),
    "too many values": ("[" + "1," * 1_000 + "1]", "more than 1000 values"),
    "too long": (" " * (1 << 20) + " {}", "more than 1 MB of text"),
}


@pytest.mark.parametrize("what", IN_JSON)
def test_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Depth, number and length are bounded, also of what is compressed."""
    monkeypatch.setattr(input_files, "MOST_VALUES", 1_000)
    monkeypatch.setattr(input_files, "MOST_WHOLE_BYTES", 1 << 20)
    text, said = IN_JSON[what]
    for name, data in (("t.json", text.encode()), ("t.json.gz", gzip.compress(text.encode()))):
        (tmp_path / name).write_bytes(data)
        assert said in refused(tmp_path / name)


IN_HCL = {
    "brackets": "[" * 5_000 + "]" * 5_000,
    "digits": "9" * 5_000,
    "a range": "range(1000000000)",
    "a product": "setproduct(" + ", ".join(["range(10)"] * 12) + ")",
    "a width": 'format("%999999999d", 1)',
    "too few values": 'format("%s")',
    "no element": "element([], 0)",
    "powers": "pow(2, pow(2, pow(2, 10)))",
    "loops in loops": "[for a in range(999) : [for b in range(999) : [for c in range(999) : 1]]]",
    "a file without end": 'file("/dev/zero")',
    "laughs": 'yamldecode("' + LAUGHS.replace("\n", "\\n") + '")',
}


@pytest.mark.parametrize("what", IN_HCL)
def test_terraform(tmp_path: Path, what: str) -> None:
    """Functions and loops make no more than a configuration needs."""
    (tmp_path / "main.tf").write_text(
        f'resource "aws_appautoscaling_target" "t" {{\n  min_capacity = {IN_HCL[what]}\n}}\n'
    )
    with suppress(HarnessError):
        read_policy(tmp_path)
    with suppress(HarnessError):  # what the template's reader cannot work out is a note of its own
        assert len(repr(load(tmp_path))) < 100_000


@pytest.mark.parametrize("type_", ["variable", "module", "output"])
def test_blocks_without_their_names(tmp_path: Path, type_: str) -> None:
    """Told with the line."""
    (tmp_path / "main.tf").write_text(f"{type_} {{\n  a = 1\n}}\n")
    with pytest.raises(ScenarioError, match=rf"main\.tf, line 1: {type_} needs one name"):
        load(tmp_path)


@pytest.mark.parametrize("type_", ["provider", "dynamic", "locals", "check"])
def test_blocks_that_declare_nothing(tmp_path: Path, type_: str) -> None:
    """Passed over."""
    (tmp_path / "main.tf").write_text(f"{type_} {{\n  a = 1\n}}\n")
    assert not load(tmp_path).resources


def test_nested_stacks_that_double(tmp_path: Path) -> None:
    """Each holds the next one twice: some are enough."""
    for each in range(60):
        stack = f"{{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {each + 1}.yaml}}}}"
        (tmp_path / f"{each}.yaml").write_text(f"Resources:\n  A: {stack}\n  B: {stack}\n")
    (tmp_path / "60.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queue}}\n")
    with pytest.raises(ScenarioError, match="more than 20 nested templates"):
        load(tmp_path / "0.yaml")


def test_a_trace_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its lines and by what it inflates to."""
    monkeypatch.setattr(trace_csv, "MOST_ROWS", 3)
    (tmp_path / "rows.csv").write_text("at_s\n1\n2\n3\n4\n")
    with pytest.raises(ScenarioError, match="more than 3 lines"):
        read_traffic(tmp_path / "rows.csv")
    (tmp_path / "times.csv").write_text("at_s\n" + "2020-01-01T00:00:00Z\n" * 4)
    with pytest.raises(ScenarioError, match="more than 3 lines"):
        read_traffic(tmp_path / "times.csv")
    (tmp_path / "header.csv").write_text("a" * 200_000)
    with pytest.raises(ScenarioError, match="line 1: the header is"):
        read_traffic(tmp_path / "header.csv")
    with pytest.raises(ScenarioError, match="must be a finite number"):
        read_traffic("9" * 5_000 + "rps:1m")


def test_a_damaged_gzip_file_is_told(tmp_path: Path) -> None:
    """Its inner stream too, not its end alone."""
    data = bytearray(gzip.compress(b"at_s\n" + b"1\n" * 1_000))
    data[14:18] = b"\xff\xff\xff\xff"
    (tmp_path / "t.csv.gz").write_bytes(bytes(data))
    with pytest.raises(ScenarioError, match="the gzip file cannot be read"):
        read_traffic(tmp_path / "t.csv.gz")
