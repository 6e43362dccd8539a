"""Functions as clients of Lambda see them: what runs, what AWS refuses, and that nothing hangs."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from lambdas import (
    ACCOUNT,
    ECHO,
    LOGS,
    Stand,
    allow,
    code_of,
    lambdas,
    until,
    zipped,
)

from harness import journal
from harness.aws.functions.logs import FLUSH_AFTER_S
from harness.aws.functions.triggers import PATH
from harness.backends import Backend, open_backend
from harness.config import Settings


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with open_backend("embedded", Settings(), tmp_path_factory.mktemp("logs")) as made:
        yield made


@pytest.fixture(scope="module")
def stand(backend: Backend) -> Iterator[Stand]:
    """One backend and gateway for all tests here, whose functions have names of their own."""
    with lambdas(backend) as made:
        yield made


@pytest.fixture(scope="module")
def echo(stand: Stand) -> str:
    return stand.function(ECHO, Environment={"Variables": {"COLOUR": "blue"}})


@pytest.fixture(scope="module")
def role(stand: Stand) -> str:
    """A role for the functions that are to fail for another reason."""
    return stand.role(LOGS)


def test_a_handler_gets_the_event_and_lambdas_own_environment(stand: Stand, echo: str) -> None:
    """What it returns comes back, and its surroundings are those that Lambda gives it."""
    answer = stand.invoke(echo, {"a": 1})
    assert (answer.status, answer.error, answer.version) == (200, "", "$LATEST")
    told = answer.payload
    assert told["event"] == {"a": 1}
    environment = told["env"]
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == echo
    assert environment["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{echo}"
    assert environment["AWS_ENDPOINT_URL"] == stand.gateway.url
    assert environment["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"


def test_a_warm_environment_is_used_again(stand: Stand, echo: str) -> None:
    """Its process is the same one, and only the first invocation was cold."""
    pids = {stand.invoke(echo, {}).payload["pid"] for _ in range(3)}
    assert len(pids) == 1
    assert [each.cold for each in stand.of(journal.FunctionInvoked, echo)].count(True) <= 1


def test_a_log_ends_with_its_report(stand: Stand, echo: str) -> None:
    """LogType Tail gives START, what was printed, END and REPORT."""
    lines = stand.invoke(echo, {"n": 7}).log.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("START RequestId: "))
    assert lines[start + 1] == 'got {"n": 7}'
    assert lines[start + 2].startswith("END RequestId: ")
    assert "\tMemory Size: 128 MB\tMax Memory Used: " in lines[start + 3]


def test_the_log_is_in_cloudwatch(stand: Stand, echo: str) -> None:
    """It is written under the execution role, in the function's group."""
    stand.invoke(echo, {"seen": "here"})

    def found() -> list[str]:
        try:
            events = stand.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{echo}")["events"]
        except ClientError:
            return []
        return [each["message"] for each in events if '"seen": "here"' in each["message"]]

    assert len(until(found)) == 1


def test_calls_of_a_handler_are_those_of_its_role(stand: Stand) -> None:
    """It may do what the role may, as assumed-role/ROLE/FUNCTION, and is refused the rest."""
    code = """
import boto3, botocore
def handler(event, context):
    who = boto3.client("sts").get_caller_identity()["Arn"]
    try:
        boto3.client("sqs").create_queue(QueueName="not-mine")
    except botocore.exceptions.ClientError as error:
        return [who, error.response["Error"]["Code"]]
"""
    arn = stand.role(LOGS)
    name = stand.function(code, role=arn, Timeout=20)
    who, refused = stand.invoke(name).payload
    assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/{arn.rpartition('/')[2]}/{name}"
    assert "AccessDenied" in refused


def test_code_from_s3_runs_and_is_replaced(stand: Stand, role: str) -> None:
    """UpdateFunctionCode with another package is what runs next."""
    s3 = stand.client("s3")
    s3.create_bucket(Bucket="packages")
    for version in ("one", "two"):
        code = f"def handler(event, context):\n    return '{version}'\n"
        s3.put_object(Bucket="packages", Key=version, Body=zipped(app_py=code))
    name = "from-s3"
    stand.functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"S3Bucket": "packages", "S3Key": "one"},
    )
    assert stand.invoke(name).payload == "one"
    stand.functions.update_function_code(FunctionName=name, S3Bucket="packages", S3Key="two")
    assert stand.invoke(name).payload == "two"


def test_an_alias_leads_to_the_version_that_was_published(stand: Stand, role: str) -> None:
    """Later code is not what it runs, and the executed version is told."""
    name = stand.function("def handler(event, context):\n    return 1\n", role=role)
    stand.functions.publish_version(FunctionName=name)
    stand.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    stand.functions.update_function_code(
        FunctionName=name, ZipFile=zipped(app_py="def handler(event, context):\n    return 2\n")
    )
    by_alias, latest = stand.invoke(name, Qualifier="live"), stand.invoke(name)
    assert (by_alias.payload, by_alias.version) == (1, "1")
    assert (latest.payload, latest.version) == (2, "$LATEST")


def test_a_layer_is_importable(stand: Stand, role: str) -> None:
    """What lies under python/ in a layer can be imported; nothing of the harness can."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/shared.py", "WORD = 'layered'\n")
    layer = stand.functions.publish_layer_version(
        LayerName="shared", Content={"ZipFile": package.getvalue()}
    )["LayerVersionArn"]
    code = """
import importlib.util, shared
def handler(event, context):
    foreign = [name for name in ("harness", "numpy") if importlib.util.find_spec(name)]
    return [shared.WORD, foreign]
"""
    name = stand.function(code, role=role, Layers=[layer])
    assert stand.invoke(name).payload == ["layered", []]


def test_two_invocations_at_once_have_two_environments(stand: Stand, role: str) -> None:
    """Each works in a process of its own."""
    name = stand.function(
        "import os, time\ndef handler(event, context):\n    time.sleep(0.4)\n    return os.getpid()\n",
        role=role,
    )
    with ThreadPoolExecutor(2) as both:
        pids = {each.payload for each in both.map(lambda _: stand.invoke(name), range(2))}
    assert len(pids) == 2


def test_functions_run_over_another_backend_too(tmp_path: Path) -> None:
    """All that a backend need do is to keep what functions there are."""
    with open_backend("moto", Settings(), tmp_path) as moto, lambdas(moto) as other:
        name = other.function("def handler(event, context):\n    return event\n")
        other.functions.publish_version(FunctionName=name)
        other.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        answer = other.invoke(name, 5, Qualifier="live")
    assert (answer.payload, answer.version) == (5, "1")


@pytest.mark.parametrize(
    ("code", "error", "outcome"),
    [
        ("import nowhere\n", "Runtime.ImportModuleError", "init error"),
        ("def other(): pass\n", "Runtime.HandlerNotFound", "init error"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "init error"),
        ("raise KeyError('begin')\n", "KeyError", "init error"),
        ("def handler(event, context):\n    raise ValueError('no')\n", "ValueError", "error"),
        ("def handler(event, context):\n    return object()\n", "Runtime.MarshalError", "error"),
        ("import os\ndef handler(event, context):\n    os._exit(3)\n", "Runtime.ExitError", "crash"),
        (
            "def handler(event, context):\n    return 'x' * 7_000_000\n",
            "Function.ResponseSizeTooLarge",
            "response too large",
        ),
        (
            "def handler(event, context):\n    kept = bytearray(300_000_000)\n    return len(kept)\n",
            "Runtime.ExitError",
            "memory",
        ),
    ],
    ids=["import", "missing", "syntax", "init", "raises", "not-json", "exits", "7-mb", "memory"],
)
def test_a_handler_that_fails_is_an_unhandled_error(
    stand: Stand, role: str, code: str, error: str, outcome: str
) -> None:
    """The caller gets AWS's errorType, the log tells why, and the next invocation fares the same."""
    name = stand.function(code, role=role)
    for _ in range(2):
        answer = stand.invoke(name)
        assert (answer.status, answer.error, answer.payload["errorType"]) == (200, "Unhandled", error)
    assert "REPORT RequestId: " in answer.log
    assert {each.outcome for each in stand.of(journal.FunctionInvoked, name)} == {outcome}


def test_a_handler_that_never_returns_times_out(stand: Stand, role: str) -> None:
    """It is killed at its timeout, with what it started."""
    code = """
import subprocess, sys, time
def handler(event, context):
    print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
    while True:
        pass
"""
    name = stand.function(code, role=role, Timeout=1)
    answer = stand.invoke(name)
    assert answer.payload["errorType"] == "Sandbox.Timedout"
    assert answer.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "Status: timeout" in answer.log
    child = next(int(line) for line in answer.log.splitlines() if line.isdigit())
    until(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child))


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_an_environment_that_is_killed_is_replaced(stand: Stand, role: str) -> None:
    """The invocation that was under way fails, the next one runs in a new process."""
    name = stand.function(
        "import os, time\ndef handler(event, context):\n    time.sleep(event)\n    return os.getpid()\n",
        role=role,
    )
    first = stand.invoke(name, 0).payload
    with ThreadPoolExecutor(1) as other:
        under_way = other.submit(stand.invoke, name, 2)
        until(
            lambda: stand.stage._on_loop(lambda: any(e.is_busy for e in stand.stage.functions._pool.of(name)))
        )
        os.kill(first, 9)
        assert under_way.result().payload["errorType"] == "Runtime.ExitError"
    assert stand.invoke(name, 0).payload != first


def test_a_caller_without_permission_is_refused(stand: Stand, echo: str) -> None:
    """A handler whose role may not invoke another function gets AccessDeniedException."""
    code = f"""
import boto3, botocore
def handler(event, context):
    try:
        boto3.client("lambda").invoke(FunctionName="{echo}")
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "invoked"
"""
    denied = stand.function(code, Timeout=20)
    allowed = stand.function(code, Timeout=20, role=stand.role(LOGS, allow("lambda:InvokeFunction")))
    assert stand.invoke(denied).payload == "AccessDeniedException"
    assert stand.invoke(allowed).payload == "invoked"


def test_a_role_that_may_not_write_logs_writes_none(stand: Stand) -> None:
    """The function runs all the same, and its caller sees the tail."""
    name = stand.function(ECHO, role=stand.role())
    assert "got 1" in stand.invoke(name, 1).log
    sleep(2 * FLUSH_AFTER_S)
    groups = stand.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    assert groups == []


def test_nobody_but_the_backend_posts_events(stand: Stand, echo: str) -> None:
    """The house path takes them from who carries the backend's password."""
    asked = Request(f"{stand.gateway.url}{PATH}", b"{}", {"X-Harness-Judged": "guessed"})
    with pytest.raises(HTTPError) as caught:
        urlopen(asked, timeout=20)
    assert caught.value.code == 403
    caught.value.close()


def test_two_gateways_before_one_backend_do_not_meet(stand: Stand, backend: Backend, role: str) -> None:
    """Each runs functions in processes of its own; what the other one made is read from the backend."""
    name = stand.function("import os\ndef handler(event, context):\n    return os.getpid()\n", role=role)
    with lambdas(backend) as other, ThreadPoolExecutor(2) as both:
        pids = [each.payload for each in both.map(lambda one: one.invoke(name), (stand, other))]
    assert pids[0] != pids[1]
    assert stand.invoke(name).payload == pids[0]
    assert not Path(f"/proc/{pids[1]}").exists()


def test_a_deleted_function_is_gone(stand: Stand, role: str) -> None:
    """Its processes end, and nobody finds it."""
    name = stand.function("import os\ndef handler(event, context):\n    return os.getpid()\n", role=role)
    pid = stand.invoke(name).payload
    stand.functions.delete_function(FunctionName=name)
    with pytest.raises(ClientError) as caught:
        stand.invoke(name)
    assert code_of(caught.value)[0] == "ResourceNotFoundException"
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_client_context_reaches_the_handler(stand: Stand, role: str) -> None:
    """It is what the caller sent in base 64."""
    import base64

    name = stand.function(
        "def handler(event, context):\n    return context.client_context.custom\n", role=role
    )
    context = base64.b64encode(json.dumps({"custom": {"who": "me"}}).encode()).decode()
    assert stand.invoke(name, ClientContext=context).payload == {"who": "me"}
