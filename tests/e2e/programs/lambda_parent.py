"""A parent that opens the embedded backend, makes MiniStack start a Lambda worker, and waits to be killed."""

import io
import json
import sys
import time
import zipfile
from pathlib import Path

from harness import sessions
from harness.backends import open_backend
from harness.config import Settings

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def main() -> None:
    backend = open_backend("embedded", Settings(), Path(sys.argv[1]))
    at = backend.route("lambda")
    url = f"http://{at.host}:{at.port}"
    role = sessions.client("iam", url).create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr(
            "index.py", "def handler(event, context):\n    print('ran', flush=True)\n    return 1\n"
        )
    functions = sessions.client("lambda", url)
    functions.create_function(
        FunctionName="f",
        Runtime="python3.11",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )
    functions.invoke(FunctionName="f")
    print("started", flush=True)
    time.sleep(120)


if __name__ == "__main__":
    main()
