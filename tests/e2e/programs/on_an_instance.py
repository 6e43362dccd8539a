"""What an instance of the tests runs: plain boto3, which finds credentials by itself, and the metadata."""

import json
import os
import signal
import sys
import time
from urllib.request import Request, urlopen

import boto3

SERVICE = os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
BUCKET = "instances"


def metadata(path: str, token: str) -> str | None:
    """Return what is at *path*, None for nothing."""
    request = Request(f"{SERVICE}/latest/meta-data/{path}", headers={"X-aws-ec2-metadata-token": token})
    try:
        with urlopen(request) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def main() -> None:
    """Say who it is; on a spot instance wait for the notice, and say that too."""
    ask = Request(
        f"{SERVICE}/latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": "21600"}, method="PUT"
    )
    with urlopen(ask) as answer:
        token = answer.read().decode()
    region = metadata("placement/region", token)
    name = metadata("instance-id", token)
    who = boto3.client("sts", region_name=region).get_caller_identity()["Arn"]
    s3 = boto3.client("s3", region_name=region)
    told = {"who": who, "has_keys": "AWS_ACCESS_KEY_ID" in os.environ, "home": os.environ["HOME"]}
    s3.put_object(Bucket=BUCKET, Key=f"{name}/who", Body=json.dumps(told).encode())
    print("hello from", name, flush=True)
    if metadata("instance-life-cycle", token) != "spot":
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while (notice := metadata("spot/instance-action", token)) is None:
        time.sleep(0.02)
    s3.put_object(Bucket=BUCKET, Key=f"{name}/notice", Body=notice.encode())
    while True:
        time.sleep(1.0)


main()
