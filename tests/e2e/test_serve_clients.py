"""`harness serve` as a process: how it starts and ends; Terraform, the AWS CLI and plain boto3 against it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import sum_artefact, until

from harness import journal, sessions
from harness.config import neutral_environment

HERE = Path(__file__).parent
PATIENCE_S = 60.0
PROVIDER = "registry.terraform.io/hashicorp/aws"
# Where a mirror of providers may lie: Terraform's implied local mirrors ("Provider Installation" in its
# documentation), and where machines without a network keep one.
MIRRORS = ("~/.terraform.d/plugins", "~/.local/share/terraform/plugins", "/usr/*/terraform/plugins")
MIRRORS += ("/usr/*/*/terraform/plugins", "/opt", "/opt/*", "/opt/*/*", "/usr/share/*", "/usr/local/share/*")

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")


@dataclass
class Serving:
    """A running `harness serve`."""

    process: "subprocess.Popen[str]"
    url: str
    journal: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client gets to know: AWS variables and nothing else of this machine."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.journal.parent),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def children(self) -> list[int]:
        """Return the pids of all that it started: the emulators, and the shell that watches over them."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def emulators(self) -> list[int]:
        """Return the pids of the emulators."""
        shell = b"/bin/sh\0"
        return [
            pid for pid in self.children() if not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(shell)
        ]

    def ended(self) -> tuple[int, str]:
        """Return exit code and what was said on stderr, once it has ended."""
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "harness", "serve", *options]


@contextmanager
def serving(runs: Path) -> Iterator[Serving]:
    """Serve on a free port, with a model minute every half second, and end it by force if need be."""
    process = subprocess.Popen(
        command("--port", "0", "--json", "--clock", "compressed:120", "--runs", str(runs)),
        env=neutral_environment() | {"HOME": str(runs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        yield Serving(process, told["endpoint_url"], Path(told["journal"]))
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One `harness serve` for all its clients."""
    with serving(tmp_path_factory.mktemp("runs")) as running:
        yield running


def alive(pids: Sequence[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def verdict(path: Path) -> tuple[str, str]:
    """Return verdict and reason of the journal at *path*, which must be whole."""
    records = journal.read(path)
    assert isinstance(records[0], journal.RunStarted)
    assert isinstance(records[-1], journal.RunEnded)
    return records[-1].verdict, records[-1].reason


# ---- its life ----


@needs_proc
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_130_and_leaves_only_its_journal(tmp_path: Path, sent: signal.Signals) -> None:
    """Ctrl-C in a terminal reaches the whole group, SIGTERM the one process: either way nothing is left."""
    with serving(tmp_path) as running:
        children = running.children()
        assert len(running.emulators()) == 2
        if sent is signal.SIGINT:
            os.killpg(running.process.pid, sent)
        else:
            running.process.send_signal(sent)
        code, said = running.ended()
    assert (code, alive(children)) == (130, [])
    assert said == f"stopped; the journal is {running.journal}\n"
    assert verdict(running.journal) == ("interrupted", "")


@needs_proc
def test_an_emulator_that_is_killed_ends_it_with_3(tmp_path: Path) -> None:
    """One sentence names the emulator, the other one is ended too, and the journal is kept."""
    with serving(tmp_path) as running:
        children = running.children()
        os.kill(running.emulators()[0], signal.SIGKILL)
        code, said = running.ended()
    assert (code, alive(children)) == (3, [])
    assert said.count("\n") == 1
    assert "serve again" in said
    assert verdict(running.journal)[0] == "invalid"


def test_a_port_in_use_ends_it_with_3(tmp_path: Path) -> None:
    """One sentence says which port, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            command("--port", port, "--runs", str(tmp_path)),
            env=neutral_environment() | {"HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.count("\n") == 1
    assert f"127.0.0.1:{port} (Address already in use)" in ended.stderr


# ---- its clients ----


def test_a_plain_boto3_script(served: Serving) -> None:
    """A script that knows nothing of the harness deploys, predicts and deletes."""
    script = [sys.executable, str(HERE / "programs" / "plain_boto3.py"), "plain"]
    assert said_by(script, served.environment) == "AllTraffic 1,2\n"


@pytest.mark.long
def test_the_aws_cli(served: Serving, tmp_path: Path) -> None:
    """Create, describe, invoke and delete with the command line of AWS."""
    run = AwsCli(served.environment, tmp_path)
    run("sagemaker", "create-model", "--model-name", "cli", *run.role, "--primary-container", run.container)
    variants = "VariantName=AllTraffic,ModelName=cli,InstanceType=ml.m5.large,InitialInstanceCount=1"
    config = ("--endpoint-config-name", "cli")
    run("sagemaker", "create-endpoint-config", *config, "--production-variants", variants)
    run("sagemaker", "create-endpoint", "--endpoint-name", "cli", *config)
    named = ("--endpoint-name", "cli")
    until(lambda: run("sagemaker", "describe-endpoint", *named)["EndpointStatus"] == "InService", "it", 30.0)
    body = ("--content-type", "text/csv", "--body", "fileb://" + str(run.file("in.csv", b"1,2,3")))
    answer = run("sagemaker-runtime", "invoke-endpoint", *named, *body, str(tmp_path / "out.csv"))
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert (tmp_path / "out.csv").read_bytes() == b"1,2,3"
    run("sagemaker", "delete-endpoint", *named)
    listed = ("sagemaker", "list-endpoints", "--name-contains", "cli")
    until(lambda: not run(*listed)["Endpoints"], "its end")


@pytest.mark.long
def test_terraform(served: Serving, tmp_path: Path) -> None:
    """Apply, a plan without changes, a prediction from what was applied, destroy: nothing is left."""
    terraform = Terraform(served.environment, tmp_path)
    terraform("init")
    terraform("apply", "-auto-approve")
    terraform("plan", "-detailed-exitcode")  # 2 when something would change
    runtime = sessions.client("sagemaker-runtime", served.url)
    answer = runtime.invoke_endpoint(EndpointName="turbofan", Body=b"1,2,3", ContentType="text/csv")
    assert float(answer["Body"].read()) == 6.0
    scaling = sessions.client("application-autoscaling", served.url)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert len(policy["Alarms"]) == 2
    terraform("destroy", "-auto-approve")
    sagemaker = sessions.client("sagemaker", served.url)
    assert sagemaker.list_endpoints(NameContains="turbofan")["Endpoints"] == []
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
    for client in (runtime, scaling, sagemaker):
        client.close()


def said_by(arguments: Sequence[str], environment: dict[str, str], cwd: Path | None = None) -> str:
    """Return what a program prints; fail with what it says on stderr when it fails."""
    ended = subprocess.run(
        arguments, env=environment, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert ended.returncode == 0, f"{' '.join(arguments)}: {ended.stdout}{ended.stderr}"
    return ended.stdout


class AwsCli:
    """Runs `aws`; skips the test where there is none that works."""

    role = ("--execution-role-arn", "arn:aws:iam::123456789012:role/cli")
    container = "Image=any:1,Environment={HARNESS_MODEL=echo}"

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._environment = environment | {"AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json"}
        self._folder = folder
        found = shutil.which("aws")
        if found is None or subprocess.run([found, "--version"], capture_output=True, check=False).returncode:
            pytest.skip("no working `aws` on PATH")
        self._program = found

    def __call__(self, *arguments: str) -> dict[str, Any]:
        printed = said_by([self._program, *arguments], self._environment, self._folder)
        answer: dict[str, Any] = json.loads(printed or "{}")
        return answer

    def file(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


class Terraform:
    """Runs `terraform` in *folder*; skips the test where it or the AWS provider is missing."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        program, mirror = shutil.which("terraform"), provider_mirror()
        if program is None:
            pytest.skip("no `terraform` on PATH")
        if mirror is None:
            pytest.skip(f"no mirror with {PROVIDER} found: name one in HARNESS_TERRAFORM_MIRROR")
        self._program, self._folder = program, folder
        settings = folder / "cli.tfrc"
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n')
        self._environment = environment | {
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }
        shutil.copy(HERE / "terraform" / "turbofan.tf", folder)
        (folder / "model.tar.gz").write_bytes(sum_artefact())

    def __call__(self, verb: str, *options: str) -> None:
        said_by([self._program, verb, "-no-color", "-input=false", *options], self._environment, self._folder)


def provider_mirror() -> Path | None:
    """Return a folder that holds the AWS provider as Terraform lays mirrors out, None where there is none."""
    named = [os.environ[name] for name in ("HARNESS_TERRAFORM_MIRROR", "TF_PLUGIN_DIR") if name in os.environ]
    for pattern in (*named, *MIRRORS):
        path = Path(pattern).expanduser()
        for found in sorted(Path(path.anchor).glob(f"{str(path)[1:]}/{PROVIDER}")):
            return found.parents[2]
    return None
