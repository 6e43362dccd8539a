"""Clients of a rehearsal: fake credentials, the given address, and nothing from the user's machine."""

from collections.abc import Iterator

import pytest

from harness import sessions

ENDPOINT = "http://127.0.0.1:4566"


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    """The shared session is made anew under the environment of the test, and again after it."""
    sessions.shared_session.cache_clear()
    yield
    sessions.shared_session.cache_clear()


def test_a_client_has_the_fake_credentials_and_the_given_address() -> None:
    """`test`, no session token, one endpoint, no retries, S3 by path."""
    client = sessions.client("s3", ENDPOINT)

    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("test", "test", None)
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert client.meta.config.s3["addressing_style"] == "path"


def test_a_client_can_act_as_a_role() -> None:
    """The temporary credentials of a role of the rehearsal are used as given."""
    client = sessions.client(
        "sqs", ENDPOINT, access_key="ASIA", secret_key="s", session_token="t", attempts=4
    )

    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.token) == ("ASIA", "t")
    assert client.meta.config.retries["total_max_attempts"] == 4


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_PROFILE", "no-such-profile"),
        ("AWS_CONFIG_FILE", "/no/such/file"),
        ("AWS_MAX_ATTEMPTS", "9"),
        ("AWS_ENDPOINT_URL", "http://example.com"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("LOCALSTACK_HOST", "nowhere:not-a-port"),
    ],
)
def test_no_variable_of_the_user_changes_a_client(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """A client made with the variable set is the same as one made without it."""
    monkeypatch.delenv(variable, raising=False)
    plain = (
        described(sessions.client("sqs", ENDPOINT)),
        described(sessions.gateway_session(ENDPOINT).client("sqs")),
    )
    sessions.shared_session.cache_clear()
    monkeypatch.setenv(variable, value)

    found = (
        described(sessions.client("sqs", ENDPOINT)),
        described(sessions.gateway_session(ENDPOINT).client("sqs")),
    )

    assert found == plain


def described(client: object) -> dict[str, object]:
    """Return what decides how a client behaves."""
    meta = client.meta  # type: ignore[attr-defined]
    config = meta.config
    settings = (
        "retries",
        "s3",
        "proxies",
        "use_fips_endpoint",
        "request_checksum_calculation",
        "signature_version",
    )
    return {name: getattr(config, name) for name in settings} | {
        "endpoint": meta.endpoint_url,
        "region": meta.region_name,
        "proxies_used": client._endpoint.http_session._proxy_config._proxies,  # type: ignore[attr-defined]
    }


def test_the_gateway_session_sends_every_service_to_one_address() -> None:
    """Clients and resources made from it need no endpoint, and cannot be given another one."""
    session = sessions.gateway_session(ENDPOINT, region="eu-west-1")

    assert session.client("sns").meta.endpoint_url == ENDPOINT
    assert session.client("sqs", endpoint_url="http://example.com").meta.endpoint_url == ENDPOINT
    assert session.resource("s3").meta.client.meta.endpoint_url == ENDPOINT
    assert session.client("sagemaker-runtime").meta.region_name == "eu-west-1"
