"""Labelling jobs label each object once, count what they do, and write what comes out beside what went in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.labelling import Consolidated, LabelingJob, State, consolidate, timetable
from harness.jobs.labelling_request import categories_in, manifest_of, objects_in, plan_of
from harness.jobs.unacceptable import Unacceptable

LAMBDA = "arn:aws:lambda:us-east-1:432418664414:function:"
OWN = "arn:aws:lambda:us-east-1:123456789012:function:"


def asked(
    *, before: str = f"{LAMBDA}PRE-ImageMultiClass", after: str = f"{LAMBDA}ACS-ImageMultiClass", **more: Any
) -> dict[str, Any]:
    return {
        "LabelingJobName": "Dogs",
        "LabelAttributeName": "breed",
        "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://b/in.manifest"}}},
        "OutputConfig": {"S3OutputPath": "s3://b/out"},
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "LabelCategoryConfigS3Uri": "s3://b/labels.json",
        "HumanTaskConfig": {
            "WorkteamArn": "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/vets",
            "NumberOfHumanWorkersPerDataObject": 3,
            "PreHumanTaskLambdaArn": before,
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": after},
        },
        **more,
    }


def job(objects: int = 4, **conditions: int) -> LabelingJob:
    made = LabelingJob(plan_of(asked(StoppingConditions=conditions)))
    made.begin(objects)
    return made


def test_a_job_is_complete_when_each_object_has_its_label() -> None:
    """Or when its label cannot be made; the counters always sum up."""
    some = job(3)
    some.ended(0, State.LABELLED)
    some.ended(1, State.FAILED)
    assert some.status == "InProgress"
    assert not some.is_over
    some.ended(2, State.LABELLED)
    assert some.status == "Completed"
    assert some.counters() == {
        "TotalLabeled": 2,
        "HumanLabeled": 2,
        "MachineLabeled": 0,
        "FailedNonRetryableError": 1,
        "Unlabeled": 0,
    }


def test_stopping_conditions_end_a_job_early() -> None:
    """By number, or by share of the input."""
    for some in (job(MaxHumanLabeledObjectCount=2), job(MaxPercentageOfInputDatasetLabeled=50)):
        some.ended(0, State.LABELLED)
        assert some.status == "InProgress"
        some.ended(1, State.LABELLED)
        assert some.status == "Completed"
        assert some.counters()["Unlabeled"] == 2


def test_a_job_is_stopped_expires_or_fails() -> None:
    """What comes later does not change the status."""
    some = job()
    some.stop()
    some.ended(0, State.LABELLED)
    seen = [some.status]
    some.stopped()
    some.expire()
    assert [*seen, some.status] == ["Stopping", "Stopped"]
    expired = job()
    expired.expire()
    assert (expired.status, expired.counters()["Unlabeled"]) == ("Completed", 4)
    failed = job()
    failed.fail("no manifest")
    assert (failed.is_over, failed.failure_reason) == (True, "no manifest")


@given(st.integers(0, 30), st.integers(1, 5), st.integers(1, 5), st.floats(1.0, 60.0))
def test_workers_do_one_task_after_the_other(
    objects: int, workers: int, per_object: int, seconds_s: float
) -> None:
    """The last object is done when all tasks are, spread over the workers."""
    done = timetable(objects, workers, per_object, seconds_s)
    tasks = objects * min(per_object, workers)
    assert done == sorted(done)
    assert len(done) == objects
    if objects:
        assert done[-1] >= tasks * seconds_s / workers - 1e-6
        assert done[-1] <= (tasks // workers + 1) * seconds_s + 1e-6


def test_the_label_is_the_one_that_most_workers_gave() -> None:
    """Ties go to the first category; what is no category has no vote."""
    kinds = ["cat", "dog"]
    assert consolidate(["dog", "dog", "cat"], kinds) == Consolidated("dog", 2 / 3)
    assert consolidate(["dog", "cat"], kinds) == Consolidated("cat", 0.5)
    assert consolidate(["horse", "dog"], kinds) == Consolidated("dog", 0.5)
    assert consolidate(["horse"], kinds) is None


def test_a_plan_says_which_task_it_is() -> None:
    """AWS's own functions for a classification, or functions of one's own."""
    plan = plan_of(asked())
    assert (plan.task, plan.workers_per_object, plan.available_s) == ("ImageMultiClass", 3, 864_000.0)
    assert plan.metadata("dog", 2 / 3, "2026-01-01T00:00:00") == {
        "class-name": "dog",
        "confidence": 0.67,
        "type": "groundtruth/image-classification",
        "job-name": "labeling-job/dogs",
        "human-annotated": "yes",
        "creation-date": "2026-01-01T00:00:00",
    }
    own = plan_of(asked(before=f"{OWN}before", after=f"{OWN}after", LabelCategoryConfigS3Uri=None))
    assert (own.task, own.before_function, own.after_function) == ("", f"{OWN}before", f"{OWN}after")
    assert plan_of(asked(before="")).task == "ImageMultiClass"
    assert plan_of(
        asked(LabelingJobAlgorithmsConfig={"LabelingJobAlgorithmSpecificationArn": "a"})
    ).is_automated


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked(LabelAttributeName="breed-metadata"), "-metadata"),
        (asked(LabelAttributeName="breed-ref"), "semantic segmentation"),
        (asked(LabelCategoryConfigS3Uri=""), "LabelCategoryConfigS3Uri is required"),
        (asked(after=f"{LAMBDA}ACS-BoundingBox"), "BoundingBox is not covered"),
        (asked(after=f"{OWN}mine"), "needs its own"),
        (asked(before=f"{LAMBDA}PRE-TextMultiClass"), "belong together"),
        (asked(InputConfig={"DataSource": {"SnsDataSource": {}}}), "Streaming"),
    ],
)
def test_what_is_refused(request_: dict[str, Any], words: str) -> None:
    """With the member that is wrong."""
    with pytest.raises(Unacceptable, match=words):
        plan_of(request_)


def test_manifests_are_lines_of_json() -> None:
    """What went in comes out, with the label beside it."""
    lines: list[dict[str, Any]] = [{"source-ref": "s3://b/1.png"}, {"source": "text", "breed": 1}]
    assert objects_in(manifest_of(lines) + b"\n") == lines
    for wrong, words in (
        (b"{", "no JSON in line 1"),
        (b'{"a": 1}', "neither"),
        (b"[]", "neither"),
        (b"", "no obj"),
    ):
        with pytest.raises(Unacceptable, match=words):
            objects_in(wrong)


def test_categories_are_read() -> None:
    """From a label category configuration file."""
    assert categories_in(b'{"labels": [{"label": "cat"}, {"label": "dog"}]}') == ["cat", "dog"]
    with pytest.raises(Unacceptable, match="cannot be read"):
        categories_in(b'{"labels": 3}')
