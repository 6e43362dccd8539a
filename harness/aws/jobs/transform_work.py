"""The work of a transform job: objects of S3 through a model, under the role of the model. It all blocks."""

import gzip
import zlib
from collections.abc import Mapping
from threading import Event
from typing import Any

from harness.aws.jobs.objects import Unreadable, objects_of_manifest, objects_under
from harness.aws.jobs.small_objects import content, put
from harness.errors import ScenarioError
from harness.inference import (
    CsvAnswer,
    Model,
    ModelFailure,
    invoke,
    load_artefact,
    model_from_environment,
)
from harness.jobs.names import joined_url, split_url
from harness.jobs.transform_records import assembled, output_key, payload, records, requests, result
from harness.jobs.transform_request import TransformPlan
from harness.jobs.unacceptable import Unacceptable


class Failure(Exception):
    """A transform job fails; the sentence is its FailureReason."""


class Stopped(Exception):
    """The job was told to stop."""


def load(s3: Any, container: Mapping[str, Any]) -> Model:
    """Return the model of *container*, a PrimaryContainer of DescribeModel; raise Failure."""
    url = container.get("ModelDataUrl") or ""
    try:
        echo = model_from_environment(container.get("Environment") or {})
        if echo is not None:
            return echo
        if not url:
            raise Failure("ClientError: the model has no ModelDataUrl, and no container runs here.")
        return load_artefact(content(s3, url), name=url)
    except Unreadable as error:
        raise Failure(
            f"ClientError: Failed to download model data from {url}: {error.code}: {error.message}"
        ) from error
    except (ScenarioError, ValueError) as error:
        raise Failure(f"AlgorithmError: the model at {url} does not load: {error}") from error


def transform(s3: Any, model: Model, plan: TransformPlan, stop: Event) -> int:
    """Send every object of the input through *model*; return how many there were.

    An object whose records all succeed has its answers in S3; where one fails, the others go on, and Failure
    is raised at the end: "If any object fails ... batch transform marks the job as failed" (TransformOutput).
    """
    failures: list[str] = []
    try:
        found = (objects_of_manifest if plan.is_manifest else objects_under)(s3, plan.input_uri)
        if not found:
            raise Failure(f"ClientError: No S3 objects found under {plan.input_uri}")
        for each in found:
            try:
                answers = _through(model, content(s3, f"s3://{each.bucket}/{each.key}"), plan, stop)
            except Unacceptable as error:
                failures.append(f"{each.key}: {error.message}")
                continue
            bucket, prefix = split_url(plan.output_uri)
            key = output_key(each.prefix, each.key, prefix)
            put(s3, joined_url(f"s3://{bucket}", key), answers)
    except (Unreadable, ValueError) as error:
        raise Failure(f"ClientError: {error}") from error
    if failures:
        raise Failure(f"ClientError: See job logs for more information. {'; '.join(failures)}"[:1024])
    return len(found)


def _through(model: Model, data: bytes, plan: TransformPlan, stop: Event) -> bytes:
    if plan.gzipped:
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise Unacceptable(f"it is no gzip: {error}") from error
    results = []
    for together in requests(records(data, by_line=plan.by_line), plan):
        if stop.is_set():
            raise Stopped
        body = payload(together, plan)
        # Batch transform sets SAGEMAKER_BATCH, and the containers then answer with one line a row.
        answer = invoke(model, plan.content_type, plan.accept, body, csv_answer=CsvAnswer.A_LINE_EACH)
        if isinstance(answer, ModelFailure):
            raise Unacceptable(f"the model answered {answer.status}: {answer.message}")
        results.append(result(together, answer.body, plan))
    return assembled(results, plan)
