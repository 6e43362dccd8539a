"""Batch transform and labelling jobs over HTTP: real models, real S3, workers that a scenario declares."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from conftest import Served, sum_artefact
from job_stand import IMAGE, SAGEMAKER, JobStand
from lambdas import allow, lambdas, until

from harness import journal
from harness.jobs.settings import JobSettings
from harness.jobs.workteam import Team

T = TypeVar("T")


def of(jobs: JobStand, kind: type[T]) -> list[T]:
    """Return the journal's records of one kind."""
    return [one for one in jobs.stand.records if isinstance(one, kind)]


def votes(worker: int, shown: Any, categories: Sequence[str]) -> str:
    """Two of three workers are right, the third always says the first category."""
    return categories[0] if worker == 2 else str(shown["source"])


@pytest.fixture(scope="module")
def jobs(served: Served) -> Iterator[JobStand]:
    settings = JobSettings(job_launch_s=10.0)
    teams = {"vets": Team("vets", votes, workers=3, seconds_s=5.0)}
    with lambdas(served.backend, speed=200.0, job_settings=settings, teams=teams) as stand:
        yield JobStand.on(stand)


def transformed(jobs: JobStand, rows: bytes, **more: Any) -> tuple[dict[str, Any], str]:
    """Run a transform job over *rows* through a model that sums; return how it ended and its output."""
    s3, name = jobs.stand.client("s3"), f"transform-{uuid4().hex[:8]}"
    s3.put_object(Bucket=jobs.bucket, Key=f"{name}/model.tar.gz", Body=sum_artefact())
    s3.put_object(Bucket=jobs.bucket, Key=f"{name}/rows/a/one.csv", Body=rows)
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{jobs.bucket}/{name}/model.tar.gz"}
    jobs.sagemaker.create_model(ModelName=name, ExecutionRoleArn=jobs.role, PrimaryContainer=container)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.bucket}/{name}/rows/"}}
    jobs.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://{jobs.bucket}/{name}/answers", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    )

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = jobs.sagemaker.describe_transform_job(TransformJobName=name)
        return found if found["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return until(look), f"{name}/answers/a/one.csv.out"


def test_a_transform_job_answers_every_row(jobs: JobStand) -> None:
    """The id is kept from the model and stands beside its answer."""
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    told, key = transformed(jobs, b"a,1,2,3\nb,4,5,6\n", DataProcessing=processing)
    assert told["TransformJobStatus"] == "Completed", told.get("FailureReason")
    assert told["TransformEndTime"] >= told["TransformStartTime"] > told["CreationTime"]
    answers = jobs.stand.client("s3").get_object(Bucket=jobs.bucket, Key=key)["Body"].read()
    assert answers == b"a,6.0\nb,15.0\n"
    ended = next(one for one in of(jobs, journal.JobEnded) if one.job == told["TransformJobName"])
    assert (ended.kind, ended.status) == ("transform", "Completed")
    assert ended.billable_s > 0.0


def test_a_transform_job_fails_with_its_object(jobs: JobStand) -> None:
    """No output for an object of which one record fails."""
    told, key = transformed(jobs, b"1,2,3\n1,2\n")
    assert told["TransformJobStatus"] == "Failed"
    assert "columns" in told["FailureReason"]
    with pytest.raises(ClientError, match="NoSuchKey"):
        jobs.stand.client("s3").get_object(Bucket=jobs.bucket, Key=key)


def label(jobs: JobStand, team: str, **human: Any) -> str:
    """Create a labelling job over three texts; return its name."""
    s3, name = jobs.stand.client("s3"), f"label-{uuid4().hex[:8]}"
    lines = [{"source": text} for text in ("dog", "cat", "dog")]
    manifest = "\n".join(map(json.dumps, lines)).encode()
    s3.put_object(Bucket=jobs.bucket, Key=f"{name}/input.manifest", Body=manifest)
    categories = json.dumps({"labels": [{"label": "cat"}, {"label": "dog"}]}).encode()
    s3.put_object(Bucket=jobs.bucket, Key=f"{name}/labels.json", Body=categories)
    built_in = "arn:aws:lambda:us-east-1:432418664414:function:"
    jobs.sagemaker.create_labeling_job(
        LabelingJobName=name,
        LabelAttributeName="kind",
        InputConfig={
            "DataSource": {"S3DataSource": {"ManifestS3Uri": f"s3://{jobs.bucket}/{name}/input.manifest"}}
        },
        OutputConfig={"S3OutputPath": f"s3://{jobs.bucket}/{name}/out"},
        RoleArn=jobs.role,
        LabelCategoryConfigS3Uri=f"s3://{jobs.bucket}/{name}/labels.json",
        HumanTaskConfig={
            "WorkteamArn": f"arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/{team}",
            "UiConfig": {"UiTemplateS3Uri": f"s3://{jobs.bucket}/ui.liquid"},
            "PreHumanTaskLambdaArn": f"{built_in}PRE-TextMultiClass",
            "TaskTitle": "Which animal?",
            "TaskDescription": "Choose one",
            "NumberOfHumanWorkersPerDataObject": 3,
            "TaskTimeLimitInSeconds": 60,
            "AnnotationConsolidationConfig": {
                "AnnotationConsolidationLambdaArn": f"{built_in}ACS-TextMultiClass"
            },
            **human,
        },
    )
    return name


def labelled(jobs: JobStand, name: str) -> dict[str, Any]:
    """Return what DescribeLabelingJob says when the job is over; the case of its name does not count."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = jobs.sagemaker.describe_labeling_job(LabelingJobName=name.upper())
        return None if found["LabelingJobStatus"] in ("InProgress", "Stopping") else found

    return until(look)


def test_workers_label_what_they_are_shown(jobs: JobStand) -> None:
    """The majority's label stands beside each object, with its confidence."""
    told = labelled(jobs, label(jobs, "vets"))
    assert told["LabelingJobStatus"] == "Completed", told.get("FailureReason")
    assert told["LabelCounters"]["TotalLabeled"] == told["LabelCounters"]["HumanLabeled"] == 3
    bucket, _, key = told["LabelingJobOutput"]["OutputDatasetS3Uri"].removeprefix("s3://").partition("/")
    lines = jobs.stand.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
    found = [json.loads(line) for line in lines]
    assert [(one["source"], one["kind"]) for one in found] == [("dog", 1), ("cat", 0), ("dog", 1)]
    assert [one["kind-metadata"]["confidence"] for one in found] == [0.67, 1.0, 0.67]


def test_functions_of_ones_own_prepare_and_consolidate(jobs: JobStand) -> None:
    """Called under the job's role, as Ground Truth calls them; answers lie in S3 for the second one."""
    before = jobs.stand.function("def handler(event, _):\n return {'taskInput': event['dataObject']}")
    after = jobs.stand.function(
        "def handler(event, _):\n"
        " uri, name = event['payload']['s3Uri'], event['labelAttributeName']\n"
        " number = uri.rpartition('/')[2].removesuffix('.json')\n"
        " content = {name: {'of': event['labelCategories']}}\n"
        " return [{'datasetObjectId': number, 'consolidatedAnnotation': {'content': content}}]\n"
    )
    arns = [jobs.stand.functions.get_function(FunctionName=each) for each in (before, after)]
    first, second = (each["Configuration"]["FunctionArn"] for each in arns)
    arn = f"arn:aws:s3:::{jobs.bucket}"
    role = jobs.stand.role(
        allow("s3:GetObject", "s3:PutObject", resource=f"{arn}/*"),
        allow("lambda:InvokeFunction", resource=first),
        allow("lambda:InvokeFunction", resource=second),
        service=SAGEMAKER,
    )
    mine = JobStand(jobs.stand, jobs.bucket, role)
    name = label(
        mine,
        "vets",
        PreHumanTaskLambdaArn=first,
        AnnotationConsolidationConfig={"AnnotationConsolidationLambdaArn": second},
    )
    told = labelled(mine, name)
    assert told["LabelCounters"]["TotalLabeled"] == 3, told.get("FailureReason")
    key = f"{name}/out/{name}/annotations/consolidated-annotation/request/0.json"
    body = jobs.stand.client("s3").get_object(Bucket=jobs.bucket, Key=key)["Body"].read()
    (asked,) = json.loads(body)
    assert asked["dataObject"] == {"content": "dog"}
    answers = [json.loads(one["annotationData"]["content"]) for one in asked["annotations"]]
    assert sorted(answers) == ["cat", "dog", "dog"]


def test_nobody_answers_for_a_team_that_nobody_declared(jobs: JobStand) -> None:
    """Its tasks expire, nothing is labelled, and a finding says why."""
    told = labelled(jobs, label(jobs, "nobody", TaskAvailabilityLifetimeInSeconds=60))
    assert told["LabelCounters"] == {
        "TotalLabeled": 0,
        "HumanLabeled": 0,
        "MachineLabeled": 0,
        "FailedNonRetryableError": 0,
        "Unlabeled": 3,
    }
    rules = [one.rule for one in of(jobs, journal.Finding) if told["LabelingJobName"] in one.resource]
    assert rules == ["labelling-not-covered"]


def test_stopping_is_told_and_done(jobs: JobStand) -> None:
    """A labelling job that waits; what there is not is not found."""
    name = label(jobs, "nobody")
    jobs.sagemaker.stop_labeling_job(LabelingJobName=name)
    assert labelled(jobs, name)["LabelingJobStatus"] == "Stopped"
    for wrong in (
        lambda: jobs.sagemaker.describe_labeling_job(LabelingJobName="none"),
        lambda: jobs.sagemaker.describe_transform_job(TransformJobName="none"),
        lambda: jobs.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="none"),
    ):
        with pytest.raises(ClientError, match="ResourceNotFound"):
            wrong()


def test_jobs_have_no_more_rights_than_their_role(jobs: JobStand) -> None:
    """A labelling job whose role may read nothing fails as S3 refuses it."""
    bare = JobStand(jobs.stand, jobs.bucket, jobs.stand.role(allow("logs:CreateLogGroup"), service=SAGEMAKER))
    told = labelled(bare, label(bare, "vets"))
    assert told["LabelingJobStatus"] == "Failed"
    assert "AccessDenied" in told["FailureReason"]
