"""Functions of tests whose model minute takes half a second."""

from typing import Any
from urllib.request import Request, urlopen

from lambdas import Stand

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
