"""Who runs experiments, who finds the best of them, and who asks where a model comes from."""

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from scenarios._experiments.asking import channel, instances, role_arn, waited_for
from scenarios._experiments.engines import as_csv, rows_of, subset
from scenarios._training.jobs_program import ACCURACY, CODE, ENTRY, bring
from scenarios._training.jobs_program import IMAGE as IMAGES_IMAGE

if TYPE_CHECKING:
    from harness.program import Context

ENGINES_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
RMSE = {"Name": "validation:rmse", "Regex": "validation:rmse=([0-9.]+);"}
RANKED_BY = {"engines": "Metrics.validation:rmse", "dogs": "Metrics.test accuracy"}
# The runs of both projects: the name of the job, and its hyperparameters.
ENGINES = {
    "engines-plain": {"l2": "1", "degree": "1"},
    "engines-squares": {"l2": "1", "degree": "2"},
    "engines-held-back": {"l2": "1000000", "degree": "1"},
}
DOGS = {"dogs-1-epoch": 1, "dogs-5-epochs": 5}
BEST = "engines-squares"
ENDPOINT = "engines-best"
RMSE_NAME = RANKED_BY["engines"]


def experiment(context: "Context", bucket: str, role: str) -> Mapping[str, Any]:
    """Bring the data of both projects, run all jobs side by side, and return how many succeeded."""
    sagemaker = context.client("sagemaker")
    bring(context, bucket)
    _bring_engines(context, bucket)
    for name, given in ENGINES.items():
        sagemaker.create_training_job(**_of_engines(context, name, given, bucket, role))
    for name, epochs in DOGS.items():
        sagemaker.create_training_job(**_of_dogs(context, name, epochs, bucket, role))
    ended = [
        waited_for(
            context, partial(sagemaker.describe_training_job, TrainingJobName=name), "TrainingJobStatus"
        )
        for name in (*ENGINES, *DOGS)
    ]
    return {"completed": sum(one["TrainingJobStatus"] == "Completed" for one in ended)}


def search(context: "Context", bucket: str) -> Mapping[str, Any]:
    """Find and rank the jobs of each project; return what Search says, and whether the ranking is right."""
    sagemaker = context.client("sagemaker")
    of_engines = _found(sagemaker, [_tag("engines")], RANKED_BY["engines"], "Ascending")
    of_dogs = _found(sagemaker, [_tag("dogs")], RANKED_BY["dogs"], "Descending")
    good = _found(
        sagemaker,
        [_tag("engines"), {"Name": RMSE_NAME, "Operator": "LessThan", "Value": _value(of_engines[1])}],
        RANKED_BY["engines"],
        "Ascending",
    )
    trained = {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": "training"}
    where = {
        "Name": "InputDataConfig.DataSource.S3DataSource.S3Uri",
        "Operator": "Contains",
        "Value": f"{bucket}/images",
    }
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": [trained, where]}
    by_data = sagemaker.search(Resource="TrainingJob", SearchExpression={"NestedFilters": [nested]})
    squares = {"Name": "HyperParameters.degree", "Operator": "Equals", "Value": "2"}
    values = [_metric(one) for one in of_engines]
    return {
        "engines": len(of_engines),
        "dogs": len(of_dogs),
        "ranked": int(values == sorted(values)),
        "best": of_engines[0]["TrainingJobName"],
        "best_is_best": int(of_engines[0]["TrainingJobName"] == BEST),
        "best_rmse": values[0],
        "most_epochs_first": int(of_dogs[0]["TrainingJobName"] == "dogs-5-epochs"),
        "better_than_the_second": len(good),
        "trained_on_images": len(by_data["Results"]),
        "with_squares": len(_found(sagemaker, [squares], "CreationTime", "Ascending")),
    }


def serve(context: "Context", role: str) -> Mapping[str, Any]:
    """Serve the model of the best job of the engines, as Search names it."""
    sagemaker = context.client("sagemaker")
    best = _found(sagemaker, [_tag("engines")], RMSE_NAME, "Ascending")[0]
    container = {
        "Image": ENGINES_IMAGE,
        "ModelDataUrl": best["ModelArtifacts"]["S3ModelArtifacts"],
    }
    sagemaker.create_model(
        ModelName=ENDPOINT, ExecutionRoleArn=role_arn(context, role), PrimaryContainer=container
    )
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": ENDPOINT,
        "InstanceType": "ml.t2.medium",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=ENDPOINT, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    return {"created": 1}


def trace(context: "Context", bucket: str) -> Mapping[str, Any]:
    """Go from the endpoint to what it is made of, and from the data to the endpoints that stand on it."""
    sagemaker = context.client("sagemaker")
    start = sagemaker.describe_context(ContextName=f"{ENDPOINT}-aws-endpoint")["ContextArn"]
    above = _vertices(sagemaker, start, "Ascendants")
    sources = {
        sagemaker.describe_artifact(ArtifactArn=one["Arn"])["Source"]["SourceUri"]: one
        for one in above
        if one["LineageType"] == "Artifact"
    }
    data = [uri for uri, one in sources.items() if one["Type"] == "DataSet"]
    train = next(one["Arn"] for uri, one in sources.items() if uri.endswith("/engines/train/"))
    below = _vertices(sagemaker, train, "Descendants")
    print("\n".join(sources), flush=True)
    return {
        "jobs": sum(one["Type"] == "SageMakerTrainingJob" for one in above),
        "job_is_the_best": int(any(BEST in one["Arn"] for one in above)),
        "data": len(data),
        "other_data": sum(f"s3://{bucket}/engines/" not in uri for uri in data),
        "deployments": sum(one["Type"] == "ModelDeployment" for one in above),
        "endpoints_below_the_data": sum(one["Type"] == "Endpoint" for one in below),
        "jobs_below_the_data": sum(one["Type"] == "SageMakerTrainingJob" for one in below),
    }


def remove(context: "Context") -> Mapping[str, Any]:
    """Delete what `serve` made; return whether the lineage still knows the endpoint, as it does on AWS."""
    sagemaker = context.client("sagemaker")
    while sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "Creating":
        context.wait_model_s(10.0)
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    sagemaker.delete_endpoint_config(EndpointConfigName=ENDPOINT)
    sagemaker.delete_model(ModelName=ENDPOINT)
    found = sagemaker.list_contexts(ContextType="Endpoint")["ContextSummaries"]
    return {"still_known": len(found)}


# -- the jobs -----


def _bring_engines(context: "Context", bucket: str) -> None:
    s3, engines = context.client("s3"), subset(context.seed)
    for name, table in (("train", engines.train), ("validation", subset(context.seed + 1).train)):
        rows, life = rows_of(table)
        s3.put_object(Bucket=bucket, Key=f"engines/{name}/rows.csv", Body=as_csv(rows, life))


def _of_engines(
    context: "Context", name: str, given: Mapping[str, str], bucket: str, role: str
) -> dict[str, Any]:
    return _job(context, name, bucket, role, "engines") | {
        "AlgorithmSpecification": {
            "TrainingImage": ENGINES_IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [RMSE],
        },
        "HyperParameters": dict(given),
        "InputDataConfig": [
            channel(each, f"s3://{bucket}/engines/{each}/") for each in ("train", "validation")
        ],
    }


def _of_dogs(context: "Context", name: str, epochs: int, bucket: str, role: str) -> dict[str, Any]:
    code = {"sagemaker_program": ENTRY, "sagemaker_submit_directory": f"s3://{bucket}/{CODE}"}
    return _job(context, name, bucket, role, "dogs") | {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGES_IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [ACCURACY],
        },
        "HyperParameters": {"epochs": str(epochs)} | {key: json.dumps(value) for key, value in code.items()},
        "InputDataConfig": [
            channel("training", f"s3://{bucket}/images/train/"),
            channel("test", f"s3://{bucket}/images/test/"),
        ],
    }


def _job(context: "Context", name: str, bucket: str, role: str, project: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": role_arn(context, role),
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": instances(),
        "StoppingCondition": {"MaxRuntimeInSeconds": 3_600},
        "Tags": [{"Key": "Project", "Value": project}],
    }


# -- what is found -----


def _found(sagemaker: Any, filters: list[dict[str, str]], by: str, order: str) -> list[dict[str, Any]]:
    """Return the training jobs that satisfy *filters*, all pages of them."""
    pages = sagemaker.get_paginator("search").paginate(
        Resource="TrainingJob",
        SearchExpression={"Filters": filters},
        SortBy=by,
        SortOrder=order,
        PaginationConfig={"PageSize": 2},
    )
    return [one["TrainingJob"] for page in pages for one in page["Results"]]


def _tag(project: str) -> dict[str, str]:
    return {"Name": "Tags.Project", "Operator": "Equals", "Value": project}


def _metric(job: Mapping[str, Any]) -> float:
    return float(job["FinalMetricDataList"][0]["Value"])


def _value(job: Mapping[str, Any]) -> str:
    return repr(_metric(job))


def _vertices(sagemaker: Any, start: str, direction: str) -> list[dict[str, Any]]:
    """Return what a query of the lineage finds from *start* on."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = sagemaker.query_lineage(StartArns=[start], Direction=direction, IncludeEdges=False, **token)
        found += page["Vertices"]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}
