"""Names, ARNs and S3 addresses of jobs."""

from typing import Literal

Kind = Literal["training", "processing", "transform", "tuning", "labelling"]
# What ARNs call them: service authorization reference, "Actions, resources, and condition keys for Amazon
# SageMaker", resource types.
ARN_KINDS: dict[str, str] = {
    "training": "training-job",
    "processing": "processing-job",
    "transform": "transform-job",
    "tuning": "hyper-parameter-tuning-job",
    "labelling": "labeling-job",
}
# SageMaker developer guide, "CloudWatch Logs for Amazon SageMaker".
LOG_GROUPS: dict[str, str] = {
    "training": "/aws/sagemaker/TrainingJobs",
    "processing": "/aws/sagemaker/ProcessingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
    "labelling": "/aws/sagemaker/LabelingJobs",
}


def job_arn(kind: Kind, name: str, region: str, account: str) -> str:
    """Return the ARN of a job. SageMaker shows names in small letters in ARNs."""
    return f"arn:aws:sagemaker:{region}:{account}:{ARN_KINDS[kind]}/{name.lower()}"


def split_url(url: str) -> tuple[str, str]:
    """Return bucket and key (or prefix) of "s3://bucket/key"; raise ValueError for another address."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"{url!r} is no address in S3; it begins with s3:// and names a bucket")
    return bucket, key


def joined_url(base: str, *parts: str) -> str:
    """Return *base* with *parts* below it, a single slash between them."""
    return "/".join([base.rstrip("/"), *(part.strip("/") for part in parts if part)])


def hosts(count: int) -> list[str]:
    """Return the names of the instances of a job, as SageMaker gives them: algo-1 and so on."""
    return [f"algo-{number}" for number in range(1, count + 1)]
