"""Tuning jobs over HTTP, on trainings that really run; Search over them, and the lineage of a model."""

from collections.abc import Iterator, Sequence
from textwrap import dedent
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from conftest import Served
from job_stand import IMAGE, JobStand, folder
from lambdas import lambdas, until

from harness import journal
from harness.jobs.program import Code
from harness.jobs.settings import JobSettings

T = TypeVar("T")
# The best eta is 0.3; the artefact says which one it was.
TRAIN = dedent(
    """
    import argparse, os
    parser = argparse.ArgumentParser()
    parser.add_argument("--eta", type=float)
    eta = parser.parse_args().eta
    print(f"rmse={abs(eta - 0.3):.6f};")
    open(os.environ["SM_MODEL_DIR"] + "/eta", "w").write(str(eta))
    """
)
# The first training, of eta 0, ends by itself; any other goes on until it is told to end.
WAIT = dedent(
    """
    import argparse, time
    parser = argparse.ArgumentParser()
    parser.add_argument("--eta", type=float)
    eta = parser.parse_args().eta
    print(f"rmse={eta:.6f};", flush=True)
    time.sleep(60 if eta else 0)
    """
)
PATIENT = f"{IMAGE}-patient"
RMSE = {"Name": "validation:rmse", "Regex": "rmse=([0-9.]+);"}


def of(jobs: JobStand, kind: type[T]) -> list[T]:
    """Return the journal's records of one kind."""
    return [one for one in jobs.stand.records if isinstance(one, kind)]


@pytest.fixture(scope="module")
def jobs(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobStand]:
    root = tmp_path_factory.mktemp("images")
    images = {
        IMAGE: Code(str(folder(root / "tuned", TRAIN))),
        PATIENT: Code(str(folder(root / "patient", WAIT))),
    }
    settings = JobSettings(job_launch_s=10.0)
    with lambdas(served.backend, speed=200.0, images=images, job_settings=settings) as stand:
        yield JobStand.on(stand)


def tune(jobs: JobStand, image: str, values: Sequence[str], parallel: int = 2, **config: Any) -> str:
    """Create a tuning job over a grid of eta; return its name."""
    name = f"tune-{uuid4().hex[:8]}"
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{jobs.bucket}/data/"}
    jobs.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"},
            "ResourceLimits": {"MaxParallelTrainingJobs": parallel},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "eta", "Values": list(values)}]},
            **config,
        },
        TrainingJobDefinition={
            "AlgorithmSpecification": {
                "TrainingImage": image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [RMSE],
            },
            "RoleArn": jobs.role,
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{jobs.bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3_600},
        },
        Tags=[{"Key": "Project", "Value": name}],
    )
    return name


def tuning(jobs: JobStand, name: str) -> dict[str, Any]:
    """Return what DescribeHyperParameterTuningJob says when the job is over."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = jobs.sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )
        return None if found["HyperParameterTuningJobStatus"] in ("InProgress", "Stopping") else found

    return until(look)


@pytest.fixture(scope="module")
def tuned(jobs: JobStand) -> dict[str, Any]:
    """A grid of three trainings, two at a time, that has ended."""
    return tuning(jobs, tune(jobs, IMAGE, ("0.1", "0.35", "0.9")))


def test_a_tuning_job_trains_and_names_the_best(jobs: JobStand, tuned: dict[str, Any]) -> None:
    """Each training is a process; the best has the lowest metric, its artefact is in S3."""
    assert tuned["HyperParameterTuningJobStatus"] == "Completed", tuned.get("FailureReason")
    best = tuned["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"eta": "0.35"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == pytest.approx(0.05)
    assert tuned["TrainingJobStatusCounters"]["Completed"] == 3
    assert tuned["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    assert jobs.artefact(best["TrainingJobName"])["eta"] == b"0.35"
    trained = jobs.ended(best["TrainingJobName"])
    assert trained["TuningJobArn"] == tuned["HyperParameterTuningJobArn"]
    assert trained["HyperParameters"]["_tuning_objective_metric"] == "validation:rmse"
    created = [one for one in of(jobs, journal.JobCreated) if one.parent == best["TuningJobName"]]
    assert len(created) == 3


def test_the_trainings_of_a_tuning_job_are_ranked(jobs: JobStand, tuned: dict[str, Any]) -> None:
    """By their objective where that is asked for, page by page."""
    asked = {
        "HyperParameterTuningJobName": tuned["HyperParameterTuningJobName"],
        "SortBy": "FinalObjectiveMetricValue",
        "SortOrder": "Ascending",
        "MaxResults": 2,
    }
    first = jobs.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(**asked)
    asked["NextToken"] = first["NextToken"]
    rest = jobs.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(**asked)
    shown = [*first["TrainingJobSummaries"], *rest["TrainingJobSummaries"]]
    assert [one["TunedHyperParameters"]["eta"] for one in shown] == ["0.35", "0.1", "0.9"]
    listed = jobs.sagemaker.list_hyper_parameter_tuning_jobs(StatusEquals="Completed")
    names = [one["HyperParameterTuningJobName"] for one in listed["HyperParameterTuningJobSummaries"]]
    assert tuned["HyperParameterTuningJobName"] in names


def test_a_training_worse_than_the_median_is_stopped_early(jobs: JobStand) -> None:
    """Its metric counts all the same, and the tuning job is complete."""
    told = tuning(jobs, tune(jobs, PATIENT, ("0", "0.5"), parallel=1, TrainingJobEarlyStoppingType="Auto"))
    assert told["HyperParameterTuningJobStatus"] == "Completed", told.get("FailureReason")
    counts = told["TrainingJobStatusCounters"]
    assert (counts["Completed"], counts["Stopped"]) == (1, 1)
    assert told["ObjectiveStatusCounters"]["Succeeded"] == 2
    assert told["BestTrainingJob"]["TunedHyperParameters"] == {"eta": "0"}


def test_a_tuning_job_is_stopped_with_its_trainings(jobs: JobStand) -> None:
    """Nothing more is started; it may then be deleted, its trainings stay."""
    name = tune(jobs, PATIENT, ("1", "2", "3"), parallel=1)
    asked = {"HyperParameterTuningJobName": name}
    (training,) = until(
        lambda: jobs.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(**asked)[
            "TrainingJobSummaries"
        ]
    )
    jobs.await_status(training["TrainingJobName"], "Training")
    with pytest.raises(ClientError, match="stop it first"):
        jobs.sagemaker.delete_hyper_parameter_tuning_job(**asked)
    with pytest.raises(ClientError, match="ResourceInUse"):
        tune_again(jobs, name)
    jobs.sagemaker.stop_hyper_parameter_tuning_job(**asked)
    told = tuning(jobs, name)
    assert told["HyperParameterTuningJobStatus"] == "Stopped"
    assert told["TrainingJobStatusCounters"]["Stopped"] == 1
    jobs.sagemaker.delete_hyper_parameter_tuning_job(**asked)
    assert jobs.ended(training["TrainingJobName"])["TrainingJobStatus"] == "Stopped"


def tune_again(jobs: JobStand, name: str) -> None:
    """Create a tuning job of that name, as the one that is there was."""
    told = jobs.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    members = ("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition")
    jobs.sagemaker.create_hyper_parameter_tuning_job(**{each: told[each] for each in members})


def test_search_finds_what_the_backend_keeps(jobs: JobStand) -> None:
    """Experiments, models; what is not covered is refused with a finding, and names are suggested."""
    sagemaker, name = jobs.sagemaker, f"found-{uuid4().hex[:8]}"
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=jobs.role, PrimaryContainer={"Image": IMAGE})

    def found(resource: str, member: str, value: str) -> list[dict[str, Any]]:
        filters = [{"Name": member, "Operator": "Equals", "Value": value}]
        results: list[dict[str, Any]] = sagemaker.search(
            Resource=resource, SearchExpression={"Filters": filters}
        )["Results"]
        return results

    assert found("Experiment", "ExperimentName", name)[0]["Experiment"]["ExperimentName"] == name
    assert found("Model", "ModelName", name)[0]["Model"]["Model"]["ExecutionRoleArn"] == jobs.role
    hint = {"PropertyNameQuery": {"PropertyNameHint": "TrainingJobN"}}
    suggested = sagemaker.get_search_suggestions(Resource="TrainingJob", SuggestionQuery=hint)
    assert suggested["PropertyNameSuggestions"] == [{"PropertyName": "TrainingJobName"}]
    with pytest.raises(ClientError, match="not covered"):
        sagemaker.search(Resource="FeatureGroup")
    assert "search-not-covered" in [one.rule for one in of(jobs, journal.Finding)]


def test_search_finds_and_ranks(jobs: JobStand, tuned: dict[str, Any]) -> None:
    """By tag and metric; a page at a time; tuning jobs, too."""
    name = tuned["HyperParameterTuningJobName"]
    tag = {"Name": "Tags.Project", "Operator": "Equals", "Value": name}
    below = {"Name": "Metrics.validation:rmse", "Operator": "LessThan", "Value": "0.5"}
    asked = {
        "Resource": "TrainingJob",
        "SearchExpression": {"Filters": [tag, below]},
        "SortBy": "Metrics.validation:rmse",
        "SortOrder": "Ascending",
    }
    pages = jobs.sagemaker.get_paginator("search").paginate(**asked, PaginationConfig={"PageSize": 1})
    found = [one["TrainingJob"] for page in pages for one in page["Results"]]
    assert [one["HyperParameters"]["eta"] for one in found] == ["0.35", "0.1"]
    tuning = {"Name": "HyperParameterTuningJobName", "Value": name}
    again = jobs.sagemaker.search(Resource="HyperParameterTuningJob", SearchExpression={"Filters": [tuning]})
    assert len(again["Results"]) == 1
    with pytest.raises(ClientError, match="Unknown property name: Colour"):
        jobs.sagemaker.search(
            Resource="TrainingJob", SearchExpression={"Filters": [{"Name": "Colour", "Operator": "Exists"}]}
        )


def test_an_endpoint_is_traced_to_its_data(jobs: JobStand, tuned: dict[str, Any]) -> None:
    """Through the deployment, the model and the training job that produced it."""
    sagemaker, name = jobs.sagemaker, f"served-{uuid4().hex[:8]}"
    trained = jobs.ended(tuned["BestTrainingJob"]["TrainingJobName"])
    artefact = trained["ModelArtifacts"]["S3ModelArtifacts"]
    container = {"Image": IMAGE, "ModelDataUrl": artefact, "Environment": {"HARNESS_MODEL": "echo"}}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=jobs.role, PrimaryContainer=container)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    context = sagemaker.describe_context(ContextName=f"{name}-aws-endpoint")
    found = sagemaker.query_lineage(
        StartArns=[context["ContextArn"]], Direction="Ascendants", IncludeEdges=True
    )
    kinds = [(one["LineageType"], one["Type"]) for one in found["Vertices"]]
    assert kinds[0] == ("Action", "ModelDeployment")
    assert ("TrialComponent", "SageMakerTrainingJob") in kinds
    data = next(one["Arn"] for one in found["Vertices"] if one["Type"] == "DataSet")
    described = sagemaker.describe_artifact(ArtifactArn=data)
    assert described["Source"]["SourceUri"] == f"s3://{jobs.bucket}/data/"
    component = f"{trained['TrainingJobName']}-aws-training-job"
    assert sagemaker.describe_trial_component(TrialComponentName=component)["Status"] == {
        "PrimaryStatus": "Completed"
    }
    produced = sagemaker.list_associations(
        SourceArn=next(one["Arn"] for one in found["Vertices"] if one["LineageType"] == "TrialComponent")
    )["AssociationSummaries"]
    assert [(one["AssociationType"], one["DestinationType"]) for one in produced] == [("Produced", "Model")]
    for resource, member, value in (
        ("Endpoint", "EndpointName", name),
        ("ExperimentTrialComponent", "TrialComponentName", component),
    ):
        condition = {"Name": member, "Operator": "Equals", "Value": value}
        records = sagemaker.search(Resource=resource, SearchExpression={"Filters": [condition]})["Results"]
        assert [next(iter(one.values()))[member] for one in records] == [value]


def test_entities_can_be_made_by_hand(jobs: JobStand) -> None:
    """Artifacts once for each address, associations between them, and what is refused."""
    sagemaker, name = jobs.sagemaker, uuid4().hex[:8]
    source = {"SourceUri": f"s3://{jobs.bucket}/{name}"}
    made = sagemaker.create_artifact(ArtifactName=name, Source=source, ArtifactType="Report")["ArtifactArn"]
    action = sagemaker.create_action(
        ActionName=f"approve-{name}", Source=source, ActionType="Approval", Status="Completed"
    )["ActionArn"]
    sagemaker.add_association(SourceArn=made, DestinationArn=action, AssociationType="ContributedTo")
    sagemaker.update_artifact(ArtifactArn=made, Properties={"pages": "3"})
    assert sagemaker.describe_artifact(ArtifactArn=made)["Properties"] == {"pages": "3"}
    listed = sagemaker.list_artifacts(SourceUri=source["SourceUri"])["ArtifactSummaries"]
    assert [one["ArtifactName"] for one in listed] == [name]
    with pytest.raises(ClientError, match="delete these first"):
        sagemaker.delete_artifact(ArtifactArn=made)
    with pytest.raises(ClientError, match="has this SourceUri already"):
        sagemaker.create_artifact(Source=source, ArtifactType="Report")
    sagemaker.delete_association(SourceArn=made, DestinationArn=action)
    sagemaker.delete_artifact(ArtifactArn=made)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sagemaker.describe_artifact(ArtifactArn=made)
