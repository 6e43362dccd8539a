"""boto3 clients that speak to a rehearsal and to nothing else: the only place that makes them.

One botocore session is shared (72 ms to make, the service models are cached in it) and cut off from the
user's machine: no variable, no ~/.aws file, no profile, no proxy and no certificate bundle reaches it, and
every client signs with the fake credentials, or with those it was given (a role of the rehearsal).
"""

import os
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.addresses import is_aws
from harness.config import ACCESS_KEY, DEFAULT_REGION, SECRET_KEY
from harness.errors import ScenarioError

if TYPE_CHECKING:
    from localstack_client.session import Session

# Calls to an emulator on loopback: what has not answered by then never will, except a long poll (20 s).
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 70.0
POOL_SIZE = 16
# Session.client() changes the session's caches and is not thread-safe (boto3 guide, "Multithreading").
_making = Lock()


def client(
    service: str,
    endpoint_url: str,
    *,
    region: str = DEFAULT_REGION,
    access_key: str = ACCESS_KEY,
    secret_key: str = SECRET_KEY,
    session_token: str | None = None,
    attempts: int = 1,
    retry_mode: str = "standard",
    pool_size: int = POOL_SIZE,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    read_timeout_s: float = READ_TIMEOUT_S,
    user_agent_extra: str | None = None,
) -> Any:
    """Return a boto3 client of *service* that talks to *endpoint_url* alone.

    `attempts` counts the first try: 1 means that nothing is retried, so that what is counted here is what was
    sent. S3 is addressed by path, since bucket host names do not resolve on loopback. Raises ScenarioError
    without an endpoint, or for one of AWS's: boto3 would go to AWS itself.
    """
    _never_aws(endpoint_url)
    settings = config(
        attempts=attempts,
        retry_mode=retry_mode,
        pool_size=pool_size,
        connect_timeout_s=connect_timeout_s,
        read_timeout_s=read_timeout_s,
        user_agent_extra=user_agent_extra,
    )
    with _making:
        return shared_session().client(
            service,
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            config=settings,
        )


def config(
    *,
    attempts: int = 1,
    retry_mode: str = "standard",
    pool_size: int = POOL_SIZE,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    read_timeout_s: float = READ_TIMEOUT_S,
    user_agent_extra: str | None = None,
) -> Any:
    """Return the botocore Config of a rehearsal client, for who makes a client by other means."""
    from botocore.config import Config

    # Any: the mode is checked by botocore, whose stubs want a literal.
    retries: Any = {"total_max_attempts": attempts, "mode": retry_mode}
    return Config(
        retries=retries,
        s3={"addressing_style": "path"},
        max_pool_connections=pool_size,
        connect_timeout=connect_timeout_s,
        read_timeout=read_timeout_s,
        user_agent_extra=user_agent_extra,
        # {} and not None, which means: look for HTTP_PROXY in the environment.
        proxies={},
    )


def _never_aws(endpoint_url: str) -> None:
    if not endpoint_url or is_aws(urlsplit(endpoint_url).hostname or ""):
        raise ScenarioError(
            f"A client of a rehearsal was to speak to {endpoint_url or 'no endpoint, which is AWS itself'}; "
            "give it the gateway's address"
        )


@cache
def shared_session() -> Any:
    """Return the one boto3 session; `client` is the way to use it."""
    from boto3.session import Session

    return Session(botocore_session=isolated_botocore_session(), region_name=DEFAULT_REGION)


def isolated_botocore_session() -> Any:
    """Return a botocore session whose every setting has botocore's own default, whatever the machine says."""
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
    from botocore.session import Session

    session = Session()
    # The store and not session.set_config_variable(), for which None means "look in the environment": then an
    # AWS_PROFILE that names a missing profile raises ProfileNotFound.
    store = session.get_component("config_store")
    for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items():
        store.set_config_variable(name, default)
    store.set_config_variable("config_file", os.devnull)
    store.set_config_variable("credentials_file", os.devnull)
    return session


def gateway_session(
    endpoint_url: str,
    *,
    region: str = DEFAULT_REGION,
    access_key: str = ACCESS_KEY,
    secret_key: str = SECRET_KEY,
    session_token: str | None = None,
    attempts: int = 1,
) -> "Session":
    """Return localstack-client's session with every service at *endpoint_url*, for code that makes clients.

    `.client(service, **kwargs)` and `.resource(service, **kwargs)` go to that one address without naming it.
    localstack-client's own Session reads AWS_ENDPOINT_URL before its argument, makes clients from boto3's
    default session (profile, proxies and all), and sends a session token that MiniStack rejects for the root
    user; those three are replaced here, its credentials and its protected arguments are kept.
    """
    from localstack_client.session import Session

    _never_aws(endpoint_url)
    host = urlsplit(endpoint_url).netloc

    class GatewaySession(Session):  # type: ignore[misc]  # the package has no types
        def __init__(self) -> None:
            super().__init__(access_key, secret_key, session_token, region, localstack_host=host)

        def client(self, service_name: str, **kwargs: Any) -> Any:
            with _making:
                return shared_session().client(**self._arguments(service_name, kwargs))

        def resource(self, service_name: str, **kwargs: Any) -> Any:
            with _making:
                return shared_session().resource(**self._arguments(service_name, kwargs))

        def _arguments(self, service_name: str, given: dict[str, Any]) -> dict[str, Any]:
            isolated = config(attempts=attempts)
            merged = isolated.merge(given["config"]) if given.get("config") else isolated
            fixed = {"service_name": service_name, "endpoint_url": endpoint_url, "config": merged}
            token = {"aws_session_token": session_token}
            return given | dict(self.common_protected_kwargs) | token | fixed

    return GatewaySession()
