"""What CreateTransformJob asks for, read and checked.

API reference: CreateTransformJob, TransformInput, TransformOutput, DataProcessing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.jobs.unacceptable import Unacceptable

# MaxPayloadInMB: "The default value is 6 MB"; it times MaxConcurrentTransforms "cannot exceed 100 MB".
DEFAULT_PAYLOAD_MB, MOST_PAYLOAD_MB = 6, 100
MB = 1_000_000
# Ways to split that AWS has and that no model here can read.
BINARY_SPLITS = ("RecordIO", "TFRecord")
ROOT = "$"


@dataclass(frozen=True, slots=True)
class TransformPlan:
    """A transform job as it was asked for. `input_uri` is a prefix, or a manifest's address."""

    name: str
    model: str
    input_uri: str
    is_manifest: bool
    content_type: str | None
    gzipped: bool
    by_line: bool
    single_record: bool
    limit_bytes: int
    output_uri: str
    accept: str | None
    line_after_each: bool
    instance_type: str
    instance_count: int
    input_filter: str = ROOT
    output_filter: str = ROOT
    joins_input: bool = False

    @property
    def processes_data(self) -> bool:
        """Return whether records are filtered or joined."""
        return self.joins_input or self.input_filter != ROOT or self.output_filter != ROOT


def plan_of(given: Mapping[str, Any]) -> TransformPlan:
    """Return what *given*, CreateTransformJob's arguments, asks for; raise Unacceptable."""
    source, target = given["TransformInput"], given["TransformOutput"]
    split = source.get("SplitType") or "None"
    if split in BINARY_SPLITS:
        raise Unacceptable(f"SplitType {split} is not covered here: no model here reads that format.")
    data = source["DataSource"]["S3DataSource"]
    strategy = given.get("BatchStrategy") or "MultiRecord"
    if given.get("BatchStrategy") and split == "None":
        raise Unacceptable("To enable BatchStrategy you must set SplitType to Line, RecordIO or TFRecord.")
    processing = given.get("DataProcessing") or {}
    resources = given["TransformResources"]
    plan = TransformPlan(
        name=given["TransformJobName"],
        model=given["ModelName"],
        input_uri=data["S3Uri"],
        is_manifest=data.get("S3DataType") == "ManifestFile",
        content_type=source.get("ContentType"),
        gzipped=source.get("CompressionType") == "Gzip",
        by_line=split == "Line",
        single_record=strategy == "SingleRecord",
        limit_bytes=_limit(given),
        output_uri=target["S3OutputPath"],
        accept=target.get("Accept"),
        line_after_each=target.get("AssembleWith") == "Line",
        instance_type=resources["InstanceType"],
        instance_count=int(resources["InstanceCount"]),
        input_filter=processing.get("InputFilter") or ROOT,
        output_filter=processing.get("OutputFilter") or ROOT,
        joins_input=processing.get("JoinSource") == "Input",
    )
    _check_processing(plan, split)
    return plan


def _limit(given: Mapping[str, Any]) -> int:
    payload, side_by_side = given.get("MaxPayloadInMB"), given.get("MaxConcurrentTransforms") or 1
    payload = DEFAULT_PAYLOAD_MB if payload is None else payload
    if payload == 0:
        raise Unacceptable("MaxPayloadInMB of 0 (HTTP chunked encoding) is not covered here.")
    if payload * side_by_side > MOST_PAYLOAD_MB:
        raise Unacceptable(
            f"MaxConcurrentTransforms * MaxPayloadInMB is {payload * side_by_side} MB; it cannot exceed "
            f"{MOST_PAYLOAD_MB} MB."
        )
    return int(payload) * MB


def _check_processing(plan: TransformPlan, split: str) -> None:
    if not plan.processes_data:
        return
    kind = (plan.content_type or "").partition(";")[0]
    if kind == "text/csv" and split != "Line":
        raise Unacceptable("DataProcessing of text/csv needs SplitType Line.")
    if kind not in ("text/csv", "application/json", "application/jsonlines"):
        raise Unacceptable(
            f"DataProcessing takes CSV, JSON and JSON lines; the ContentType is {plan.content_type!r}."
        )
    if plan.joins_input and plan.accept not in (None, plan.content_type):
        raise Unacceptable("To join input and output, ContentType and Accept must be the same.")
