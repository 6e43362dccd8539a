"""Real-looking credentials and AWS's own endpoints: a run refuses, whatever else it is told."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harness.addresses import AWS_DOMAINS, is_aws
from harness.commands.entry import main
from harness.config import check_endpoint, program_environment, read_settings
from harness.errors import ScenarioError
from harness.sessions import client, gateway_session

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REAL_LOOKING = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_PROFILE": "production"}
# What botocore resolves by default, in several partitions, and other ways to write and to reach it.
OF_AWS = [
    "https://sqs.us-east-1.amazonaws.com",
    "http://sqs.us-east-1.amazonaws.com:80",
    "https://runtime.sagemaker.eu-central-1.amazonaws.com/",
    "https://s3.cn-north-1.amazonaws.com.cn",
    "https://lambda.eusc-de-east-1.amazonaws.eu",
    "https://ec2.us-east-1.api.aws",
    "https://abc.lambda-url.us-east-1.on.aws",
    "HTTPS://SQS.US-EAST-1.AMAZONAWS.COM.",
    "http://169.254.169.254",
    "http://[fd00:ec2::254]",
]


@pytest.mark.parametrize("url", OF_AWS)
def test_aws_itself_is_never_an_endpoint(url: str) -> None:
    """Not by its name, and not when it is allowed by name: there is no option that opens this door."""
    with pytest.raises(ScenarioError, match="AWS itself"):
        check_endpoint(url, (url, "sqs.us-east-1.amazonaws.com", "169.254.169.254"))


@pytest.mark.parametrize("host", ["localhost", "amazonaws.com.example.org", "myamazonaws.com", "127.0.0.1"])
def test_other_hosts_are_not_aws(host: str) -> None:
    """Only whole labels of a name count."""
    assert not is_aws(host)


def test_the_domains_are_those_of_every_partition() -> None:
    """botocore's partitions name their suffixes: each is known here."""
    import botocore

    path = Path(botocore.__file__).parent / "data" / "partitions.json"
    outputs = [one["outputs"] for one in json.loads(path.read_text())["partitions"]]
    suffixes = {one[name] for one in outputs for name in ("dnsSuffix", "dualStackDnsSuffix")}
    assert suffixes <= set(AWS_DOMAINS)


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"])
@pytest.mark.parametrize("command", [["run", "turbofan-endpoint"], ["serve"]])
def test_a_run_refuses_real_credentials_at_aws(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str], variable: str
) -> None:
    """Exit code 2 and a sentence, before anything is started; the secret is nowhere in it."""
    for name, value in (REAL_LOOKING | {variable: OF_AWS[0]}).items():
        monkeypatch.setenv(name, value)
    assert main([*command, "--allow-endpoint", "sqs.us-east-1.amazonaws.com"]) == 2
    told = capsys.readouterr()
    assert "AWS itself" in told.err
    assert SECRET not in told.err + told.out


@pytest.mark.parametrize("endpoint", ["", OF_AWS[0], OF_AWS[1]])
def test_no_client_is_made_for_the_default_endpoint(endpoint: str) -> None:
    """boto3 without an endpoint goes to AWS: a client or session of ours is then not made at all."""
    with pytest.raises(ScenarioError, match="A client of a rehearsal was to speak to"):
        client("sqs", endpoint, access_key=KEY, secret_key=SECRET)
    with pytest.raises(ScenarioError, match="A client of a rehearsal was to speak to"):
        gateway_session(endpoint, access_key=KEY, secret_key=SECRET)


def test_what_a_program_gets_holds_no_credential_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor profile, files, roles, proxies or a way to ask a machine for them."""
    given: dict[str, Any] = REAL_LOOKING | {
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/secret",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/x",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "https_proxy": "http://proxy:3128",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = program_environment("http://127.0.0.1:4566", read_settings({}))
    assert not {name: value for name, value in found.items() if value in given.values()}
    assert (found["AWS_CONFIG_FILE"], found["AWS_EC2_METADATA_DISABLED"]) == (os.devnull, "true")


def test_no_name_server_is_asked_for_a_name_of_this_machines() -> None:
    """`*.localhost` is loopback by RFC 6761, and not every resolver knows that: the address is used."""
    assert check_endpoint("http://sqs.localhost:4566").url == "http://127.0.0.1:4566"
