"""Dynamic references, packages of local code, and refusals."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from harness.stacks.dynamic import resolved
from harness.stacks.kind import Refused, Surroundings, Unreachable
from harness.stacks.packages import packed
from harness.stacks.types.functions import code_of


class Keeper:
    """Systems Manager and Secrets Manager, with one value each."""

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> Any:  # noqa: N803
        return {"Parameter": {"Value": f"{Name}{'!' if WithDecryption else ''}"}}

    def get_secret_value(self, *, SecretId: str, **_more: str) -> Any:  # noqa: N803
        return {"SecretString": f'{{"user": "{SecretId}"}}'}


def where(service: Any) -> Surroundings:
    return Surroundings(lambda _name: service, "us-east-1", "123456789012", lambda _s: None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{resolve:ssm:/a/b}}", "/a/b"),
        ("<{{resolve:ssm-secure:c:2}}>", "<c:2!>"),
        ("{{resolve:secretsmanager:db:SecretString:user}}", "db"),
        ("{{resolve:secretsmanager:db}}", '{"user": "db"}'),
        ("${resolve}", "${resolve}"),
    ],
)
def test_a_dynamic_reference_becomes_its_value(text: str, wanted: str) -> None:
    """Wherever it stands."""
    assert resolved({"A": [text]}, where(Keeper())) == {"A": [wanted]}


def test_a_secret_without_that_key_is_refused() -> None:
    """Naming both."""
    with pytest.raises(Refused, match="JSONKey other in db"):
        resolved("{{resolve:secretsmanager:db:SecretString:other}}", where(Keeper()))


def test_a_folder_is_packed_to_the_same_bytes_each_time(tmp_path: Path) -> None:
    """Without what Python leaves in it."""
    (tmp_path / "app.py").write_text("x = 1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "app.pyc").write_text("")
    made = packed(tmp_path)
    assert zipfile.ZipFile(BytesIO(made)).namelist() == ["app.py"]
    assert packed(tmp_path) == made


def test_a_zip_is_sent_as_it_is(tmp_path: Path) -> None:
    """It was packed by its owner."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("app.py", "")
    assert packed(tmp_path / "a.zip") == (tmp_path / "a.zip").read_bytes()


def test_code_in_a_template_is_a_file_called_index() -> None:
    """Lambda names it after the runtime's language."""
    made = code_of({"Runtime": "python3.11", "Code": {"ZipFile": "x = 1"}})["ZipFile"]
    assert zipfile.ZipFile(BytesIO(made)).read("index.py") == b"x = 1"
    with pytest.raises(Refused, match="either of nodejs or python"):
        code_of({"Runtime": "java21", "Code": {"ZipFile": "class"}})


def test_a_service_that_refuses_and_one_that_is_away_are_told_apart() -> None:
    """By what boto3 raises, which nobody here imports."""
    from harness.sessions import client

    asked = where(client("sqs", "http://127.0.0.1:9"))
    with pytest.raises(Unreachable, match="sqs did not answer list_queues"):
        asked.call("sqs", "list_queues")
    with pytest.raises(Refused, match='Missing required parameter in input: "QueueName"'):
        asked.call("sqs", "create_queue")
