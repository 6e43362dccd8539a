"""MiniStack: S3, SQS, SNS, IAM, STS, Lambda that really runs, and most of the rest, with IAM enforced.

Run as a module (`--fd N`) it serves MiniStack on a listening socket that it was handed.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.backends.emulator import PASSWORD_VARIABLE, Recipe
from harness.config import Settings
from harness.loopback import LOOPBACK

# What MiniStack's own entry point gives hypercorn: boto3 keeps idle connections longer than a server's
# default of 5 s, and would find them closed.
KEEP_ALIVE_S = 75.0


def recipe(settings: Settings) -> Recipe:
    """Return how to run MiniStack with the account and region of *settings*, its permissions enforced."""

    def variables(port: int, scratch: Path) -> Mapping[str, str]:
        return {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_ACCOUNT_ID": settings.account_id,
            "MINISTACK_REGION": settings.region,
            "AUTH": "true",
            # Both would listen on further ports: MQTT on 8883 of every interface, and SFTP.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "S3_DATA_DIR": str(scratch / "s3"),
            "STATE_DIR": str(scratch / "state"),
            "LAMBDA_EXECUTOR": "local",
        }

    return Recipe(
        name="ministack",
        distribution="ministack",
        module="harness.backends.ministack",
        ready_path="/_ministack/health",
        variables=variables,
        without_policies={"AUTH": "false"},
        trusts=True,
    )


def serve(fd: int) -> None:
    """Serve MiniStack on the listening socket *fd* until a signal ends the process.

    Its own `main()` probes the port and then binds it, so that another program can take it in between, and on
    SIGTERM imports an SFTP server only to stop it.
    """
    import asyncio

    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.app import app

    from harness.backends import (
        ministack_encryption,
        ministack_events,
        ministack_functions,
        ministack_managed,
        ministack_policies,
        ministack_schedules,
    )

    password = os.environ.pop(PASSWORD_VARIABLE, "")
    application = ministack_policies.install(app, password)
    application = ministack_schedules.install(application, password)
    application = ministack_functions.install(application, password)
    application = ministack_events.install(application, password)
    ministack_managed.install()
    ministack_encryption.install()
    os.set_inheritable(fd, False)
    _raise_file_limit()
    config = Config()
    config.bind = [f"fd://{fd}"]
    config.keep_alive_timeout = KEEP_ALIVE_S

    async def run() -> None:
        # A trigger that never fires: hypercorn then leaves SIGTERM alone, which ends the process at once.
        await hypercorn_serve(application, config, shutdown_trigger=asyncio.Event().wait)

    asyncio.run(run())


def _raise_file_limit() -> None:
    """Every open long poll is a file, and the soft limit is often 1,024 (256 on macOS)."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # macOS refuses an unlimited hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


if __name__ == "__main__":
    serve(int(sys.argv[sys.argv.index("--fd") + 1]))
