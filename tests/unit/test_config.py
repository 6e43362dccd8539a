"""Settings: the AWS order of endpoints, no address off this machine, no real credential used."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import (
    Endpoint,
    Settings,
    check_endpoint,
    ignored_credentials,
    is_loopback,
    read_settings,
    signing_name,
)
from harness.errors import ScenarioError

LOCAL = "http://127.0.0.1:4566"


def test_an_empty_environment_gives_the_defaults() -> None:
    """With nothing set, the embedded backend runs in us-east-1 and writes to ./runs."""
    assert read_settings({}) == Settings()
    assert (Settings().backend, Settings().region, Settings().runs_dir) == (
        "embedded",
        "us-east-1",
        Path("runs"),
    )


def test_aws_endpoint_url_is_the_backend() -> None:
    """Without a flag, AWS_ENDPOINT_URL names the backend."""
    assert read_settings({"AWS_ENDPOINT_URL": LOCAL}).backend == LOCAL


def test_a_service_endpoint_is_kept_under_its_signing_name() -> None:
    """AWS_ENDPOINT_URL_<SERVICE> answers for the service that signs by that name."""
    settings = read_settings({"AWS_ENDPOINT_URL_CLOUDWATCH": "http://localhost:5000"})

    assert dict(settings.service_endpoints) == {
        "monitoring": Endpoint("localhost", 5000, "http://localhost:5000")
    }
    assert settings.backend == "embedded"


def test_the_flag_wins_over_every_endpoint_variable() -> None:
    """With a flag neither AWS_ENDPOINT_URL nor a service's own variable is looked at."""
    environ = {"AWS_ENDPOINT_URL": LOCAL, "AWS_ENDPOINT_URL_SQS": "http://example.com"}
    settings = read_settings(environ, backend="moto")

    assert settings.backend == "moto"
    assert not settings.service_endpoints


def test_configured_endpoints_can_be_switched_off() -> None:
    """AWS_IGNORE_CONFIGURED_ENDPOINT_URLS means here what it means to the SDKs."""
    environ = {"AWS_ENDPOINT_URL": LOCAL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}

    assert read_settings(environ).backend == "embedded"


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": ""}, "us-east-1"),
    ],
)
def test_the_region_is_found_in_the_order_of_aws(environ: dict[str, str], region: str) -> None:
    """AWS_REGION before AWS_DEFAULT_REGION before us-east-1; an empty one is none."""
    assert read_settings(environ).region == region


def test_the_runs_directory_comes_from_flag_then_environment() -> None:
    """The flag wins over HARNESS_RUNS_DIR."""
    environ = {"HARNESS_RUNS_DIR": "/from/env"}

    assert read_settings(environ).runs_dir == Path("/from/env")
    assert read_settings(environ, runs_dir=Path("/from/flag")).runs_dir == Path("/from/flag")


@pytest.mark.parametrize(
    ("suffix", "name"),
    [
        ("S3", "s3"),
        ("SECRETS_MANAGER", "secretsmanager"),
        ("APPLICATION_AUTO_SCALING", "application-autoscaling"),
        ("EVENTBRIDGE", "events"),
        ("SAGEMAKER_RUNTIME", "sagemaker"),
    ],
)
def test_signing_names_of_the_variables(suffix: str, name: str) -> None:
    """The suffix of the variable is the service id; requests are told apart by the signing name."""
    assert signing_name(suffix) == name


@pytest.mark.parametrize("host", ["localhost", "sqs.localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_hosts_are_local(host: str) -> None:
    """Every name and number of this machine's loopback counts."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "localhost.localstack.cloud"],
)
def test_other_hosts_are_not_local(host: str) -> None:
    """A name that only looks local is not, even if a name server sends it here."""
    assert not is_loopback(host)


@given(st.ip_addresses())
def test_a_number_is_local_only_when_it_is_loopback(address: object) -> None:
    """No address outside 127.0.0.0/8 and ::1 passes as local, IPv4 in IPv6 included."""
    text = str(address)
    mapped = getattr(address, "ipv4_mapped", None)
    local = text.startswith("127.") or text == "::1" or str(mapped).startswith("127.")

    assert is_loopback(text) <= local


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:4566/", Endpoint("127.0.0.1", 4566, "http://127.0.0.1:4566")),
        ("http://localhost", Endpoint("localhost", 80, "http://localhost:80")),
        ("http://[::1]:5000", Endpoint("::1", 5000, "http://[::1]:5000")),
    ],
)
def test_a_loopback_endpoint_is_accepted(url: str, endpoint: Endpoint) -> None:
    """Host, port and a normal URL come back."""
    assert check_endpoint(url) == endpoint


def test_an_endpoint_elsewhere_is_refused_with_the_way_out() -> None:
    """The message names the flag and the host that it would have to name."""
    with pytest.raises(
        ScenarioError, match=r"is not on this machine; name it with --allow-endpoint emulator\.test"
    ):
        check_endpoint("http://emulator.test:4566")


@pytest.mark.parametrize(
    "allowed",
    ["emulator.test", "emulator.test:4566", "http://emulator.test:4566", "http://emulator.test:4566/"],
)
def test_an_endpoint_that_was_allowed_is_accepted(allowed: str) -> None:
    """--allow-endpoint takes a host, a host with its port, or the URL."""
    assert check_endpoint("http://emulator.test:4566/", [allowed]).host == "emulator.test"


@pytest.mark.parametrize(
    "allowed", ["test", "emulator.test:4567", "http://emulator.test", "other.emulator.test", ""]
)
def test_allowing_one_endpoint_allows_no_other(allowed: str) -> None:
    """The name must match whole: no suffix, no other port."""
    with pytest.raises(ScenarioError, match="is not on this machine"):
        check_endpoint("http://emulator.test:4566", [allowed])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1:4566", "is not an http:// address"),
        ("localhost:4566", "is not an http:// address"),
        ("http://", "is not an http:// address"),
        ("http://localhost:99999", "the port is not a number"),
        ("http://localhost:4566/path", "has a path"),
        ("http://user:secret@localhost:4566", "must not hold a user name"),
    ],
)
def test_a_malformed_endpoint_is_refused(url: str, why: str) -> None:
    """What cannot be spoken to is refused in one sentence, which never repeats a password."""
    with pytest.raises(ScenarioError, match=why) as caught:
        check_endpoint(url)
    assert "secret" not in str(caught.value)


def test_a_bad_endpoint_variable_is_refused_when_settings_are_read() -> None:
    """The environment is checked at once, not at the first call."""
    with pytest.raises(ScenarioError, match=r"example\.com"):
        read_settings({"AWS_ENDPOINT_URL_SQS": "http://example.com:80"})


def test_real_credentials_are_listed_without_their_values() -> None:
    """The doctor may say that they were seen; it never shows them."""
    found = ignored_credentials({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_PROFILE": "work"})

    assert found == (
        "AWS_ACCESS_KEY_ID is set in the environment and is ignored",
        "AWS_PROFILE is set in the environment and is ignored",
    )


def test_fake_credentials_are_not_worth_a_word() -> None:
    """`test`, an account number and nothing at all are what emulators are given."""
    environ = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": ""}

    assert ignored_credentials(environ) == ()


def test_credential_files_in_the_home_are_listed(tmp_path: Path) -> None:
    """~/.aws is looked for, and said not to be read."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n")

    assert ignored_credentials({"HOME": str(tmp_path)}) == (
        f"{tmp_path}/.aws/credentials exists and is not read",
    )
