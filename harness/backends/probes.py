"""What a backend can really do: each service is asked one cheap, signed, read-only question at start.

Nothing is taken from a list of what an emulator claims: a service that does not answer its question is
missing, and a scenario that needs it is skipped with what was seen as the reason.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from types import MappingProxyType

from harness.clock import Clock
from harness.config import ACCESS_KEY, DEFAULT_REGION, SECRET_KEY
from harness.gateway.chain import Address

# A machine that is busy with something else is slow; a service that is not there says so at once.
TIMEOUT_S = 30.0
ANSWER_CHARACTERS = 120
ACCOUNT_IN_ANSWER = re.compile(rb"<Account>(\d{12})</Account>")


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether a service answers on this backend, and how that is known."""

    service: str
    ok: bool
    how: str


@dataclass(frozen=True, slots=True)
class Question:
    """One read-only AWS call in its wire form."""

    operation: str
    method: str = "POST"
    path: str = "/"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def _query(operation: str, version: str) -> Question:
    """The AWS query protocol: the operation is a form field."""
    return Question(
        operation,
        body=f"Action={operation}&Version={version}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )


def _json(target: str, body: bytes = b"{}", *, version: str = "1.1") -> Question:
    """The AWS JSON protocol: the operation is a header."""
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
    return Question(target.partition(".")[2], body=body, headers=headers)


# Signing name -> question, the light ones first. The wire forms are those of boto3's service models.
QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "s3": Question("ListBuckets", method="GET"),
        "sqs": _json("AmazonSQS.ListQueues", version="1.0"),
        "sns": _query("ListTopics", "2010-03-31"),
        "iam": _query("ListRoles", "2010-05-08"),
        "sts": _query("GetCallerIdentity", "2011-06-15"),
        "lambda": Question("ListFunctions", method="GET", path="/2015-03-31/functions/"),
        "sagemaker": _json("SageMaker.ListEndpointConfigs"),
        "monitoring": _query("DescribeAlarms", "2010-08-01"),
        "logs": _json("Logs_20140328.DescribeLogGroups"),
        "application-autoscaling": _json(
            "AnyScaleFrontendService.DescribeScalableTargets", b'{"ServiceNamespace": "sagemaker"}'
        ),
        "events": _json("AWSEvents.ListRules"),
        "apigateway": Question("GetApis", method="GET", path="/v2/apis"),
        "dynamodb": _json("DynamoDB_20120810.ListTables", version="1.0"),
        "ec2": _query("DescribeSpotInstanceRequests", "2016-11-15"),
    }
)


class Probes:
    """The questions, each asked once, in the background, when somebody first wants to know.

    Not all at start: moto loads a service when it is first called, and its copy of EC2 alone, which it wants
    for Application Auto Scaling too, is a second of work that most runs never need.
    """

    def __init__(self, route: Callable[[str], Address], *, region: str = DEFAULT_REGION) -> None:
        self._route = route
        self._region = region
        # One after another at each emulator, the light ones first: together, all would wait for the slowest.
        self._pools: dict[Address, ThreadPoolExecutor] = {}
        self._found: dict[str, Future[Capability]] = {}

    def find(self, services: Sequence[str]) -> dict[str, Capability]:
        """Return what is known of each of *services*, waiting for the answers.

        What there is no question for is not ok.
        """
        self._begin([service for service in QUESTIONS if service in services])
        return {service: self._answer(service) for service in services}

    def everything(self) -> dict[str, Capability]:
        """Return service -> capability for every question, waiting for the slowest."""
        return self.find(tuple(QUESTIONS))

    def _begin(self, services: Sequence[str]) -> None:
        for service in services:
            if service not in self._found:
                at = self._route(service)
                pool = self._pools.setdefault(at, ThreadPoolExecutor(1, thread_name_prefix="probe"))
                self._found[service] = pool.submit(ask, service, at, region=self._region)

    def _answer(self, service: str) -> Capability:
        future = self._found.get(service)
        if future is None:
            return Capability(service, False, f"no probe asks for {service}, so it is not known to work")
        return future.result()

    def close(self) -> None:
        """Ask nothing more; what is on its way ends with its connection."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def ask(service: str, address: Address, *, region: str = DEFAULT_REGION) -> Capability:
    """Return whether *service* answers at *address*; never raises for what the other side does."""
    question = QUESTIONS[service]
    clock = Clock()
    try:
        status, answer = send(service, question, address, region)
    except (OSError, HTTPException) as error:
        return Capability(service, False, f"{question.operation} got no answer from {address}: {error}")
    took_ms = clock.now() * 1000
    seen = f"{question.operation} answered {status} by {address.name}"
    if status == 200:
        return Capability(service, True, f"{seen} in {took_ms:.0f} ms")
    text = " ".join(answer.decode("utf-8", errors="replace").split())
    return Capability(service, False, f"{seen}: {text[:ANSWER_CHARACTERS]}")


def caller_account(address: Address, region: str = DEFAULT_REGION) -> str | None:
    """Return the account of the fake credentials at *address*, or None when it does not say."""
    try:
        status, answer = send("sts", QUESTIONS["sts"], address, region)
    except (OSError, HTTPException):
        return None
    found = ACCOUNT_IN_ANSWER.search(answer)
    return found[1].decode() if status == 200 and found else None


def send(
    service: str, question: Question, address: Address, region: str, access_key: str = ACCESS_KEY
) -> tuple[int, bytes]:
    """Return (status, body) of the answer at *address*. Raises OSError or HTTPException when none comes."""
    headers = _signed_headers(service, question, address, region, access_key)
    connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT_S)
    try:
        connection.request(question.method, question.path, body=question.body, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _signed_headers(
    service: str, question: Question, address: Address, region: str, access_key: str
) -> dict[str, str]:
    """Sign with the fake credentials: MiniStack checks it, and every emulator reads the service from it."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    url = f"http://{address.host}:{address.port}{question.path}"
    request = AWSRequest(question.method, url, dict(question.headers), question.body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(access_key, SECRET_KEY), service, region).add_auth(request)
    return {str(name): str(value) for name, value in request.headers.items()}
