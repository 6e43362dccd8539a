"""The boto3 session that tests are given: a real one, all of whose clients speak to one gateway alone."""

from typing import Any

from boto3.session import Session
from botocore.config import Config

from harness.config import ACCESS_KEY, SECRET_KEY, Credentials
from harness.sessions import isolated_botocore_session

# By path: bucket host names do not resolve on loopback. Proxies {}: look for no HTTP_PROXY.
FIXED = Config(s3={"addressing_style": "path"}, proxies={})


class RehearsalSession(Session):
    """A `boto3.Session` whose clients and resources call *endpoint_url*; it costs 72 ms.

    What a client is given beside it (a Config, other credentials, an address) counts as on AWS; timeouts and
    retries are botocore's own. Nothing of the machine's settings reaches it.
    """

    def __init__(self, endpoint_url: str, region: str, signs: Credentials | None = None) -> None:
        signs = signs or Credentials(ACCESS_KEY, SECRET_KEY)
        isolated = isolated_botocore_session()
        isolated.set_credentials(signs.access_key, signs.secret_key, signs.session_token)
        isolated.get_component("config_store").set_config_variable("region", region)
        super().__init__(botocore_session=isolated, region_name=region)
        self.endpoint_url = endpoint_url
        self._made: list[Any] = []

    def client(self, *arguments: Any, **kwargs: Any) -> Any:
        """Return what `boto3.Session.client` does, at the gateway where no address is given."""
        kwargs["endpoint_url"] = kwargs.get("endpoint_url") or self.endpoint_url
        kwargs["config"] = FIXED.merge(kwargs["config"]) if kwargs.get("config") else FIXED
        made = super().client(*arguments, **kwargs)
        self._made.append(made)
        return made

    def close(self) -> None:
        """Close the connections of all clients made so far; one that is used again opens new ones."""
        while self._made:
            self._made.pop().close()
