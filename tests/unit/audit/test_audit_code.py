"""What is seen of a function's code: what its handler reaches, the calls in it, where its files come from."""

import zipfile
from pathlib import Path

import pytest

from harness.audit.code import Code
from harness.audit.packages import MOST_BYTES, MOST_FILE_BYTES, package_at, packages
from harness.audit.view import View
from harness.templates.model import Resource, Template

APP = """
import boto3, helpers
from store import keep as put_away
from missing import nothing

client, table, made_of["x"] = boto3.client("sqs"), boto3.resource("dynamodb").Table("items"), 3
made: object = boto3.client(service_name="sns")

def handler(event, context):
    helpers.send(event)
    put_away(event)
    nothing()
    with table.batch_writer() as writer:
        writer.put_item(Item=event)
    made.publish(**event)

def never(event):
    client.purge_queue(QueueUrl="q")
"""
HELPERS = """
import boto3

class Sender:
    def __init__(self):
        self.queue = boto3.client("sqs")

    def send(self, event):
        self.queue.send_message(QueueUrl="q", MessageBody="b")

def send(event):
    Sender().send(event)
"""
STORE = "import boto3\n\ndef keep(event):\n    boto3.client('s3').put_object(Key='k')\n"


@pytest.fixture
def code() -> Code:
    """A package of three files."""
    return Code({"app.py": APP, "helpers.py": HELPERS, "store/__init__.py": STORE}, "app.py", "handler")


def test_calls_are_those_that_the_handler_reaches(code: Code) -> None:
    """Through functions, classes and modules of the package, and not what nobody calls."""
    found = {(each.service, each.method, each.file) for each in code.calls}
    assert {
        ("sqs", "send_message", "helpers.py"),
        ("s3", "put_object", "store/__init__.py"),
        ("dynamodb", "batch_writer", "app.py"),
        ("sns", "publish", "app.py"),
    } <= found
    assert "purge_queue" not in {method for _, method, _ in found}


def test_what_a_batch_writer_writes_is_one_call_of_the_table(code: Code) -> None:
    """put_item of a batch writer is BatchWriteItem."""
    assert ("dynamodb", "put_item") not in {(each.service, each.method) for each in code.calls}


def test_arguments_of_a_call_are_seen(code: Code) -> None:
    """A keyword is given or not; a mapping may bring any."""
    calls = {each.method: each for each in code.calls}
    assert calls["send_message"].given("MessageBody") is not None
    assert calls["send_message"].given("MessageGroupId") is None
    assert (calls["publish"].is_open, calls["send_message"].is_open) == (True, False)


def test_code_that_does_not_parse_has_nothing_in_it() -> None:
    """A syntax error is Lambda's to tell."""
    broken = Code({"app.py": "def handler(:"}, "app.py", "handler")
    assert (broken.calls, broken.words, broken.has_handler()) == ((), frozenset(), False)


def test_an_imported_handler_is_a_handler() -> None:
    """`from other import handler` is enough for Lambda."""
    assert Code({"app.py": "from other import handler"}, "app.py", "handler").has_handler()
    assert Code({"app.py": "handler = print"}, "app.py", "handler").has_handler()


def _view(code: Path) -> View:
    worker = Resource(
        "Worker", "AWS::Lambda::Function", {"Runtime": "python3.12", "Handler": "app.handler"}, file="t.yaml"
    )
    template = Template("sam", "t.yaml", "s", {"Worker": worker}, assets={("Worker", "Code"): str(code)})
    return View(template, packages(template))


def test_a_folder_is_read_without_what_is_installed_in_it(tmp_path: Path) -> None:
    """Python files of the package count; environments, caches and huge files do not."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.py").write_text("")
    (tmp_path / "big.py").write_text("#" * (MOST_FILE_BYTES + 1))
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "note.txt").write_text("")
    found = _view(tmp_path).packages["Worker"]
    assert list(found.files) == ["app.py"]
    assert found.root == tmp_path.as_posix()


def test_a_zip_is_read(tmp_path: Path) -> None:
    """A package that was built is opened."""
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", APP)
        archive.writestr("lib/data.bin", b"x")
    assert package_at(path).files == {"app.py": APP}


def test_a_single_file_is_a_package(tmp_path: Path) -> None:
    """Terraform and Pulumi may name one file."""
    path = tmp_path / "app.py"
    path.write_text(APP)
    assert package_at(path).files == {"app.py": APP}


def test_what_cannot_be_read_is_empty(tmp_path: Path) -> None:
    """A package that is not built yet, or no zip at all, says nothing."""
    (tmp_path / "code.zip").write_bytes(b"no zip")
    assert package_at(tmp_path / "code.zip").files == {}
    assert package_at(tmp_path / "gone.zip").files == {}


def test_a_package_is_read_up_to_a_size(tmp_path: Path) -> None:
    """A package of megabytes of source is what people install, not what they write."""
    for number in range(1 + MOST_BYTES // MOST_FILE_BYTES):
        (tmp_path / f"part_{number}.py").write_text("#" * MOST_FILE_BYTES)
    assert len(package_at(tmp_path).files) == MOST_BYTES // MOST_FILE_BYTES
