"""What a labelling job does in S3 and with its functions, under its role. It all blocks."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.aws.jobs.objects import Unreadable
from harness.aws.jobs.small_objects import content, put
from harness.jobs.labelling import consolidate
from harness.jobs.labelling_request import (
    LabelingPlan,
    categories_in,
    manifest_of,
    objects_in,
)
from harness.jobs.names import joined_url
from harness.jobs.unacceptable import Unacceptable
from harness.jobs.workteam import Team

# The version that both functions are called with (developer guide, "Processing data in a custom labeling
# workflow with AWS Lambda").
VERSION = "2018-10-16"
DataObject = dict[str, Any]


class Failure(Exception):
    """A labelling job fails; the sentence is its FailureReason."""


class LabellingWork:
    """The work of one job: *invoke* calls a function under the job's role, (ARN, event) -> its answer."""

    def __init__(self, s3: Any, plan: LabelingPlan, arn: str, invoke: Callable[[str, Any], Any]) -> None:
        self._s3 = s3
        self._plan = plan
        self._arn = arn
        self._invoke = invoke

    @property
    def output_manifest(self) -> str:
        """Where the labelled objects are, as LabelingJobOutput has it."""
        return joined_url(self._plan.output_uri, self._plan.name, "manifests/output/output.manifest")

    def read(self) -> tuple[list[DataObject], list[str]]:
        """Return the objects to label and the categories; raise Failure."""
        plan = self._plan
        try:
            objects = objects_in(content(self._s3, plan.manifest_uri))
            categories = categories_in(content(self._s3, plan.categories_uri)) if plan.categories_uri else []
        except (Unreadable, Unacceptable, ValueError) as error:
            raise Failure(f"ClientError: {error}") from error
        return objects, categories

    def task(self, one: DataObject) -> Any:
        """Return what workers are shown of an object: what one's own function makes of it, or the object."""
        if self._plan.task or not self._plan.before_function:
            return one
        event = {"version": VERSION, "labelingJobArn": self._arn, "dataObject": one}
        answer = self._invoke(self._plan.before_function, event)
        if not isinstance(answer, dict) or "taskInput" not in answer:
            raise Failure("ClientError: the pre-annotation function returned no taskInput.")
        return answer["taskInput"]

    def label(
        self,
        index: int,
        one: DataObject,
        answers: Sequence[tuple[str, Any]],
        categories: Sequence[str],
        at: str,
    ) -> DataObject | None:
        """Return *one* with its label, made of *answers* (worker, answer); None where none can be made."""
        if not answers:
            return None
        if self._plan.task:
            return self._voted(one, [str(answer) for _, answer in answers], categories, at)
        return self._consolidated(index, one, answers, categories)

    def _voted(
        self, one: DataObject, answers: list[str], categories: Sequence[str], at: str
    ) -> DataObject | None:
        found = consolidate(answers, categories)
        if found is None:
            return None
        name = self._plan.attribute
        metadata = self._plan.metadata(found.label, found.confidence, at)
        return {**one, name: list(categories).index(found.label), f"{name}-metadata": metadata}

    def _consolidated(
        self, index: int, one: DataObject, answers: Sequence[tuple[str, Any]], categories: Sequence[str]
    ) -> DataObject | None:
        """Have one's own function make the label, from answers that it reads in S3."""
        url = joined_url(
            self._plan.output_uri,
            self._plan.name,
            f"annotations/consolidated-annotation/request/{index}.json",
        )
        annotations = [
            {"workerId": worker, "annotationData": {"content": json.dumps(answer)}}
            for worker, answer in answers
        ]
        put(self._s3, url, json.dumps([_payload(index, one, annotations)]).encode())
        made = self._invoke(
            self._plan.after_function,
            {
                "version": VERSION,
                "labelingJobArn": self._arn,
                "labelAttributeName": self._plan.attribute,
                "labelCategories": list(categories),
                "roleArn": self._plan.role,
                "payload": {"s3Uri": url},
            },
        )
        for each in made if isinstance(made, list) else ():
            if str(each.get("datasetObjectId")) == str(index):
                return {**one, **each["consolidatedAnnotation"]["content"]}
        return None

    def write(self, labelled: Sequence[Mapping[str, Any]]) -> None:
        """Write what is labelled so far; raise Failure."""
        try:
            put(self._s3, self.output_manifest, manifest_of(labelled))
        except Unreadable as error:
            raise Failure(f"ClientError: {error}") from error


def asked(team: Team, workers: Sequence[int], shown: Any, categories: Sequence[str]) -> list[tuple[str, Any]]:
    """Return the answers of those of *workers* who give one; raise Failure where the team's code fails."""
    try:
        answers = [(f"worker-{each}", team.answer(each, shown, categories)) for each in workers]
    except Exception as error:  # the scenario's own code
        raise Failure(f"Workteam {team.name!r}: its answer raised {type(error).__name__}: {error}") from error
    return [(worker, answer) for worker, answer in answers if answer is not None]


def _payload(index: int, one: DataObject, annotations: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {"s3Uri": one["source-ref"]} if "source-ref" in one else {"content": one.get("source")}
    return {"datasetObjectId": str(index), "dataObject": shown, "annotations": annotations}
