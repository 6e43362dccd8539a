"""What tests of jobs need again and again: data in S3, a role, code in a folder, and a wait for the end."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from lambdas import Stand, allow

SAGEMAKER = "sagemaker.amazonaws.com"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/trainer"
PATIENCE_S = 30.0
LOSS = {"Name": "loss", "Regex": "loss=([0-9.]+);"}


@dataclass
class JobStand:
    """A stand with a bucket of its own, in which two objects are under data/."""

    stand: Stand
    bucket: str
    role: str

    @classmethod
    def on(cls, stand: Stand) -> "JobStand":
        bucket = f"jobs-{uuid4().hex[:8]}"
        s3 = stand.client("s3")
        s3.create_bucket(Bucket=bucket)
        for number in range(2):
            s3.put_object(Bucket=bucket, Key=f"data/part-{number}.csv", Body=f"{number},1\n".encode())
        arn = f"arn:aws:s3:::{bucket}"
        role = stand.role(
            allow("s3:ListBucket", resource=arn),
            allow("s3:GetObject", "s3:PutObject", resource=f"{arn}/*"),
            allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            service=SAGEMAKER,
        )
        return cls(stand, bucket, role)

    @property
    def sagemaker(self) -> Any:
        return self.stand.client("sagemaker")

    def train(self, image: str = IMAGE, *, name: str = "", count: int = 1, **more: Any) -> str:
        """Create a training job over data/ and return its name."""
        name = name or f"job-{uuid4().hex[:8]}"
        algorithm = {"TrainingImage": image, "TrainingInputMode": "File"} | more.pop("algorithm", {})
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/data/"} | more.pop("source", {})
        given: dict[str, Any] = {
            "TrainingJobName": name,
            "AlgorithmSpecification": algorithm,
            "RoleArn": self.role,
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        self.sagemaker.create_training_job(**given | more)
        return name

    def ended(self, name: str) -> dict[str, Any]:
        """Return what DescribeTrainingJob says of the job in its last status."""
        return self.await_status(name, "Completed", "Failed", "Stopped")

    def await_status(self, name: str, *statuses: str) -> dict[str, Any]:
        """Return what DescribeTrainingJob says when a status, or the secondary one, is one of *statuses*."""
        deadline = monotonic() + PATIENCE_S
        while monotonic() < deadline:
            found: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
            if {found["TrainingJobStatus"], found["SecondaryStatus"]} & set(statuses):
                return found
            sleep(0.02)
        raise AssertionError(f"{name} was never {statuses}; it is {found['SecondaryStatus']}")

    def artefact(self, name: str, kind: str = "model") -> dict[str, bytes]:
        """Return the files in the job's model.tar.gz (or output.tar.gz)."""
        key = f"out/{name}/output/{kind}.tar.gz"
        body = self.stand.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            found = {each.name: archive.extractfile(each) for each in archive if each.isfile()}
            return {name: file.read() for name, file in found.items() if file}

    def log(self, name: str, group: str = "/aws/sagemaker/TrainingJobs") -> dict[str, list[str]]:
        """Return the lines of the job's log streams that are there, by host."""
        logs = self.stand.client("logs")
        asked = {"logGroupName": group, "logStreamNamePrefix": f"{name}/"}
        try:
            streams = logs.describe_log_streams(**asked)["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            return {}
        found = {}
        for stream in streams:
            asked = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
            events = logs.get_log_events(**asked)["events"]
            found[stream["logStreamName"].split("/")[1].rpartition("-")[0]] = [e["message"] for e in events]
        return found

    def sent_code(self, **files: str) -> dict[str, str]:
        """Send *files* (`train_py` is train.py) as the SDK sends code; return the hyperparameters for it."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            for name, text in files.items():
                entry = tarfile.TarInfo(name.replace("_py", ".py"))
                entry.size = len(text.encode())
                archive.addfile(entry, io.BytesIO(text.encode()))
        key = f"code/{uuid4().hex[:8]}/sourcedir.tar.gz"
        self.stand.client("s3").put_object(Bucket=self.bucket, Key=key, Body=made.getvalue())
        url = f'"s3://{self.bucket}/{key}"'
        return {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": url}


def folder(path: Path, text: str, name: str = "train.py") -> Path:
    """Write a program into the folder *path* and return the folder."""
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(text)
    return path
