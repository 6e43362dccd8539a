"""LocalStack in host mode: started here, on loopback alone, composed with moto, used through the gateway."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seen import descendants, listening

from harness import sessions
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend, open_backend
from harness.backends.emulator import Emulator
from harness.backends.localstack import Found, describe, recipe
from harness.backends.localstack_install import find_interpreter
from harness.clock import Clock
from harness.config import Settings, read_settings
from harness.errors import EnvironmentFault
from harness.gateway.chain import Address

ACCOUNT = "123456789012"
NOBODY = "http://127.0.0.1:9"
PROGRAM = Path(__file__).parent / "programs" / "localstack_parent.py"


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Settings under which no LocalStack that happens to run is used; skips where none is installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    found = read_settings(kept | {"AWS_ENDPOINT_URL": NOBODY}, backend="localstack")
    if find_interpreter(found) is None:
        pytest.skip("LocalStack is not installed; run `python -m harness.backends install localstack`")
    return Settings(localstack_urls=(NOBODY,), localstack_python=find_interpreter(found))


@pytest.fixture(scope="module")
def backend(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """One LocalStack with its moto for the tests that only look."""
    with open_backend("localstack", settings, tmp_path_factory.mktemp("logs")) as opened:
        yield opened


@pytest.fixture(scope="module")
def gateway(backend: Backend, settings: Settings) -> Iterator[str]:
    """The gateway's URL, in front of that backend."""
    clock = Clock()
    stage = Stage(clock, lambda record: None, backend.route, settings, seed=1)
    with Gateway(stage, port=0) as running:
        yield running.url


def url(address: Address) -> str:
    return f"http://{address.host}:{address.port}"


@pytest.mark.long  # the contract tests ask it for more
def test_it_answers_every_service_but_functions(backend: Backend) -> None:
    """What LocalStack lacks moto answers; that it runs no function without Docker is known."""
    missing = backend.missing(list(backend.capabilities))

    assert set(missing) == {"lambda"}
    assert missing["lambda"].startswith("a function stays Failed: ")
    assert set(backend.emulators) == {"localstack", "moto"}
    assert backend.emulators["localstack"] == "2026.3.0"


@pytest.mark.parametrize(
    ("service", "emulator"),
    [
        ("sqs", "localstack"),
        ("states", "localstack"),
        ("", "localstack"),
        ("sagemaker", "moto"),
        ("application-autoscaling", "moto"),
        ("dynamodb", "moto"),
        ("monitoring", "moto"),
        ("ec2", "moto"),
        ("autoscaling", "moto"),
    ],
)
def test_services_go_to_who_answers_them(backend: Backend, service: str, emulator: str) -> None:
    """Not in its free edition: SageMaker, scaling. Needs a download: DynamoDB. Alarms are the harness's."""
    assert backend.route(service).name == emulator


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are read from /proc")
def test_nothing_listens_but_on_loopback(backend: Backend) -> None:
    """LocalStack itself opens every interface and a name server; here each emulator has one loopback port."""
    ours = descendants(os.getpid())
    found = [(host, port) for host, port in listening(ours) if port in {at.port for at in backend.addresses}]
    elsewhere = [(host, port) for host, port in listening(ours) if not host.startswith("127.")]

    assert sorted(found) == sorted(("127.0.0.1", at.port) for at in backend.addresses)
    assert elsewhere == []


def test_everything_is_in_the_account_of_the_rehearsal(backend: Backend) -> None:
    """The fake keys, the queues and the roles are account 123456789012, as in moto."""
    sqs = sessions.client("sqs", url(backend.route("sqs")))
    queue = sqs.create_queue(QueueName="account")["QueueUrl"]
    iam = sessions.client("iam", url(backend.route("iam")))
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    sts = sessions.client("sts", url(backend.route("sts")))
    taken = sts.assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    worker = sessions.client(
        "sts",
        url(backend.route("sts")),
        access_key=taken["AccessKeyId"],
        secret_key=taken["SecretAccessKey"],
        session_token=taken["SessionToken"],
    )

    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert (arn, backend.account_id) == (f"arn:aws:sqs:us-east-1:{ACCOUNT}:account", ACCOUNT)
    assert role == f"arn:aws:iam::{ACCOUNT}:role/worker"
    assert worker.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/one"


def test_a_queues_url_leads_through_the_gateway(gateway: str) -> None:
    """It names the address that the client used, so that a client which follows it stays observed."""
    sqs = sessions.client("sqs", gateway)

    made = sqs.create_queue(QueueName="through")["QueueUrl"]

    assert made == f"{gateway}/queue/us-east-1/{ACCOUNT}/through"
    assert sqs.get_queue_url(QueueName="through")["QueueUrl"] == made


def test_localstacks_own_client_works_through_the_gateway(gateway: str) -> None:
    """Topic, queue, subscription, publish and receive with localstack-client's session."""
    session = sessions.gateway_session(gateway)
    sns, sqs = session.client("sns"), session.resource("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    queue = sqs.create_queue(QueueName="reader")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.attributes["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queue.set_attributes(Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.attributes["QueueArn"])

    sns.publish(TopicArn=topic, Message="hello")

    (message,) = queue.receive_messages(WaitTimeSeconds=10)
    assert json.loads(message.body)["Message"] == "hello"


def test_a_service_that_would_download_something_fails_at_once(backend: Backend) -> None:
    """DynamoDB asked of LocalStack itself: an error in a moment, no attempt to reach the network."""
    began = time.monotonic()
    with pytest.raises(Exception, match="InternalError"):
        sessions.client("dynamodb", url(backend.route("sqs"))).list_tables()
    assert time.monotonic() - began < 10


@pytest.fixture
def another(settings: Settings, tmp_path: Path) -> Iterator[Any]:
    """A function that starts a LocalStack as somebody else would, in the account that Docker's has."""
    started: list[Emulator] = []

    def start(account: str) -> Emulator:
        as_it_is = Settings(account_id=account)
        assert settings.localstack_python is not None
        emulator = Emulator(recipe(as_it_is, settings.localstack_python), as_it_is, tmp_path / "other")
        started.append(emulator)
        emulator.spawn()
        emulator.await_ready()
        return emulator

    yield start
    for emulator in started:
        emulator.close()


@pytest.mark.long
def test_a_localstack_that_runs_is_used_as_it_is(another: Any, backend: Backend, tmp_path: Path) -> None:
    """Its account is taken over, moto beside it is in the same one, and it is left running.

    It runs beside that of the other tests: two at once have nothing in common.
    """
    running = another("000000000000")
    settings = Settings(localstack_urls=(NOBODY, url(running.address)))
    with open_backend("localstack", settings, tmp_path) as opened:
        scaling = sessions.client("sagemaker", url(opened.route("sagemaker")))
        role = "arn:aws:iam::000000000000:role/any"
        model = scaling.create_model(ModelName="m", PrimaryContainer={"Image": "i"}, ExecutionRoleArn=role)
        assert (opened.route("sqs").port, opened.account_id) == (running.address.port, "000000000000")
        assert model["ModelArn"].split(":")[4] == "000000000000"

    assert describe(settings) == Found(True, f"2026.3.0 runs at {url(running.address)}")
    assert running.obituary() is None
    assert backend.dead() is None


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are read from /proc")
@pytest.mark.long
def test_it_dies_with_its_parent(settings: Settings, tmp_path: Path) -> None:
    """Killed with SIGKILL, the parent leaves no LocalStack, no moto and no scratch folder behind."""
    environment = os.environ | {
        "HARNESS_LOCALSTACK_PYTHON": str(settings.localstack_python),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, str(PROGRAM), str(tmp_path / "logs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        children = descendants(parent.pid) - {parent.pid}
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(children) >= 2
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert list(tmp_path.glob("harness-*")) == []


def test_without_any_the_ways_to_get_one_are_named(tmp_path: Path) -> None:
    """Neither running nor installed: one sentence with both commands."""
    nowhere = Settings(localstack_urls=(NOBODY,), cache_dir=tmp_path)

    with pytest.raises(EnvironmentFault) as caught:
        open_backend("localstack", nowhere, tmp_path)
    assert str(caught.value) == (
        f"LocalStack neither answers at {NOBODY} nor is installed; "
        "run `docker compose --profile localstack up -d --wait`, "
        "or `python -m harness.backends install localstack`, or take another --backend"
    )


def test_an_interpreter_without_localstack_is_quoted(tmp_path: Path) -> None:
    """HARNESS_LOCALSTACK_PYTHON that names an environment without it: the child's last words say so."""
    wrong = Settings(localstack_urls=(NOBODY,), localstack_python=Path(sys.executable))

    with pytest.raises(
        EnvironmentFault, match=r"localstack ended with exit code 1 before it answered; .*'localstack'"
    ):
        open_backend("localstack", wrong, tmp_path)
    assert list(tmp_path.glob("harness-*")) == []
