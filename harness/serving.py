"""`harness serve`: the gateway over a backend for any AWS client, until Ctrl-C."""

import json
import platform
import sys
import time
import uuid
from datetime import UTC, datetime

from harness import journal
from harness.backends import open_backend
from harness.clock import Clock, ClockSpec
from harness.config import ACCESS_KEY, SECRET_KEY, Settings
from harness.errors import EnvironmentFault, ExitCode
from harness.gateway.stage import Stage
from harness.gateway.thread import Gateway
from harness.recorder import Recorder
from harness.results import JOURNAL

POLL_S = 0.2


def serve_until_interrupted(settings: Settings, clock_spec: ClockSpec, *, port: int, seed: int, as_json: bool) -> int:
    """Serve on 127.0.0.1:*port*; return 130 after Ctrl-C or SIGTERM, with the journal kept.

    Raises EnvironmentFault when the port is in use or an emulator does not start or dies.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = settings.runs_dir / "serve" / f"{stamp}-{uuid.uuid4().hex[:6]}"
    (directory / "logs").mkdir(parents=True)
    recorder = Recorder(directory / JOURNAL)
    clock = Clock(clock_spec)
    try:
        with open_backend(settings.backend, settings, directory / "logs") as backend:
            recorder.record(_started(clock, seed, backend.name, backend.emulators))
            stage = Stage(clock, recorder.record, backend.route, settings, seed=seed)
            with Gateway(stage, port=port) as gateway:
                _tell(gateway.url, settings, directory / JOURNAL, as_json=as_json)
                while (dead := backend.dead()) is None:
                    time.sleep(POLL_S)
        raise EnvironmentFault(f"{dead}; serve again")
    except KeyboardInterrupt:
        print(f"stopped; the journal is {directory / JOURNAL}", file=sys.stderr)
        return ExitCode.INTERRUPTED
    finally:
        recorder.close()


def _started(clock: Clock, seed: int, backend: str, emulators: dict[str, str]) -> journal.RunStarted:
    return journal.RunStarted(
        at=clock.now(),
        scenario="serve",
        variant="corrected",
        description="The gateway for any client.",
        clock=str(clock.spec),
        seed=seed,
        started_epoch_s=time.time(),
        backend=backend,
        emulators=dict(emulators),
        versions={"python": platform.python_version()},
        command="harness serve",
    )


def _tell(url: str, settings: Settings, journal_path: object, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"endpoint_url": url, "region": settings.region, "journal": str(journal_path)}), flush=True)
        return
    print(f"export AWS_ENDPOINT_URL={url}")
    print(f"export AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY} AWS_DEFAULT_REGION={settings.region}")
    print("# Serving until Ctrl-C.", flush=True)
