"""An endpoint that somebody else runs: it is asked who it is, used, and left running."""

import json
from http.client import HTTPException

from harness.backends.emulator import fetch
from harness.backends.probes import caller_account
from harness.config import Endpoint, Settings
from harness.errors import EnvironmentFault
from harness.gateway.chain import Address

ANSWER_TIMEOUT_S = 5.0
UNKNOWN = "unknown"
# LocalStack's health page, which MiniStack, LocalEmu and others also serve; its `version` names the product.
HEALTH_PATH = "/_localstack/health"
MOTO_PATH = "/moto-api/config"


class RunningEndpoint:
    """An emulator (or AWS itself) behind an address. `close()` leaves it alone."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name, self.version = identify(Address("endpoint", endpoint.host, endpoint.port), endpoint.url)
        self.address = Address(self.name, endpoint.host, endpoint.port)
        self._url = endpoint.url

    def account_id(self, settings: Settings) -> str:
        """Return the account that the fake credentials are there; that of *settings* if it does not say."""
        return caller_account(self.address, settings.region) or settings.account_id

    def obituary(self) -> str | None:
        """Return one sentence when nothing answers at the address any more, else None."""
        try:
            fetch(self.address, HEALTH_PATH, ANSWER_TIMEOUT_S)
        except TimeoutError:
            return None  # slow is not dead
        except (OSError, HTTPException) as error:
            return f"the endpoint {self._url} ({self.name} {self.version}) no longer answers: {error}"
        return None

    def ask_to_end(self) -> None:
        """Nothing: it is not ours to end."""

    def close(self) -> None:
        """Nothing: it is not ours to end."""


def identify(address: Address, url: str) -> tuple[str, str]:
    """Return the name and version of what answers at *address*; ("endpoint", "unknown") when it does not say.

    Raises EnvironmentFault when nothing answers HTTP there.
    """
    try:
        status, body = fetch(address, HEALTH_PATH, ANSWER_TIMEOUT_S)
        if status == 200:
            return who_answers(body)
        if (
            fetch(address, MOTO_PATH, ANSWER_TIMEOUT_S)[0] < 300
        ):  # 201, as it happens; others know no such path
            return "moto", UNKNOWN
    except (OSError, HTTPException) as error:
        raise EnvironmentFault(
            f"nothing answers at {url} ({error}); start the emulator there, or run with --backend embedded"
        ) from error
    return "endpoint", UNKNOWN


def who_answers(body: bytes) -> tuple[str, str]:
    """Return the name and version that a health page tells."""
    try:
        health = json.loads(body)
        version = str(health.get("version", UNKNOWN))
    except (ValueError, AttributeError):
        return "endpoint", UNKNOWN
    # Only MiniStack's page speaks of its MQTT listener.
    return "ministack" if "iot_mtls" in health else "localstack", version
