"""Pulumi programs that really run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.pulumi import read_project, run_program
from harness.templates.load import load

pytest.importorskip("pulumi_aws")
pytestmark = pytest.mark.long  # the SDK takes longer to install than most tests take
Program = Callable[[str], Path]

ARCHIVE = """
import pulumi, pulumi_aws as aws

print("a program may print")
code = pulumi.AssetArchive({"index.py": pulumi.StringAsset("x = 1\\n"), "own": pulumi.FileArchive(".")})
function = aws.lambda_.Function("work", code=code, role="r", handler="index.x", runtime="python3.12")
queue = aws.sqs.Queue("jobs", tags={"host": function.arn.apply(lambda arn: arn.split(":")[3])})
aws.ssm.Parameter("where", type="String", value=queue.url.apply(lambda url: url.split("/")[2]))
pulumi.export("size", pulumi.Config().require_int("size"))
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    def write(text: str) -> Path:
        (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(text)
        return tmp_path

    return write


def test_a_program_is_a_template(program: Program) -> None:
    """Its code packed, texts taken apart, its configuration given, each resource with its line."""
    template = load(program(ARCHIVE), parameters={"size": "5"})
    assert template.language == "pulumi"
    assert template.outputs == {"size": {"Value": 5}}
    function, queue = template.resources["lambda.Function.work"], template.resources["sqs.Queue.jobs"]
    assert ARCHIVE.splitlines()[(function.line or 0) - 1].startswith("function = ")
    assert queue.properties["Tags"] == [{"Key": "host", "Value": "us-east-1"}]
    value = template.resources["ssm.Parameter.where"].properties["Value"]
    assert value == "sqs.us-east-1.amazonaws.com"
    packed = Path(template.assets["lambda.Function.work", "Code"])
    assert (packed / "index.py").read_text() == "x = 1\n"
    assert (packed / "own" / "__main__.py").is_file()


def test_what_a_program_raises_is_said_with_its_place(program: Program) -> None:
    """File and line of the program, not of what runs it."""
    folder = program('import pulumi_aws as aws\n\naws.sqs.Queue("a")\nraise ValueError("no data")\n')
    with pytest.raises(ScenarioError, match=r"__main__\.py, line 4: ValueError: no data"):
        load(folder)


def test_a_program_that_does_not_end_is_ended(program: Program) -> None:
    """And one that ends at once says what it printed last."""
    stuck = read_project(program("import time\ntime.sleep(60)\n"), {})
    with pytest.raises(ScenarioError, match="nothing was heard from it within 1 s"):
        run_program(stuck, lambda _: {}, region="us-east-1", patience_s=1.0)
    gone = read_project(program("import os\nprint('bye', flush=True)\nos._exit(3)\n"), {})
    with pytest.raises(ScenarioError, match="ended before its end: bye"):
        run_program(gone, lambda _: {}, region="us-east-1")
