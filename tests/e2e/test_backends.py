"""Backends as child processes: ready, apart from the user's machine, noticed when dead, gone when closed."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from seen import holders, listening

from harness import sessions
from harness.backends import Backend, open_backend
from harness.backends.doctor import doctor_rows
from harness.backends.emulator import Emulator, Recipe
from harness.backends.ministack import recipe as ministack_recipe
from harness.backends.moto import recipe as moto_recipe
from harness.config import Settings, read_settings
from harness.errors import EnvironmentFault, ScenarioError
from harness.gateway.chain import Address
from harness.loopback import listen_on_loopback

ACCOUNT = "123456789012"

needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are read from /proc")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """One embedded backend for the tests that only look."""
    with open_backend("embedded", Settings(), tmp_path_factory.mktemp("logs")) as backend:
        yield backend


def url(address: Address) -> str:
    return f"http://{address.host}:{address.port}"


def pids_of(backend: Backend) -> set[int]:
    """Return the pids that listen at the backend's addresses."""
    return holders({address.port for address in backend.addresses})


def test_the_embedded_backend_answers_every_probed_service(embedded: Backend) -> None:
    """All services that the scenarios of today need are there, from two emulators of known version."""
    assert embedded.missing(list(embedded.capabilities)) == {}
    assert embedded.emulators == {"ministack": "1.5.33", "moto": embedded.emulators["moto"]}
    assert embedded.emulators["moto"].startswith("5.2.")
    assert embedded.dead() is None


@pytest.mark.parametrize(
    ("service", "emulator"),
    [
        ("s3", "ministack"),
        ("iam", "ministack"),
        ("lambda", "ministack"),
        ("sagemaker", "moto"),
        ("application-autoscaling", "moto"),
        ("monitoring", "moto"),
        ("a-service-of-tomorrow", "ministack"),
    ],
)
def test_services_are_routed_to_who_does_them_well(embedded: Backend, service: str, emulator: str) -> None:
    """The table sends SageMaker, scaling and CloudWatch to moto, the rest to MiniStack."""
    assert embedded.route(service).name == emulator


def test_both_emulators_are_one_account_and_region(embedded: Backend) -> None:
    """ARNs of the two fit together: the same account, the same region."""
    identity = sessions.client("sts", url(embedded.route("sts"))).get_caller_identity()
    alarms = sessions.client("cloudwatch", url(embedded.route("monitoring")))
    alarms.put_metric_alarm(
        AlarmName="a",
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )

    assert identity["Account"] == ACCOUNT
    arn = alarms.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
    assert arn == f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:a"


@needs_proc
def test_nothing_listens_but_one_loopback_port_each(embedded: Backend) -> None:
    """No MQTT, no SFTP, no interface but loopback."""
    found = listening(pids_of(embedded))

    assert sorted(found) == sorted(("127.0.0.1", address.port) for address in embedded.addresses)


@needs_proc
def test_the_emulators_see_nothing_of_the_users_aws_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Keys, profile, proxies and Docker of the user stay outside, and HOME is a scratch directory."""
    monkeypatch.setenv("AWS_PROFILE", "a-real-profile")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-real-secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://a-real-proxy:3128")
    with open_backend("moto", Settings(region="eu-west-1"), tmp_path) as backend:
        (pid,) = pids_of(backend)
        environ = dict(
            line.partition("=")[::2] for line in Path(f"/proc/{pid}/environ").read_text().split("\0") if line
        )

    assert not [value for value in environ.values() if "a-real-" in value]
    assert (environ["AWS_SECRET_ACCESS_KEY"], environ["AWS_DEFAULT_REGION"]) == ("test", "eu-west-1")
    assert not Path(environ["HOME"]).exists()


def test_clients_ignore_the_users_aws_settings(monkeypatch: pytest.MonkeyPatch, embedded: Backend) -> None:
    """A missing profile, a dead proxy and a real key in the environment change nothing."""
    for name, value in {
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": "/no/such/file",
        "AWS_CA_BUNDLE": "/no/such/bundle",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SESSION_TOKEN": "a-real-token",
        "AWS_MAX_ATTEMPTS": "9",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "LOCALSTACK_HOST": "nowhere:not-a-port",
    }.items():
        monkeypatch.setenv(name, value)
    sessions.shared_session.cache_clear()
    at = url(embedded.route("sqs"))

    direct = sessions.client("sqs", at)
    session = sessions.gateway_session(at)

    assert direct.create_queue(QueueName="isolated")["QueueUrl"] == f"{at}/{ACCOUNT}/isolated"
    assert direct.meta.config.retries["total_max_attempts"] == 1
    assert session.client("sqs").get_queue_url(QueueName="isolated")["QueueUrl"] == f"{at}/{ACCOUNT}/isolated"
    assert session.resource("sqs").get_queue_by_name(QueueName="isolated").url == f"{at}/{ACCOUNT}/isolated"
    assert session.get_credentials().access_key == "test"


@pytest.mark.parametrize("instance_type", ["ml.m5.large", "ml.m7i.large", "ml.g5.xlarge", "ml.t2.medium"])
def test_an_endpoint_config_takes_the_instance_types_that_aws_takes(
    embedded: Backend, instance_type: str
) -> None:
    """Every hosting type of AWS's service model is accepted, moto's own list or not."""
    assert endpoint_config(embedded, instance_type).startswith("arn:aws:sagemaker:")


def test_an_endpoint_config_refuses_what_aws_refuses(embedded: Backend) -> None:
    """ml.t3 hosts notebooks and training, but no endpoint; the error has AWS's form."""
    with pytest.raises(ClientError) as caught:
        endpoint_config(embedded, "ml.t3.medium")

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].startswith("1 validation error detected: Value 'ml.t3.medium' at ")


def endpoint_config(backend: Backend, instance_type: str) -> str:
    """Make an endpoint configuration of one instance of *instance_type*; return its ARN."""
    sagemaker = sessions.client("sagemaker", url(backend.route("sagemaker")))
    name = instance_type.replace(".", "-")
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    image = {"Image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/model:1"}
    sagemaker.create_model(ModelName=name, PrimaryContainer=image, ExecutionRoleArn=role)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": instance_type,
    }
    made = sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    return str(made["EndpointConfigArn"])


def test_two_runs_at_once_do_not_meet(embedded: Backend, tmp_path: Path) -> None:
    """A second backend has its own ports and state."""
    sessions.client("s3", url(embedded.route("s3"))).create_bucket(Bucket="only-in-the-first")
    with open_backend("embedded", Settings(), tmp_path) as second:
        ports = {address.port for address in (*embedded.addresses, *second.addresses)}
        buckets = sessions.client("s3", url(second.route("s3"))).list_buckets()["Buckets"]

    assert len(ports) == 4
    assert buckets == []


@needs_proc
def test_an_emulator_that_dies_is_noticed(tmp_path: Path) -> None:
    """dead() names who died, of what, and its log."""
    with open_backend("moto", Settings(), tmp_path) as backend:
        (pid,) = pids_of(backend)
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

        assert (backend.dead() or "").startswith(
            f"moto was ended by SIGKILL; last line of {tmp_path / 'moto.log'}: "
        )


def test_closing_twice_is_fine_and_frees_the_port(tmp_path: Path) -> None:
    """After close() the port can be listened on again."""
    backend = open_backend("moto", Settings(), tmp_path)
    port = backend.route("s3").port
    backend.close()
    backend.close()

    with listen_on_loopback(port, purpose="the test") as listener:
        assert listener.getsockname()[1] == port


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """The message says who wanted which port."""
    with listen_on_loopback(purpose="the test") as holder:
        port = holder.getsockname()[1]
        emulator = Emulator(moto_recipe(Settings()), Settings(), tmp_path, port=port)

        with pytest.raises(
            EnvironmentFault, match=rf"moto cannot listen on 127.0.0.1:{port} \(Address already in use\)"
        ):
            emulator.spawn()


def test_an_emulator_on_a_chosen_port_listens_there(tmp_path: Path) -> None:
    """A port that is free is taken as given."""
    with listen_on_loopback(purpose="the test") as holder:
        port = holder.getsockname()[1]
    emulator = Emulator(ministack_recipe(Settings()), Settings(), tmp_path, port=port)
    emulator.spawn()
    emulator.await_ready()

    assert emulator.address == Address("ministack", "127.0.0.1", port)
    emulator.close()


def stub(code: str, folder: Path, *, ready_timeout_s: float = 10.0) -> Emulator:
    """Return an emulator whose program is *code*, started."""
    (folder / "stub_emulator.py").write_text(code)
    recipe = Recipe(
        name="stub",
        distribution="no-such-thing",
        module="stub_emulator",
        ready_path="/",
        variables=lambda port, scratch: {"PYTHONPATH": str(folder)},
    )
    emulator = Emulator(recipe, Settings(ready_timeout_s=ready_timeout_s), folder)
    emulator.spawn()
    return emulator


@pytest.mark.parametrize(
    ("code", "last_line"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit('the configuration is wrong')", "the configuration is wrong"),
    ],
)
def test_an_emulator_that_ends_at_once_is_quoted(code: str, last_line: str, tmp_path: Path) -> None:
    """The message names the exit code, the log and its last line."""
    emulator = stub(code, tmp_path)

    with pytest.raises(EnvironmentFault) as caught:
        emulator.await_ready()
    assert str(caught.value) == (
        f"stub ended with exit code 1 before it answered; last line of {tmp_path / 'stub.log'}: {last_line}"
    )
    assert emulator.version == "not installed"


def test_an_emulator_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """After the time limit the child is ended, and the message says the limit and the last line."""
    emulator = stub("import time\nprint('thinking')\ntime.sleep(60)", tmp_path, ready_timeout_s=0.5)

    with pytest.raises(EnvironmentFault) as caught:
        emulator.await_ready()
    assert str(caught.value) == (
        f"stub did not answer within 0.5 s; last line of {tmp_path / 'stub.log'}: thinking"
    )
    assert emulator.process.poll() == -signal.SIGTERM


def test_a_bad_interpreter_leaves_no_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that cannot be run is an environment fault; nothing is left in the temp directory."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    recipe = replace(moto_recipe(Settings()), python="/no/such/python")
    emulator = Emulator(recipe, Settings(), tmp_path / "logs")

    with pytest.raises(EnvironmentFault, match="moto cannot be started: /no/such/python"):
        emulator.spawn()
    assert list(tmp_path.glob("harness-*")) == []


def test_an_unknown_backend_lists_the_known_ones(tmp_path: Path) -> None:
    """A wrong name is a usage error with the choices."""
    choices = "embedded, moto, localstack or an http:// address"
    with pytest.raises(ScenarioError, match=f"Unknown backend 'motto'; choose {choices}"):
        open_backend("motto", Settings(), tmp_path)


def test_a_running_endpoint_is_used_and_left_running(tmp_path: Path) -> None:
    """A URL is a backend too: recognised, probed, and not ended by close()."""
    with open_backend("moto", Settings(), tmp_path) as running:
        at = url(running.route("s3"))
        with open_backend(at, Settings(), tmp_path) as borrowed:
            assert borrowed.emulators == {"moto": "unknown"}
            assert borrowed.missing(["s3", "sqs"]) == {}
        assert running.dead() is None
        assert borrowed.dead() is None

    assert (borrowed.dead() or "").startswith(f"the endpoint {at} (moto unknown) no longer answers")


def test_a_service_endpoint_from_the_environment_answers_for_its_service(
    tmp_path: Path, embedded: Backend
) -> None:
    """AWS_ENDPOINT_URL_SQS sends SQS elsewhere; the rest stays."""
    at = url(embedded.route("sqs"))
    settings = read_settings({"AWS_ENDPOINT_URL_SQS": at})
    with open_backend("moto", settings, tmp_path) as backend:
        assert url(backend.route("sqs")) == at
        assert backend.route("sqs").name == "ministack"
        assert backend.route("s3").name == "moto"
        assert set(backend.emulators) == {"moto", "ministack"}


def test_an_endpoint_where_nothing_answers_is_an_environment_fault(tmp_path: Path) -> None:
    """The message names the URL and the way out."""
    with pytest.raises(
        EnvironmentFault, match=r"nothing answers at http://127\.0\.0\.1:1 .*--backend embedded"
    ):
        open_backend("http://127.0.0.1:1", Settings(), tmp_path)


def test_an_endpoint_elsewhere_is_refused(tmp_path: Path) -> None:
    """No call leaves the machine unless it was allowed by name."""
    with pytest.raises(ScenarioError, match="name it with --allow-endpoint"):
        open_backend("http://192.0.2.1:4566", Settings(), tmp_path)


def test_the_doctor_finds_the_backend_well() -> None:
    """Every row says what was found; the backend and its services are fine, real keys are ignored."""
    settings = read_settings({"AWS_PROFILE": "work"}, backend="moto")
    rows = {row.check: row for row in doctor_rows(settings)}

    assert rows["python"].ok
    assert sys.executable in rows["python"].detail
    assert rows["backend moto"].ok
    assert rows["service sagemaker"].ok
    assert rows["credentials"].detail == "AWS_PROFILE is set in the environment and is ignored"


def test_the_doctor_reports_a_backend_that_does_not_answer() -> None:
    """A fault becomes a row that is not ok, with the fault's sentence."""
    rows = {row.check: row for row in doctor_rows(Settings(backend="http://127.0.0.1:1"))}

    assert not rows["backend http://127.0.0.1:1"].ok
    assert "nothing answers" in rows["backend http://127.0.0.1:1"].detail
