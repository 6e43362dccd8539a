"""A gateway before an embedded backend, and what tests of functions need again and again."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from harness import journal, sessions
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend, open_backend
from harness.clock import Clock, ClockSpec
from harness.config import DEFAULT_ACCOUNT_ID as ACCOUNT
from harness.config import DEFAULT_REGION as REGION
from harness.config import Settings

PATIENCE_S = 20.0
LAMBDA = "lambda.amazonaws.com"
T = TypeVar("T")


ECHO = """
import json, os
print("loaded")
def handler(event, context):
    print("got", json.dumps(event))
    return {"event": event, "request": context.aws_request_id, "pid": os.getpid(), "env": dict(os.environ)}
"""


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


LOGS = allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


def zipped(**files: str) -> bytes:
    """Return a package of *files*: `app_py` is app.py."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_py", ".py"), text)
    return made.getvalue()


@dataclass(frozen=True)
class Answer:
    """What Invoke answered."""

    status: int
    error: str
    version: str
    payload: Any
    log: str


@dataclass
class Stand:
    """One gateway, whose clients retry nothing."""

    gateway: Gateway
    stage: Stage
    records: list[journal.Record]
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = sessions.client(service, self.gateway.url)
        return self._clients[service]

    @property
    def functions(self) -> Any:
        return self.client("lambda")

    def role(self, *statements: dict[str, Any], service: str = LAMBDA) -> str:
        """Make a role that *service* may assume and that holds *statements*; return its ARN."""
        iam, name = self.client("iam"), f"role-{uuid4().hex[:8]}"
        trust = allow("sts:AssumeRole", Principal={"Service": service})
        del trust["Resource"]
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return arn

    def function(self, code: str | bytes, *, role: str = "", **more: Any) -> str:
        """Make a function of app.handler in *code* (a module, or a package) and return its name."""
        name = f"f-{uuid4().hex[:8]}"
        package = code if isinstance(code, bytes) else zipped(app_py=code)
        given = {"Runtime": "python3.11", "Handler": "app.handler"} | more
        self.functions.create_function(
            FunctionName=name, Role=role or self.role(LOGS), Code={"ZipFile": package}, **given
        )
        return name

    def invoke(self, name: str, event: Any = None, **more: Any) -> Answer:
        said = self.functions.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **more)
        payload = said["Payload"].read()
        return Answer(
            said["StatusCode"],
            said.get("FunctionError", ""),
            said.get("ExecutedVersion", ""),
            json.loads(payload) if payload else None,
            base64.b64decode(said.get("LogResult", "")).decode(),
        )

    def of(self, kind: type[T], function: str) -> list[T]:
        """Return what was journalled of *function*."""
        return [each for each in self.records if isinstance(each, kind) and each.function == function]  # type: ignore[attr-defined]

    def queue(self) -> tuple[str, str]:
        """Make a queue and return its URL and ARN."""
        name = f"q-{uuid4().hex[:8]}"
        url: str = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def received(self, url: str) -> dict[str, Any]:
        """Return the first message that comes to the queue."""
        asked = {"QueueUrl": url, "WaitTimeSeconds": 1, "MessageAttributeNames": ["All"]}
        found: list[dict[str, Any]] = until(
            lambda: self.client("sqs").receive_message(**asked).get("Messages", [])
        )
        return found[0]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def until(look: Callable[[], T]) -> T:
    """Return the first thing that *look* sees, within PATIENCE_S."""
    deadline = monotonic() + PATIENCE_S
    while not (seen := look()) and monotonic() < deadline:
        sleep(0.02)
    assert seen, "it never came"
    return seen


def code_of(error: ClientError) -> tuple[str, int]:
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def refused(stand: Stand, **given: object) -> ClientError:
    with pytest.raises(ClientError) as caught:
        stand.function(ECHO, **given)  # type: ignore[arg-type]
    return caught.value


def words_of(error: ClientError) -> str:
    return str(error.response["Error"]["Message"])


@contextmanager
def lambdas(
    backend: Backend, *, speed: float = 1.0, iam: Mode = Mode.ENFORCE, **more: Any
) -> Iterator[Stand]:
    records: list[journal.Record] = []
    clock = Clock(ClockSpec(speed))
    stage = Stage(clock, records.append, backend.route, Settings(), seed=1, iam=iam, **more)
    with Gateway(stage) as gateway:
        stand = Stand(gateway, stage, records)
        try:
            yield stand
        finally:
            stand.close()


@contextmanager
def embedded_lambdas(logs: Path, **options: Any) -> Iterator[Stand]:
    """As `lambdas`, over an embedded backend of its own."""
    with open_backend("embedded", Settings(), logs) as backend, lambdas(backend, **options) as made:
        yield made
