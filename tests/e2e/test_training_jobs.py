"""Training jobs over HTTP: real processes, real data in S3, what SageMaker tells of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from botocore.exceptions import ClientError
from conftest import Served
from job_stand import IMAGE, LOSS, JobStand
from lambdas import code_of, lambdas, until, words_of

from harness import journal
from harness.aws.jobs.scratch import can_contain
from harness.jobs.program import Code
from harness.jobs.settings import JobSettings
from harness.run.compute_phase import SpotOnStage
from harness.scenario import SpotInterruption

contained = pytest.mark.skipif(not can_contain(), reason="processes share /etc/hosts and the network here")
TRAIN = dedent(
    """
    import argparse, json, os, socket, sys
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int)
    epochs = parser.parse_args().epochs
    host, hosts = os.environ["SM_CURRENT_HOST"], json.loads(os.environ["SM_HOSTS"])
    files, met = sorted(os.listdir(os.environ["SM_CHANNEL_TRAIN"])), []
    for epoch in range(epochs):
        print(f"epoch {epoch} loss={1 / (epoch + 1):.4f};")
    if host == hosts[0] and len(hosts) > 1:
        gate = socket.create_server((host, 7001))
        while len(met) < len(hosts) - 1:
            met.append(gate.accept()[0].recv(20).decode())
    elif len(hosts) > 1:
        for attempt in range(500):
            try:
                door = socket.create_connection((hosts[0], 7001), timeout=5)
                break
            except OSError:
                __import__("time").sleep(0.02)
        door.sendall(host.encode())
        door.close()
    told = {"files": files, "met": sorted(met), "hps": json.loads(os.environ["SM_HPS"])}
    told["config"] = json.load(open(os.environ["SM_INPUT_CONFIG_DIR"] + "/resourceconfig.json"))["hosts"]
    open(os.environ["SM_MODEL_DIR"] + f"/{host}.json", "w").write(json.dumps(told))
    """
)
SLOW = dedent(
    """
    import os, signal, sys, time
    path = os.path.dirname(os.environ["SM_INPUT_DIR"]) + "/checkpoints/step"
    step = int(open(path).read()) if os.path.exists(path) else 0
    def end(*_):
        open(os.environ["SM_MODEL_DIR"] + "/stopped", "w").write(str(step))
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
    print(f"begins at step {step}")
    while step < int(os.environ.get("STEPS", 10_000)):
        step += 1
        open(path + ".new", "w").write(str(step))
        os.replace(path + ".new", path)
        time.sleep(0.02)
    open(os.environ["SM_MODEL_DIR"] + "/done", "w").write(str(step))
    """
)
ISOLATED = dedent(
    """
    import os, socket
    try:
        socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", "22"))), timeout=1)
        way = "a way out"
    except OSError as error:
        way = "no way out" if error.errno in (101, 99) else repr(error)
    signs = [name for name in os.environ if name.startswith("AWS_")]
    told = way + ", " + str(len(signs)) + " variables"
    open(os.environ["SM_MODEL_DIR"] + "/told", "w").write(told)
    """
)
FAILS = dedent(
    """
    import os, sys
    open(os.environ["SM_OUTPUT_DIR"] + "/failure", "w").write("no rows left")
    sys.exit(3)
    """
)


@pytest.fixture(scope="module")
def jobs(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobStand]:
    root = tmp_path_factory.mktemp("images")
    images = {}
    for name, text in (("", TRAIN), ("-slow", SLOW), ("-fails", FAILS)):
        folder = root / f"image{name}"
        folder.mkdir()
        (folder / "train.py").write_text(text)
        images[IMAGE + name] = Code(str(folder))
    images[f"{IMAGE}-modelled"] = Code(str(root / "image"), seconds=((0, 80.0),))
    settings = JobSettings(job_launch_s=10.0, spot_wait_s=10.0)
    with lambdas(served.backend, speed=100.0, images=images, job_settings=settings) as stand:
        yield JobStand.on(stand)


def test_a_job_trains_and_leaves_what_it_made(jobs: JobStand) -> None:
    """Data in, program run with its hyperparameters, metrics read, model.tar.gz out, statuses and times."""
    name = jobs.train(
        IMAGE + ":1.0", algorithm={"MetricDefinitions": [LOSS]}, HyperParameters={"epochs": "4"}
    )
    told = jobs.ended(name)
    assert told["TrainingJobStatus"] == "Completed", told.get("FailureReason")
    statuses = [each["Status"] for each in told["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert [(one["MetricName"], one["Value"]) for one in told["FinalMetricDataList"]] == [("loss", 0.25)]
    assert told["TrainingTimeInSeconds"] == told["BillableTimeInSeconds"] >= 1
    assert told["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/out/{name}/output/model.tar.gz")
    made = json.loads(jobs.artefact(name)["algo-1.json"])
    assert made["files"] == ["part-0.csv", "part-1.csv"]
    assert made["hps"] == {"epochs": 4}
    lines = until(lambda: jobs.log(name).get("algo-1"))
    assert lines[:2] == ["epoch 0 loss=1.0000;", "epoch 1 loss=0.5000;"]


def test_three_instances_find_each_other(jobs: JobStand) -> None:
    """Hosts by their names, sharded data, one stream of log and one part of the model each."""
    name = jobs.train(
        count=3, HyperParameters={"epochs": "1"}, source={"S3DataDistributionType": "ShardedByS3Key"}
    )
    assert jobs.ended(name)["TrainingJobStatus"] == "Completed"
    made = {host: json.loads(text) for host, text in jobs.artefact(name).items()}
    assert sorted(made) == ["algo-1.json", "algo-2.json", "algo-3.json"]
    assert made["algo-1.json"]["met"] == ["algo-2", "algo-3"]
    assert [one["files"] for one in made.values()] == [["part-0.csv"], ["part-1.csv"], []]
    assert made["algo-2.json"]["config"] == ["algo-1", "algo-2", "algo-3"]
    (ended,) = [one for one in jobs.stand.records if isinstance(one, journal.JobEnded) and one.job == name]
    assert (ended.exit_codes, ended.instance_count) == ([0, 0, 0], 3)


def test_script_mode_runs_what_was_sent(jobs: JobStand) -> None:
    """sagemaker_program and sagemaker_submit_directory, as the SDK's estimators send them."""
    sent = jobs.sent_code(train_py=TRAIN)
    name = jobs.train("an-image-of-nobody", HyperParameters={**sent, "epochs": "2"})
    assert jobs.ended(name)["TrainingJobStatus"] == "Completed"
    assert json.loads(jobs.artefact(name)["algo-1.json"])["hps"] == {"epochs": 2}


def test_a_modelled_job_takes_the_seconds_it_is_given(jobs: JobStand) -> None:
    """`seconds` are TrainingTimeInSeconds, whatever the process took."""
    name = jobs.train(
        f"{IMAGE}-modelled", HyperParameters={"epochs": "1"}, StoppingCondition={"MaxRuntimeInSeconds": 900}
    )
    told = jobs.ended(name)
    assert (told["TrainingJobStatus"], told["TrainingTimeInSeconds"]) == ("Completed", 80)


def test_a_failure_says_why(jobs: JobStand) -> None:
    """/opt/ml/output/failure and the exit code become FailureReason."""
    told = jobs.ended(jobs.train(f"{IMAGE}-fails"))
    assert told["TrainingJobStatus"] == "Failed"
    assert told["FailureReason"] == "AlgorithmError: no rows left, exit code: 3"


def test_an_image_without_code_fails_and_is_a_finding(jobs: JobStand) -> None:
    """No container runs here: the job fails, and the run says what to do."""
    name = jobs.train("somebody/xgboost:1")
    told = jobs.ended(name)
    assert told["TrainingJobStatus"] == "Failed"
    assert told["FailureReason"].startswith("ClientError: No code is known here for the image")
    found = [one for one in jobs.stand.records if isinstance(one, journal.Finding)]
    assert f"training-job/{name}" in [one.resource for one in found if one.rule == "job-image-without-code"]


def test_a_stopped_job_may_save_its_model(jobs: JobStand) -> None:
    """SIGTERM, then what the program wrote is sent; the status is Stopping meanwhile."""
    name = jobs.train(f"{IMAGE}-slow")
    jobs.await_status(name, "Training")
    until(lambda: jobs.log(name))
    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    assert jobs.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "Stopping"
    told = jobs.ended(name)
    assert (told["TrainingJobStatus"], told["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert list(jobs.artefact(name)) == ["stopped"]
    with pytest.raises(ClientError, match="the training job is in status Stopped"):
        jobs.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_is_stopped_at_its_longest_run_time(jobs: JobStand) -> None:
    """MaxRuntimeInSeconds ends it as Stopped, MaxRuntimeExceeded, with its model."""
    name = jobs.train(f"{IMAGE}-slow", StoppingCondition={"MaxRuntimeInSeconds": 1})
    told = jobs.ended(name)
    assert (told["TrainingJobStatus"], told["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert list(jobs.artefact(name)) == ["stopped"]


def test_spot_capacity_taken_back_costs_no_work_that_was_kept(jobs: JobStand) -> None:
    """An interrupted job starts again from its checkpoints, and is billed at the spot price."""
    checkpoints = f"s3://{jobs.bucket}/checkpoints/one"
    name = jobs.train(
        f"{IMAGE}-slow",
        Environment={"STEPS": "80"},
        EnableManagedSpotTraining=True,
        CheckpointConfig={"S3Uri": checkpoints},
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 3600},
    )
    fault = SpotInterruption(name, running_s=1.0)
    spot = SpotOnStage(jobs.stand.stage)
    spot.take_back("0", fault)
    told = jobs.ended(name)
    assert spot.taken_back("0") == 1
    statuses = [each["Status"] for each in told["SecondaryStatusTransitions"]]
    assert statuses[2:5] == ["Training", "Interrupted", "Starting"]
    assert (told["TrainingJobStatus"], told["SecondaryStatus"]) == ("Completed", "Completed")
    assert told["BillableTimeInSeconds"] < told["TrainingTimeInSeconds"]
    assert jobs.artefact(name)["done"] == b"80"
    began = [line for line in until(lambda: jobs.log(name).get("algo-1")) if line.startswith("begins")]
    assert began[0] == "begins at step 0"
    assert int(began[1].rpartition(" ")[2]) > 0


def test_what_sagemaker_refuses_is_refused(jobs: JobStand) -> None:
    """A taken name, no data, a role that does not trust SageMaker, an instance type that there is not."""
    name = jobs.train(HyperParameters={"epochs": "1"})
    with pytest.raises(ClientError) as taken:
        jobs.train(name=name)
    assert code_of(taken.value) == ("ResourceInUse", 400)
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        jobs.train(source={"S3Uri": f"s3://{jobs.bucket}/nothing/"})
    with pytest.raises(ClientError, match="Could not assume role"):
        jobs.train(RoleArn=jobs.stand.role())
    with pytest.raises(ClientError) as unknown:
        jobs.train(ResourceConfig={"InstanceType": "ml.none.big", "InstanceCount": 1, "VolumeSizeInGB": 1})
    assert "'resourceConfig.instanceType' failed to satisfy constraint" in words_of(unknown.value)
    with pytest.raises(ClientError, match="Requested resource not found"):
        jobs.sagemaker.describe_training_job(TrainingJobName="nobody")


def test_data_that_the_role_may_not_read_fails_the_job(jobs: JobStand) -> None:
    """The download is the role's own: s3:ListBucket alone is enough to begin, and not to go on."""
    stand = jobs.stand
    arn = f"arn:aws:s3:::{jobs.bucket}"
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn}
    told = jobs.ended(jobs.train(RoleArn=stand.role(lists, service="sagemaker.amazonaws.com")))
    assert told["TrainingJobStatus"] == "Failed"
    assert told["FailureReason"].startswith("ClientError: Data download failed:AccessDenied")


def test_jobs_are_listed_and_tagged(jobs: JobStand) -> None:
    """ListTrainingJobs pages and filters; tags are kept with the job."""
    sagemaker = jobs.sagemaker
    names = [
        jobs.train(
            name=f"listed-{number}",
            HyperParameters={"epochs": "1"},
            Tags=[{"Key": "n", "Value": str(number)}],
        )
        for number in range(3)
    ]
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains="listed-", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    assert [one["TrainingJobName"] for page in pages for one in page["TrainingJobSummaries"]] == names
    arn = jobs.ended(names[1])["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["n"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]


@contained
def test_names_are_known_to_what_is_no_python(jobs: JobStand) -> None:
    """/etc/hosts is the container's: C finds the other instances, as gloo and MPI do."""
    entry = {"ContainerEntrypoint": ["getent", "hosts", "algo-2"]}
    name = jobs.train(count=2, algorithm=entry)
    assert jobs.ended(name)["TrainingJobStatus"] == "Completed"
    lines = until(lambda: jobs.log(name).get("algo-1"))
    assert lines[0].endswith("algo-2")
    assert lines[0].startswith("127.")


@contained
def test_an_isolated_job_has_no_network_and_no_credentials(jobs: JobStand) -> None:
    """EnableNetworkIsolation: nothing goes out, and data and model go the same way as ever."""
    name = jobs.train(HyperParameters=jobs.sent_code(train_py=ISOLATED), EnableNetworkIsolation=True)
    assert jobs.ended(name)["TrainingJobStatus"] == "Completed"
    assert jobs.artefact(name) == {"told": b"no way out, 0 variables"}


def test_nothing_is_left_behind(jobs: JobStand) -> None:
    """A job that is over has no folder any more."""
    name = jobs.train(HyperParameters={"epochs": "1"})
    jobs.ended(name)
    scratch = jobs.stand.stage.jobs.scratch
    assert not list(Path(scratch.folder("look")).parent.glob(f"{name}-*"))
