"""What CreateLabelingJob asks for, read and checked; the manifests that go in and come out.

Developer guide, "Use an input manifest file", "Labeling job output data"; API reference, CreateLabelingJob.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.jobs.unacceptable import Unacceptable

SOURCES = ("source-ref", "source")
# The suffix of AWS's own functions for a task -> its type in the output, and whether the value is an index.
CLASSIFICATION = {
    "ImageMultiClass": "groundtruth/image-classification",
    "TextMultiClass": "groundtruth/text-classification",
}
CUSTOM = "groundtruth/custom"


@dataclass(frozen=True, slots=True)
class LabelingPlan:
    """A labelling job as it was asked for. `task` is a key of CLASSIFICATION, "" for one's own functions."""

    name: str
    attribute: str
    manifest_uri: str
    output_uri: str
    role: str
    workteam: str
    workers_per_object: int
    task: str
    before_function: str
    after_function: str
    categories_uri: str
    available_s: float
    most_labelled: int | None = None
    most_percent: int | None = None
    is_automated: bool = False

    def metadata(self, label: str, confidence: float, at: str) -> dict[str, Any]:
        """Return what stands beside a label of a built-in task; *at* is an ISO moment."""
        return {
            "class-name": label,
            "confidence": round(confidence, 2),
            "type": CLASSIFICATION[self.task],
            "job-name": f"labeling-job/{self.name.lower()}",
            "human-annotated": "yes",
            "creation-date": at,
        }


# HumanTaskConfig, TaskAvailabilityLifetimeInSeconds: ten days where it is not given.
DEFAULT_AVAILABLE_S = 864_000


def plan_of(given: Mapping[str, Any]) -> LabelingPlan:
    """Return what *given*, CreateLabelingJob's arguments, asks for; raise Unacceptable."""
    human, stop = given["HumanTaskConfig"], given.get("StoppingConditions") or {}
    source = given["InputConfig"]["DataSource"]
    if "S3DataSource" not in source:
        raise Unacceptable("Streaming labeling jobs (SnsDataSource) are not covered here: give a manifest.")
    before = human.get("PreHumanTaskLambdaArn") or ""
    after = (human.get("AnnotationConsolidationConfig") or {}).get("AnnotationConsolidationLambdaArn") or ""
    plan = LabelingPlan(
        name=given["LabelingJobName"],
        attribute=given["LabelAttributeName"],
        manifest_uri=source["S3DataSource"]["ManifestS3Uri"],
        output_uri=given["OutputConfig"]["S3OutputPath"],
        role=given["RoleArn"],
        workteam=human["WorkteamArn"],
        workers_per_object=int(human["NumberOfHumanWorkersPerDataObject"]),
        task=_task(before, after),
        before_function=before,
        after_function=after,
        categories_uri=given.get("LabelCategoryConfigS3Uri") or "",
        available_s=float(human.get("TaskAvailabilityLifetimeInSeconds") or DEFAULT_AVAILABLE_S),
        most_labelled=stop.get("MaxHumanLabeledObjectCount"),
        most_percent=stop.get("MaxPercentageOfInputDatasetLabeled"),
        is_automated=bool(given.get("LabelingJobAlgorithmsConfig")),
    )
    _check(plan)
    return plan


def _check(plan: LabelingPlan) -> None:
    if plan.attribute.endswith("-metadata"):
        raise Unacceptable(f"The label attribute name {plan.attribute} cannot end with -metadata.")
    if plan.attribute.endswith("-ref"):
        raise Unacceptable(
            f"The label attribute name {plan.attribute} ends with -ref, which is for semantic segmentation."
        )
    if plan.task and not plan.categories_uri:
        raise Unacceptable("LabelCategoryConfigS3Uri is required for this task type.")


def _task(before: str, after: str) -> str:
    """Return which built-in task the functions are of, "" for one's own; raise Unacceptable for others."""
    names = [arn.rpartition(":")[2] for arn in (before, after)]
    if not names[1].startswith("ACS-"):
        if names[0].startswith("PRE-"):
            raise Unacceptable("A built-in pre-annotation function needs its own consolidation function.")
        return ""
    task = names[1].removeprefix("ACS-")
    if task not in CLASSIFICATION:
        raise Unacceptable(
            f"The task type {task} is not covered here: give {' or '.join(CLASSIFICATION)}, or own functions."
        )
    if names[0] not in ("", f"PRE-{task}"):
        raise Unacceptable(f"PRE-{task} and {names[1]} belong together; the first is {names[0]}.")
    return task


def objects_in(manifest: bytes) -> list[dict[str, Any]]:
    """Return the objects of an input manifest; raise Unacceptable with the line that is none."""
    found = []
    for number, line in enumerate(manifest.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except ValueError as error:
            raise Unacceptable(f"The input manifest is no JSON in line {number}.") from error
        if not isinstance(one, dict) or not any(name in one for name in SOURCES):
            raise Unacceptable(f"The input manifest has neither source nor source-ref in line {number}.")
        found.append(one)
    if not found:
        raise Unacceptable("The input manifest has no objects.")
    return found


def categories_in(document: bytes) -> list[str]:
    """Return the labels of a label category configuration file; raise Unacceptable."""
    try:
        return [each["label"] for each in json.loads(document)["labels"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Unacceptable(f"The label category configuration cannot be read: {error}") from error


def manifest_of(objects: Sequence[Mapping[str, Any]]) -> bytes:
    """Return *objects* as a manifest, one line each."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in objects)
