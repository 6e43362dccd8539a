"""MiniStack's EventBridge takes events in the name of AWS's services, from who carries the password.

What a client puts itself must not come from `aws.*`: PutEvents refuses it, there as on AWS.
"""

import asyncio
import json
from typing import Any

from harness.backends.ministack_house import Application, with_paths

# As harness.aws.trail has it; not imported, for this runs in MiniStack's process.
EVENTS_PATH = "/_harness/events"


def install(application: Application, password: str) -> Application:
    """Return *application* with the path that takes events; without a password nothing changes."""
    return with_paths(application, password, {EVENTS_PATH: _emit}) if password else application


async def _emit(body: bytes) -> tuple[int, Any]:
    """Put the event in *body*, an entry of PutEvents, on the default bus."""
    from ministack.services import eventbridge

    entries = {"Entries": [json.loads(body)]}
    status, _, answer = await asyncio.to_thread(eventbridge._put_events, entries, allow_aws_source=True)
    return status, json.loads(answer)
