"""Processing jobs over HTTP, and containers where no process can have its own /opt/ml."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from conftest import Served
from job_stand import IMAGE, JobStand, folder
from lambdas import lambdas

from harness import journal, sessions
from harness.aws.jobs import containers
from harness.aws.jobs.scratch import can_contain
from harness.config import neutral_environment
from harness.jobs.program import Code
from harness.jobs.settings import JobSettings

PROCESS = dedent(
    """
    import json, os, socket, sys
    from pathlib import Path
    root = Path(sys.argv[1])
    told = json.loads((root / "config/resourceconfig.json").read_text())
    host = told["current_host"]
    rows = sorted(path.name for path in (root / "processing/input/rows").iterdir())
    (root / "processing/output/done" / f"{host}.json").write_text(json.dumps(rows))
    (root / "output/message").write_text(f"{len(rows)} files")
    print(socket.gethostbyname("algo-1") != socket.gethostbyname("algo-2"))
    sys.exit(int(os.environ.get("CODE", "0")))
    """
)


@pytest.fixture(scope="module")
def stand(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobStand]:
    code = folder(tmp_path_factory.mktemp("images") / "image", PROCESS, "process.py")
    settings = JobSettings(job_launch_s=5.0)
    with lambdas(served.backend, speed=100.0, images={IMAGE: Code(str(code))}, job_settings=settings) as one:
        yield JobStand.on(one)


def process(stand: JobStand, image: str = IMAGE, **environment: str) -> str:
    name = f"processing-{uuid4().hex[:8]}"
    rows = {"S3Uri": f"s3://{stand.bucket}/data/", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    rows |= {"LocalPath": "/opt/ml/processing/input/rows"}
    done = {"S3Uri": f"s3://{stand.bucket}/{name}", "S3UploadMode": "EndOfJob"}
    done |= {"LocalPath": "/opt/ml/processing/output/done"}
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    stand.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=stand.role,
        AppSpecification={
            "ImageUri": image,
            "ContainerEntrypoint": ["python3", "process.py", "/opt/ml"],
        },
        ProcessingInputs=[{"InputName": "rows", "S3Input": rows}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "done", "S3Output": done}]},
        ProcessingResources={"ClusterConfig": cluster},
        Environment=environment,
    )
    return name


def ended(stand: JobStand, name: str) -> dict[str, Any]:
    deadline = monotonic() + 30.0
    while monotonic() < deadline:
        told: dict[str, Any] = stand.sagemaker.describe_processing_job(ProcessingJobName=name)
        if told["ProcessingJobStatus"] not in ("InProgress", "Stopping"):
            return told
        sleep(0.02)
    raise AssertionError(f"{name} did not end")


def test_inputs_are_processed_into_outputs(stand: JobStand) -> None:
    """Two instances read their inputs and leave outputs and a message; the job is journalled."""
    name = process(stand)
    told = ended(stand, name)
    assert (told["ProcessingJobStatus"], told["ExitMessage"]) == ("Completed", "2 files")
    s3 = stand.stand.client("s3")
    found = s3.get_object(Bucket=stand.bucket, Key=f"{name}/algo-2.json")["Body"].read()
    assert json.loads(found) == ["part-0.csv", "part-1.csv"]
    (one,) = [r for r in stand.stand.records if isinstance(r, journal.JobEnded) and r.job == name]
    assert (one.kind, one.exit_codes) == ("processing", [0, 0])
    listed = stand.sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert [each["ProcessingJobStatus"] for each in listed] == ["Completed"]


def test_a_failed_container_fails_the_job(stand: JobStand) -> None:
    """Its exit code is in the journal, and DescribeProcessingJob says where to look."""
    told = ended(stand, process(stand, CODE="4"))
    assert told["ProcessingJobStatus"] == "Failed"
    assert told["FailureReason"] == "AlgorithmError: See job logs for more information"


@pytest.mark.skipif(not can_contain(), reason="this machine has no other kind of container")
def test_jobs_run_where_no_process_can_have_its_own_opt_ml(
    stand: JobStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same tree below another folder, names found by Python itself."""
    monkeypatch.setattr(containers, "can_contain", lambda: False)
    name = process(stand)
    assert ended(stand, name)["ProcessingJobStatus"] == "Completed"
    lines = _log(stand, name)
    assert lines["algo-1"] == ["True"]


def test_no_process_outlives_the_harness(tmp_path: Path) -> None:
    """After a SIGKILL of `harness serve` its jobs are gone, with their folders."""
    code = folder(tmp_path / "image", "import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    options = ["--port", "0", "--json", "--clock", "compressed:100", "--runs", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "serve", *options, "--image", f"sleeper={code}"],
        env=neutral_environment() | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["endpoint_url"]
        s3, sagemaker = sessions.client("s3", url), sessions.client("sagemaker", url)
        s3.create_bucket(Bucket="sleepers")
        trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        statement = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
        arn = sessions.client("iam", url).create_role(
            RoleName="sleeper", AssumeRolePolicyDocument=json.dumps(statement)
        )["Role"]["Arn"]
        sagemaker.create_training_job(
            TrainingJobName="sleeper",
            AlgorithmSpecification={"TrainingImage": "sleeper", "TrainingInputMode": "File"},
            RoleArn=arn,
            OutputDataConfig={"S3OutputPath": "s3://sleepers/out"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )
        _wait(lambda: bool(_running(code)))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    _wait(lambda: not _running(code))
    _wait(lambda: not list(tmp_path.glob("harness-jobs-*")))


def _running(code: Path) -> list[str]:
    """Return the processes that work in the folder *code*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if os.readlink(path) == str(code):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def _wait(look: Any) -> None:
    deadline = monotonic() + 20.0
    while not look() and monotonic() < deadline:
        sleep(0.05)
    assert look()


def _log(stand: JobStand, name: str) -> dict[str, list[str]]:
    deadline = monotonic() + 10.0
    found: dict[str, list[str]] = {}
    while not found and monotonic() < deadline:
        found = stand.log(name, "/aws/sagemaker/ProcessingJobs")
        sleep(0.05)
    return found
