"""The three roles of the turbofan pipeline at work: what each does, and each of its calls for others to try.

Firehose and Glue do not run here: programs under their roles make the calls that they make on AWS. Each then
tries what is the others' business.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.scenario import Bucket
from scenarios._permissions.attempts import Attempt, tried

if TYPE_CHECKING:
    from harness.program import Context

RAW, CURATED = Bucket("turbofan-raw-data"), Bucket("turbofan-curated-dataset")
SENSORS, DATASETS, MODELS = "sensors/", "datasets/", "models/"
DATASET, ARTEFACT = f"{DATASETS}cycles.csv", f"{MODELS}turbofan-rul-training/output/model.tar.gz"
CRAWLER, JOB, TRAINING = "turbofan-raw", "turbofan-curate", "turbofan-rul-training"
MODEL = CONFIG = ENDPOINT = "turbofan-rul"
ENGINES, CYCLES = 5, 40
UNDER_WAY = "InProgress"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"

CRAWLER_ARN = f"arn:aws:glue:{{region}}:{{account}}:crawler/{CRAWLER}"
JOB_ARN = f"arn:aws:glue:{{region}}:{{account}}:job/{JOB}"
SAGEMAKER = "arn:aws:sagemaker:{region}:{account}"
TRAINING_ARN, MODEL_ARN = f"{SAGEMAKER}:training-job/{TRAINING}", f"{SAGEMAKER}:model/{MODEL}"
CONFIG_ARN, ENDPOINT_ARN = f"{SAGEMAKER}:endpoint-config/{CONFIG}", f"{SAGEMAKER}:endpoint/{ENDPOINT}"


GLUE_ROLE = "arn:aws:iam::{account}:role/turbofan-glue"
SAGEMAKER_ROLE = "arn:aws:iam::{account}:role/turbofan-sagemaker"


# -- the account, which prepares and clears away -----


def prepare(context: "Context") -> None:
    """Make the crawler and the job that the Glue role is to run."""
    client, role = context.client("glue"), context.arn(GLUE_ROLE)
    targets = {"S3Targets": [{"Path": f"s3://{RAW.name}/{SENSORS}"}]}
    client.create_crawler(Name=CRAWLER, Role=role, DatabaseName="turbofan", Targets=targets)
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{CURATED.name}/scripts/curate.py"}
    client.create_job(Name=JOB, Role=role, Command=command)


def clear_away(context: "Context") -> None:
    """Remove what the roles made and the run does not know of; what is not there was never made."""
    from botocore.exceptions import ClientError

    sagemaker, glue = context.client("sagemaker"), context.client("glue")
    for remove in (
        partial(sagemaker.delete_endpoint, EndpointName=ENDPOINT),
        partial(sagemaker.delete_endpoint_config, EndpointConfigName=CONFIG),
        partial(sagemaker.delete_model, ModelName=MODEL),
        partial(glue.delete_crawler, Name=CRAWLER),
        partial(glue.delete_job, JobName=JOB),
    ):
        try:
            remove()
        except ClientError as error:
            print(error, flush=True)


# -- the duties of the roles -----


def deliver(context: "Context", *, others: Sequence[Attempt]) -> Mapping[str, Any]:
    """Deliver the sensors' readings to the raw bucket as Firehose does, then try *others*."""
    from random import Random

    s3, random = context.client("s3"), Random(f"{context.seed}/sensors")
    for engine in range(ENGINES):
        worn = [(cycle, 500 + 0.4 * cycle + random.gauss(0, 0.5)) for cycle in range(CYCLES)]
        body = "".join(f"{engine},{cycle},{value:.3f}\n" for cycle, value in worn)
        s3.put_object(Bucket=RAW.name, Key=f"{SENSORS}engine-{engine}.csv", Body=body.encode())
    return {"objects": ENGINES, **tried(context, others)}


def curate(context: "Context", *, others: Sequence[Attempt]) -> Mapping[str, Any]:
    """Run the crawler and the job, make the dataset from the raw data, then try *others*.

    The job's own script runs here, under its role: remaining life is counted from each engine's last cycle.
    """
    glue, s3 = context.client("glue"), context.client("s3")
    glue.start_crawler(Name=CRAWLER)
    crawled = glue.get_crawler(Name=CRAWLER)["Crawler"]["State"]
    run = glue.start_job_run(JobName=JOB)["JobRunId"]
    listed = s3.list_objects_v2(Bucket=RAW.name, Prefix=SENSORS).get("Contents", [])
    rows = [row for one in listed for row in _rows(s3, RAW.name, one["Key"])]
    last = {engine: max(cycle for e, cycle, _ in rows if e == engine) for engine, _, _ in rows}
    body = "".join(f"{last[engine] - cycle:g},{cycle:g},{value:g}\n" for engine, cycle, value in rows)
    s3.put_object(Bucket=CURATED.name, Key=DATASET, Body=body.encode())
    state = glue.get_job_run(JobName=JOB, RunId=run)["JobRun"]["JobRunState"]
    return {"rows": len(rows), "crawler": crawled, "job": state, **tried(context, others)}


def train_and_deploy(context: "Context", *, others: Sequence[Attempt]) -> Mapping[str, Any]:
    """Submit the training job and wait for its model, make the endpoint and wait for it; try *others*.

    The job runs under the same role: what SageMaker reads and writes for it is the role's doing.
    """
    client, role = context.client("sagemaker"), context.arn(SAGEMAKER_ROLE)
    client.create_training_job(**training_job(role))
    while (
        status := client.describe_training_job(TrainingJobName=TRAINING)["TrainingJobStatus"]
    ) == UNDER_WAY:
        context.wait_model_s(20.0)
    client.create_model(**model(role))
    client.create_endpoint_config(**endpoint_config())
    client.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=CONFIG)
    while (state := client.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"]) == "Creating":
        context.wait_model_s(20.0)
    in_service = int(state == "InService")
    return {"training": status, "in_service": in_service, **tried(context, others)}


def _rows(s3: Any, bucket: str, key: str) -> list[tuple[float, float, float]]:
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return [(float(a), float(b), float(c)) for a, b, c in csv.reader(io.StringIO(text))]


# -- what the calls carry -----


def training_job(role: str) -> dict[str, Any]:
    """Return the arguments of CreateTrainingJob under the execution role *role*."""
    dataset = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{CURATED.name}/{DATASETS}"}
    return {
        "TrainingJobName": TRAINING,
        "RoleArn": role,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": dataset}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{CURATED.name}/{MODELS}"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }


def model(role: str) -> dict[str, Any]:
    """Return the arguments of CreateModel."""
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{CURATED.name}/{ARTEFACT}"}
    return {"ModelName": MODEL, "ExecutionRoleArn": role, "PrimaryContainer": container}


def endpoint_config() -> dict[str, Any]:
    """Return the arguments of CreateEndpointConfig."""
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": MODEL,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    return {"EndpointConfigName": CONFIG, "ProductionVariants": [variant]}


# -- what each does, one call each, for the others to try -----

FIREHOSE_DUTIES = (
    Attempt(
        "s3:PutObject",
        RAW.under(SENSORS),
        lambda caller: caller.client("s3").put_object(
            Bucket=RAW.name, Key=f"{SENSORS}forged.csv", Body=b"0,0,0\n"
        ),
    ),
)

GLUE_DUTIES = (
    Attempt(
        "s3:ListBucket",
        RAW,
        lambda caller: caller.client("s3").list_objects_v2(Bucket=RAW.name, Prefix=SENSORS),
    ),
    Attempt(
        "s3:GetObject",
        RAW.under(SENSORS),
        lambda caller: caller.client("s3").get_object(Bucket=RAW.name, Key=f"{SENSORS}engine-0.csv"),
    ),
    Attempt(
        "s3:PutObject",
        CURATED.under(DATASETS),
        lambda caller: caller.client("s3").put_object(
            Bucket=CURATED.name, Key=f"{DATASETS}forged.csv", Body=b"0,0,0\n"
        ),
    ),
    Attempt(
        "glue:StartCrawler", CRAWLER_ARN, lambda caller: caller.client("glue").start_crawler(Name=CRAWLER)
    ),
    Attempt("glue:StartJobRun", JOB_ARN, lambda caller: caller.client("glue").start_job_run(JobName=JOB)),
)

SAGEMAKER_DUTIES = (
    Attempt(
        "s3:GetObject",
        CURATED.under(DATASETS),
        lambda caller: caller.client("s3").get_object(Bucket=CURATED.name, Key=DATASET),
    ),
    Attempt(
        "s3:PutObject",
        CURATED.under(MODELS),
        lambda caller: caller.client("s3").put_object(
            Bucket=CURATED.name, Key=f"{MODELS}forged.tar.gz", Body=b"forged"
        ),
    ),
    Attempt(
        "sagemaker:CreateTrainingJob",
        TRAINING_ARN,
        lambda caller: caller.client("sagemaker").create_training_job(
            **training_job(caller.arn(SAGEMAKER_ROLE))
        ),
    ),
    Attempt(
        "sagemaker:CreateModel",
        MODEL_ARN,
        lambda caller: caller.client("sagemaker").create_model(**model(caller.arn(SAGEMAKER_ROLE))),
    ),
    Attempt(
        "sagemaker:CreateEndpointConfig",
        CONFIG_ARN,
        lambda caller: caller.client("sagemaker").create_endpoint_config(**endpoint_config()),
    ),
    Attempt(
        "sagemaker:CreateEndpoint",
        ENDPOINT_ARN,
        lambda caller: caller.client("sagemaker").create_endpoint(
            EndpointName=ENDPOINT, EndpointConfigName=CONFIG
        ),
    ),
)


# To train under the role of another is to be what that role is.
PASSING_GLUES = Attempt(
    "iam:PassRole",
    GLUE_ROLE,
    lambda caller: caller.client("sagemaker").create_training_job(**training_job(caller.arn(GLUE_ROLE))),
)
