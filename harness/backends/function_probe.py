"""Whether an emulator that lists functions can also run one: LocalStack needs Docker for it."""

import base64
import io
import json
import time
import zipfile
from http.client import HTTPException
from typing import Any

from harness.backends.probes import Question, send
from harness.gateway.chain import Address

NAME = "harness-probe"
FUNCTIONS = "/2015-03-31/functions"
# LocalStack takes a key of twelve digits for that account: what is left there is seen by nobody.
NOBODYS_ACCOUNT = "000000000001"
# A function whose code is there is Active within a fraction of a second.
LIMIT_S = 5.0
PAUSE_S = 0.05


def why_no_function_runs(address: Address, region: str) -> str | None:
    """Make a function and look whether it becomes Active: None when it does, else what was seen instead."""
    deadline = time.monotonic() + LIMIT_S
    try:
        state = _call(address, region, "POST", FUNCTIONS, _function())
        while state.get("State") == "Pending" and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
            state = _call(address, region, "GET", f"{FUNCTIONS}/{NAME}/configuration")
        _call(address, region, "DELETE", f"{FUNCTIONS}/{NAME}")
    except (OSError, HTTPException, ValueError, AttributeError) as error:
        return f"no function could be made at {address}: {error}"
    if state.get("State") == "Active":
        return None
    return f"a function stays {state.get('State', state)}: {state.get('StateReason', 'no reason given')}"


def _function() -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("probe.py", "def handler(event, context):\n    return event\n")
    role = f"arn:aws:iam::{NOBODYS_ACCOUNT}:role/{NAME}"
    zipped = base64.b64encode(code.getvalue()).decode()
    request = {"FunctionName": NAME, "Runtime": "python3.12", "Role": role, "Handler": "probe.handler"}
    return json.dumps(request | {"Code": {"ZipFile": zipped}}).encode()


def _call(address: Address, region: str, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
    question = Question("", method, path, body, {"Content-Type": "application/json"})
    _, answer = send("lambda", question, address, region, NOBODYS_ACCOUNT)
    found: dict[str, Any] = json.loads(answer) if answer else {}
    return found
