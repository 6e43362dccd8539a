"""Who has engines labelled, a model tuned on the labels, and engines in service judged by the best one."""

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios._experiments.asking import channel, instances, role_arn, waited_for
from scenarios._experiments.engines import WORN_WITHIN, Rows, as_csv, rows_of, subset

if TYPE_CHECKING:
    from harness.program import Context

CATEGORIES = ("sound", "worn")
OBJECTS, IN_SERVICE = 240, 400
JOB, TUNING, TRANSFORM, ATTRIBUTE = "engines-labelled", "engines-tuned", "engines-judged", "wear"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
ACCURACY = {"Name": "validation:accuracy", "Regex": "validation:accuracy=([0-9.]+);"}
TRAININGS, SIDE_BY_SIDE = 6, 2
# AWS's own functions for classifying texts, in us-east-1 (API reference, HumanTaskConfig).
BUILT_IN = "arn:aws:lambda:us-east-1:432418664414:function:"
# The share of a rehearsal's labelled engines that trainings do not see.
HELD_OUT = 4


def label(context: "Context", bucket: str, role: str, team: str) -> Mapping[str, Any]:
    """Have rows of engines labelled; return the counters, and how many labels are what the engine was."""
    s3, sagemaker = context.client("s3"), context.client("sagemaker")
    rows, life = _chosen(context.seed, OBJECTS)
    objects = [
        {"source": ",".join(f"{value:g}" for value in row), "overhauled-after": float(left)}
        for row, left in zip(rows, life, strict=True)
    ]
    manifest = "\n".join(json.dumps(one) for one in objects).encode()
    s3.put_object(Bucket=bucket, Key="labels/input.manifest", Body=manifest)
    categories = {"document-version": "2018-11-28", "labels": [{"label": each} for each in CATEGORIES]}
    s3.put_object(Bucket=bucket, Key="labels/categories.json", Body=json.dumps(categories).encode())
    sagemaker.create_labeling_job(**_labelling(context, bucket, role, team))
    seen = sagemaker.describe_labeling_job(LabelingJobName=JOB)["LabelingJobStatus"]
    told = waited_for(
        context, partial(sagemaker.describe_labeling_job, LabelingJobName=JOB), "LabelingJobStatus"
    )
    lines = [json.loads(line) for line in _read(s3, told["LabelingJobOutput"]["OutputDatasetS3Uri"])]
    right = sum(one[ATTRIBUTE] == int(one["overhauled-after"] <= WORN_WITHIN) for one in lines)
    unsure = sum(one[f"{ATTRIBUTE}-metadata"]["confidence"] < 1.0 for one in lines)
    counters = told["LabelCounters"]
    return {
        "seen_in_progress": int(seen == "InProgress"),
        "completed": int(told["LabelingJobStatus"] == "Completed"),
        "labelled": counters["HumanLabeled"],
        "unlabelled": counters["Unlabeled"],
        "right": right,
        "unsure": unsure,
    }


def tune(context: "Context", bucket: str, role: str) -> Mapping[str, Any]:
    """Tune a model on what was labelled; return how the search went."""
    s3, sagemaker = context.client("s3"), context.client("sagemaker")
    told = sagemaker.describe_labeling_job(LabelingJobName=JOB)
    lines = [json.loads(line) for line in _read(s3, told["LabelingJobOutput"]["OutputDatasetS3Uri"])]
    rows = np.array([[float(cell) for cell in one["source"].split(",")] for one in lines])
    labels = np.array([one[ATTRIBUTE] for one in lines], np.float64)
    held = np.arange(len(lines)) % HELD_OUT == 0
    s3.put_object(Bucket=bucket, Key="tuning/train/rows.csv", Body=as_csv(rows[~held], labels[~held]))
    s3.put_object(Bucket=bucket, Key="tuning/validation/rows.csv", Body=as_csv(rows[held], labels[held]))
    sagemaker.create_hyper_parameter_tuning_job(**_tuning(context, bucket, role))
    told = waited_for(
        context,
        partial(sagemaker.describe_hyper_parameter_tuning_job, HyperParameterTuningJobName=TUNING),
        "HyperParameterTuningJobStatus",
    )
    ranked = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=TUNING, SortBy="FinalObjectiveMetricValue", SortOrder="Descending"
    )["TrainingJobSummaries"]
    best = told["BestTrainingJob"]
    values = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in ranked]
    return {
        "completed": int(told["HyperParameterTuningJobStatus"] == "Completed"),
        "trainings": told["TrainingJobStatusCounters"]["Completed"],
        "objectives": told["ObjectiveStatusCounters"]["Succeeded"],
        "points": len({json.dumps(one["TunedHyperParameters"], sort_keys=True) for one in ranked}),
        "best_accuracy": best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"],
        "best_is_best": int(values[0] == best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]),
    }


def judge_all(context: "Context", bucket: str, role: str) -> Mapping[str, Any]:
    """Send rows that nobody labelled through the best model, and hold the answers against the truth."""
    s3, sagemaker = context.client("s3"), context.client("sagemaker")
    tuned = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=TUNING)
    best = sagemaker.describe_training_job(TrainingJobName=tuned["BestTrainingJob"]["TrainingJobName"])
    container = {"Image": IMAGE, "ModelDataUrl": best["ModelArtifacts"]["S3ModelArtifacts"]}
    sagemaker.create_model(
        ModelName=TRANSFORM, ExecutionRoleArn=role_arn(context, role), PrimaryContainer=container
    )
    rows, life = _chosen(context.seed + 1, IN_SERVICE)
    numbered = b"".join(
        f"engine-{number},".encode() + line + b"\n" for number, line in enumerate(as_csv(rows).splitlines())
    )
    s3.put_object(Bucket=bucket, Key="service/today/rows.csv", Body=numbered)
    sagemaker.create_transform_job(**_transform(bucket))
    told = waited_for(
        context, partial(sagemaker.describe_transform_job, TransformJobName=TRANSFORM), "TransformJobStatus"
    )
    answers = [line.decode().split(",") for line in _read(s3, f"s3://{bucket}/judged/today/rows.csv.out")]
    judged = np.array([float(answer) for _, answer in answers]) > 0.5
    sagemaker.delete_model(ModelName=TRANSFORM)
    return {
        "completed": int(told["TransformJobStatus"] == "Completed"),
        "answers": len(answers),
        "in_order": int([name for name, _ in answers] == [f"engine-{each}" for each in range(len(rows))]),
        "accuracy": float(np.mean(judged == (life <= WORN_WITHIN))),
        "majority": float(max(np.mean(life <= WORN_WITHIN), np.mean(life > WORN_WITHIN))),
    }


def _chosen(seed: int, count: int) -> tuple[Rows, Rows]:
    """Return *count* rows of engines, as many worn as sound, and the life that each engine had left."""
    rows, life = rows_of(subset(seed).train)
    random = np.random.default_rng(seed)
    worn, sound = np.flatnonzero(life <= WORN_WITHIN), np.flatnonzero(life > WORN_WITHIN)
    picked = np.concatenate([random.choice(each, count // 2, replace=False) for each in (worn, sound)])
    picked = random.permutation(picked)
    return rows[picked], life[picked]


def _read(s3: Any, url: str) -> list[bytes]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    lines: list[bytes] = s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
    return lines


def _labelling(context: "Context", bucket: str, role: str, team: str) -> dict[str, Any]:
    source = {"S3DataSource": {"ManifestS3Uri": f"s3://{bucket}/labels/input.manifest"}}
    workteam = next(one for one in context.scenario.workteams if one.name == team)
    return {
        "LabelingJobName": JOB,
        "LabelAttributeName": ATTRIBUTE,
        "InputConfig": {"DataSource": source},
        "OutputConfig": {"S3OutputPath": f"s3://{bucket}/labels/out"},
        "RoleArn": role_arn(context, role),
        "LabelCategoryConfigS3Uri": f"s3://{bucket}/labels/categories.json",
        "HumanTaskConfig": {
            "WorkteamArn": context.arn(workteam.arn("{region}", "{account}")),
            "UiConfig": {"UiTemplateS3Uri": f"s3://{bucket}/labels/task.liquid"},
            "PreHumanTaskLambdaArn": f"{BUILT_IN}PRE-TextMultiClass",
            "TaskTitle": "Is this engine worn?",
            "TaskDescription": "Look at the sensors and at the overhaul's report",
            "NumberOfHumanWorkersPerDataObject": 3,
            "TaskTimeLimitInSeconds": 600,
            "AnnotationConsolidationConfig": {
                "AnnotationConsolidationLambdaArn": f"{BUILT_IN}ACS-TextMultiClass"
            },
        },
    }


def _tuning(context: "Context", bucket: str, role: str) -> dict[str, Any]:
    ranges = {
        "ContinuousParameterRanges": [
            {"Name": "l2", "MinValue": "0.001", "MaxValue": "1000", "ScalingType": "Logarithmic"}
        ],
        "CategoricalParameterRanges": [{"Name": "degree", "Values": ["1", "2"]}],
    }
    return {
        "HyperParameterTuningJobName": TUNING,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": ACCURACY["Name"]},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": TRAININGS,
                "MaxParallelTrainingJobs": SIDE_BY_SIDE,
            },
            "ParameterRanges": ranges,
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [ACCURACY],
            },
            "RoleArn": role_arn(context, role),
            "InputDataConfig": [
                channel(each, f"s3://{bucket}/tuning/{each}/") for each in ("train", "validation")
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
            "ResourceConfig": instances(),
            "StoppingCondition": {"MaxRuntimeInSeconds": 3_600},
        },
    }


def _transform(bucket: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/service/"}
    return {
        "TransformJobName": TRANSFORM,
        "ModelName": TRANSFORM,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{bucket}/judged",
            "Accept": "text/csv",
            "AssembleWith": "Line",
        },
        # The name of the engine is kept from the model, and comes back beside its answer.
        "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
