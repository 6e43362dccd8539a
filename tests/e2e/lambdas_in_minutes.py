"""Functions of tests whose model minute takes half a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from lambdas import LOGS, Stand, allow, embedded_lambdas

from harness.aws.functions.results import Modelled
from harness.endpoint.distributions import Constant

SPEED = 120.0
RETURNS = "def handler(event, context):\n    return event\n"


def named(stand: Stand, name: str, code: str, role: str, **more: Any) -> str:
    """Make a function of that name."""
    from lambdas import zipped

    stand.functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": zipped(app_py=code)},
        **more,
    )
    return name


def call(stand: Stand, identity: str, body: bytes) -> tuple[int, bytes]:
    url = f"{stand.gateway.url}/_aws/execute-api/{identity}/$default/predict"
    asked = Request(url, body, {"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=20) as answer:
            return answer.status, answer.read()
    except OSError as error:
        status: int = error.status  # type: ignore[attr-defined]
        return status, b""


@contextmanager
def in_minutes(logs: Path) -> Iterator[Stand]:
    """One backend and gateway for all tests of a file, whose functions have names of their own."""
    modelled = Modelled(
        {"modelled": Constant(30.0), "late": Constant(5.0), "slow": Constant(2.0)},
        {"modelled": Constant(12.0)},
    )
    with embedded_lambdas(logs, speed=SPEED, functions=modelled) as made:
        yield made


def busy_role(stand: Stand) -> str:
    """Return a role for functions that send and invoke."""
    return stand.role(LOGS, allow("sqs:SendMessage", "lambda:InvokeFunction"))
