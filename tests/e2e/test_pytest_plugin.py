"""The plugin in pytest runs of its own: under xdist, beside moto, with warnings as errors; and its end."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import none_left, started_by

pytest_plugins = ["pytester"]

QUIET = ("-p", "no:cacheprovider", "-W", "error")

SERVED = """
import json, os
import boto3, pytest
from botocore.exceptions import ClientError
from moto import mock_aws

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
LIST = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def names(client):
    return [url.rsplit("/", 1)[1] for url in client.list_queues().get("QueueUrls", [])]


@pytest.mark.parametrize("number", range(2))
def test_each_test_has_an_empty_backend(aws_session, aws_backend, number, tmp_path_factory):
    sqs = aws_session.client("sqs")
    assert isinstance(aws_session, boto3.Session)
    assert names(sqs) == []
    sqs.create_queue(QueueName=f"q{number}")
    assert names(sqs) == [f"q{number}"]
    assert [one.operation for one in aws_backend.calls("sqs")] == ["ListQueues", "CreateQueue", "ListQueues"]
    aws_session.resource("s3").create_bucket(Bucket="bucket")
    shared = tmp_path_factory.getbasetemp().parent
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    (shared / f"url-{worker}").write_text(aws_backend.url)


@mock_aws
def test_moto_mocks_the_others(aws_session):
    theirs = boto3.client("sqs", region_name="us-east-1")
    theirs.create_queue(QueueName="theirs")
    ours = aws_session.client("sqs")
    ours.create_queue(QueueName="ours")
    assert (names(theirs), names(ours)) == (["theirs"], ["ours"])


def test_code_that_makes_its_own_clients(aws_environment, aws_backend):
    boto3.client("sqs").create_queue(QueueName="made-somewhere")
    assert names(aws_backend.client("sqs")) == ["made-somewhere"]


def test_a_role_has_what_it_has(aws_backend):
    iam = aws_backend.client("iam")
    iam.create_role(RoleName="lister", AssumeRolePolicyDocument=policy(TRUST))
    iam.put_role_policy(RoleName="lister", PolicyName="list", PolicyDocument=policy(LIST))
    sqs = aws_backend.as_role("lister").client("sqs")
    assert names(sqs) == []
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.create_queue(QueueName="q")
"""


def test_fixtures_serve_workers_side_by_side(pytester: pytest.Pytester) -> None:
    """Two workers have a backend each, every test finds it empty, moto mocks the rest, no warning is left."""
    pytester.makepyfile(SERVED)
    ended = pytester.runpytest_subprocess(*QUIET, "-n", "2", "--basetemp", str(pytester.path / "tmp"))
    ended.assert_outcomes(passed=5)
    urls = [path.read_text() for path in (pytester.path / "tmp").glob("url-gw*")]
    assert len(urls) == len(set(urls)) >= 1


RANKER = """
from harness.scenario import Constant, Endpoint, Model, OpenModel, Payload, Role, Scenario, Variant
from harness.scenario import response_time

model = Model("m", build=lambda context: b"", role=Role("models"))
ranker = Endpoint("ranker", model, service_time_s=0.1, concurrency=1)


def workload(rps):
    return [OpenModel(ranker, rate=Constant(rps, over_s=60), payload=Payload("row", ["1"]))]


scenario = Scenario(
    name="ranker",
    description="A ranker.",
    resources=[ranker],
    workload=workload(2),
    expectations=[response_time(ranker, 0.5).below(0.15, "what users notice")],
    as_written=Variant(
        defect="More than one instance does.",
        must_fail=("ranker: response time p50",),
        workload=workload(12),
    ),
)
"""


VIRTUAL = """
import sys
import pytest


@pytest.mark.scenario("scenario_ranker.py", seed=3)
def test_the_marker_names_it(pipeline, virtual_clock):
    pipeline.check("p50")
    assert pipeline["p50"].value == pytest.approx(0.1, abs=0.05)
    again = virtual_clock.play("scenario_ranker.py", seed=3)
    assert again.summary["expectations"] == pipeline.summary["expectations"]


def test_a_call_names_it(pipeline):
    pipeline("scenario_ranker.py", variant="as-written").check_fails("p50")


def test_a_value_is_set(virtual_clock):
    virtual_clock.play("scenario_ranker.py", set={"ranker.concurrency": 2}).check()


def test_nothing_names_it(pipeline):
    pipeline.check()
"""


def test_scenarios_in_virtual_time(pytester: pytest.Pytester) -> None:
    """By marker, by call, and as files where it is asked for; what fails says why, and that alone is kept."""
    pytester.makepyfile(VIRTUAL)
    slow = RANKER.replace("below(0.15", "below(0.05").replace('name="ranker"', 'name="slow"')
    pytester.makepyfile(scenario_ranker=RANKER, scenario_slow=slow)
    words = ("--harness-clock", "virtual", "--harness-scenarios", "scenario*.py", "-v")
    ended = pytester.runpytest_subprocess(*QUIET, *words)
    ended.assert_outcomes(passed=6, failed=2)
    told = ended.stdout.str()
    assert "names no scenario: give it @pytest.mark.scenario('NAME')" in told
    assert re.search(r"scenario_ranker\.py::as-written\S* PASSED", told)
    assert re.search(
        r"slow \(corrected, virtual, seed 1\) fails: 1 of 1 not met\n +ranker.*limit < 0\.05", told
    )
    report = re.search(r"report: (\S+report\.html)", told)
    assert report is not None
    assert Path(report[1]).is_file()
    assert [path.name for path in (pytester.path / "runs").iterdir()] == ["slow"]


KEPT = """
import pytest

TEMPLATE = '''
Parameters: {Name: {Type: String}}
Resources: {Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}
Outputs: {Url: {Value: !Ref Jobs}}
'''


@pytest.fixture(scope="module")
def url(aws_backend, tmp_path_factory):
    template = tmp_path_factory.mktemp("stack") / "template.yaml"
    template.write_text(TEMPLATE)
    return aws_backend.deploy(template, {"Name": "jobs"})["Url"]


def test_one_sends(aws_session, url):
    aws_session.client("sqs").send_message(QueueUrl=url, MessageBody="kept")


def test_the_other_receives(aws_session, url):
    assert aws_session.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"
"""

EMPTIED = """
def test_another_module_finds_nothing(aws_session):
    assert not aws_session.client("sqs").list_queues().get("QueueUrls")
"""


@pytest.mark.long
def test_a_module_keeps_what_its_fixtures_deploy(pytester: pytest.Pytester) -> None:
    """With harness_reset = module the next one finds nothing of it; moto alone does as well."""
    pytester.makepyfile(test_kept=KEPT, test_later=EMPTIED)
    words = ("--harness-reset", "module", "--harness-backend", "moto", "--harness-iam", "off")
    pytester.runpytest_subprocess(*QUIET, *words).assert_outcomes(passed=3)


@pytest.mark.long
def test_a_test_that_is_interrupted_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a test ends gateway and emulators with it."""
    (tmp_path / "test_long.py").write_text(
        "import pathlib, time\n\n\n"
        "def test_long(aws_backend):\n"
        "    pathlib.Path('began').write_text('')\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "pytest", *QUIET]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (tmp_path / "began").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert started_by(process.pid)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in out
    assert none_left(process.pid)
