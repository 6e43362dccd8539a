"""Objects cut into records, records put into requests, answers put together: what batch transform does.

Developer guide, "Use batch transform", "Associate prediction results with input records".
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.jobs.json_path import select
from harness.jobs.transform_request import TransformPlan
from harness.jobs.unacceptable import Unacceptable


def records(data: bytes, *, by_line: bool) -> list[bytes]:
    """Return the records of an object: its lines without their ends, or all of it."""
    if not by_line:
        return [data]
    return [line.rstrip(b"\r") for line in data.split(b"\n") if line.strip()]


def requests(found: Sequence[bytes], plan: TransformPlan) -> Iterator[list[bytes]]:
    """Yield the records of each request: one, or as many as fit; raise Unacceptable where one cannot."""
    together: list[bytes] = []
    size = 0
    for each in found:
        if len(each) > plan.limit_bytes:
            raise Unacceptable(
                f"A record of {len(each)} bytes is larger than MaxPayloadInMB ({plan.limit_bytes} bytes)."
            )
        if together and (plan.single_record or size + len(each) + 1 > plan.limit_bytes):
            yield together
            together, size = [], 0
        together.append(each)
        size += len(each) + 1
    if together:
        yield together


def payload(together: Sequence[bytes], plan: TransformPlan) -> bytes:
    """Return the body of the request with these records, its input filter applied."""
    if plan.input_filter == "$":
        return b"\n".join(together)
    return b"\n".join(_written(select(_read(each, plan), plan.input_filter), plan) for each in together)


def result(together: Sequence[bytes], answer: bytes, plan: TransformPlan) -> bytes:
    """Return what is kept of the *answer* to a request: joined with its records and filtered as asked for."""
    if not plan.joins_input and plan.output_filter == "$":
        return answer.rstrip(b"\n") if plan.line_after_each else answer
    answers = [line for line in answer.split(b"\n") if line.strip()] if plan.by_line else [answer]
    if len(answers) != len(together):
        raise Unacceptable(
            f"The model gave {len(answers)} answers to {len(together)} records: they cannot be joined."
        )
    kept = []
    for record, one in zip(together, answers, strict=True):
        value = _read(one, plan)
        if plan.joins_input:
            value = _joined(_read(record, plan), value, plan)
        kept.append(_written(select(value, plan.output_filter), plan))
    return b"\n".join(kept)


def assembled(results: Sequence[bytes], plan: TransformPlan) -> bytes:
    """Return the object that *results* make: with a new line after each, or one after the other."""
    if plan.line_after_each:
        return b"".join(each + b"\n" for each in results)
    return b"".join(results)


def output_key(prefix: str, key: str, output_prefix: str) -> str:
    """Return where the answers to *key*, found under *prefix*, go: in the same subfolder, with ".out"."""
    folder = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    inside = key.removeprefix(folder) if key.startswith(folder) else key[prefix.rfind("/") + 1 :]
    return "/".join(part for part in (output_prefix.strip("/"), f"{inside}.out") if part)


def _is_csv(plan: TransformPlan) -> bool:
    return (plan.content_type or "").startswith("text/csv")


def _read(record: bytes, plan: TransformPlan) -> Any:
    text = record.decode("utf-8", "replace")
    if _is_csv(plan):
        return next(csv.reader([text]), [])
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unacceptable(f"A record is no JSON: {text:.60}") from error


def _written(value: Any, plan: TransformPlan) -> bytes:
    if not _is_csv(plan):
        return json.dumps(value).encode()
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return line.getvalue().encode()


def _joined(record: Any, answer: Any, plan: TransformPlan) -> Any:
    """Return input and output as one: "appending each transformed row", or under SageMakerOutput."""
    if _is_csv(plan):
        return [*record, *answer]
    if isinstance(record, dict):
        return record | {"SageMakerOutput": answer}
    return {"SageMakerInput": record, "SageMakerOutput": answer}
