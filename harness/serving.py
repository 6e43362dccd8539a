"""`harness serve`: the gateway over a backend for any AWS client, until Ctrl-C."""

import json
import platform
import socket
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness import journal
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend, open_backend
from harness.clock import Clock, ClockSpec
from harness.config import ACCESS_KEY, SECRET_KEY, Settings
from harness.errors import EnvironmentFault, ExitCode
from harness.fidelity import fidelities
from harness.jobs.program import Code
from harness.recorder import Recorder
from harness.run.results import JOURNAL
from harness.store import writing

POLL_S = 0.2


def serve_until_interrupted(
    settings: Settings,
    clock_spec: ClockSpec,
    *,
    listener: socket.socket,
    seed: int,
    as_json: bool,
    listen: str = "",
    iam: Mode = Mode.OFF,
    images: Mapping[str, Code] | None = None,
) -> int:
    """Serve on *listener*; return 130 after Ctrl-C or SIGTERM, with the journal kept.

    *listen* is one more host to serve on, for clients that are not on this machine.
    *images* is the code of container images, by their names.

    Raises EnvironmentFault when an emulator does not start or dies.
    """
    directory = _directory(settings.runs_dir)
    with writing(directory):
        return _serve(
            settings,
            clock_spec,
            directory,
            listener=listener,
            listen=listen,
            seed=seed,
            as_json=as_json,
            iam=iam,
            images=images,
        )


def _serve(
    settings: Settings,
    clock_spec: ClockSpec,
    directory: Path,
    *,
    listener: socket.socket,
    listen: str,
    seed: int,
    as_json: bool,
    iam: Mode,
    images: Mapping[str, Code] | None,
) -> int:
    recorder = Recorder(directory / JOURNAL)
    began = time.monotonic()
    clock = Clock(clock_spec)
    verdict, reason = "interrupted", ""
    try:
        with open_backend(settings.backend, settings, directory / "logs") as backend:
            settings = replace(settings, account_id=backend.account_id)
            clock.restart()  # starting the emulators took this machine's time, not AWS's
            _record_start(recorder, clock, seed, backend, iam)
            stage = Stage(clock, recorder.record, backend.route, settings, seed=seed, iam=iam, images=images)
            also = (listen, listener.getsockname()[1]) if listen else None
            with Gateway(stage, listener=listener, also=also) as gateway:
                if "://" in settings.backend:  # it may hold topics and queues already
                    stage.await_on_loop(stage.learn())
                _tell(gateway.url, settings, directory / JOURNAL, as_json=as_json)
                while (dead := backend.dead()) is None:
                    time.sleep(POLL_S)
        raise EnvironmentFault(f"{dead}; serve again")
    except KeyboardInterrupt:
        print(f"stopped; the journal is {directory / JOURNAL}", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except EnvironmentFault as error:
        verdict, reason = "invalid", str(error)
        raise
    finally:
        recorder.record(journal.RunEnded(clock.now(), verdict, reason, time.monotonic() - began))
        recorder.close()


def _directory(runs: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = runs / "serve" / f"{stamp}-{uuid.uuid4().hex[:6]}"
    try:
        (directory / "logs").mkdir(parents=True)
    except OSError as error:
        raise EnvironmentFault(
            f"Cannot make the directory {directory}: {error.strerror}; choose another with --runs"
        ) from error
    return directory


def _record_start(recorder: Recorder, clock: Clock, seed: int, backend: Backend, iam: Mode) -> None:
    recorder.record(
        journal.RunStarted(
            at=0.0,
            scenario="serve",
            variant="corrected",
            description="The gateway for any client.",
            clock=str(clock.spec),
            seed=seed,
            started_epoch_s=time.time(),
            backend=backend.name,
            emulators=dict(backend.emulators),
            versions={"python": platform.python_version()},
            command="harness serve" if iam is Mode.OFF else f"harness serve --iam {iam.value}",
            configuration={"iam": iam.value},
        )
    )
    for fidelity in fidelities(backend.name, backend.emulators, iam=iam.value):
        recorder.record(fidelity)


def _tell(url: str, settings: Settings, journal_path: Path, *, as_json: bool) -> None:
    """Print how clients reach the gateway: JSON for programs, lines that a shell can evaluate for people."""
    if as_json:
        told = {"endpoint_url": url, "region": settings.region, "journal": str(journal_path)}
        print(json.dumps(told), flush=True)
        return
    print(f"export AWS_ENDPOINT_URL={url}")
    print(f"export AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY}")
    print(f"export AWS_DEFAULT_REGION={settings.region}")
    print("# Serving until Ctrl-C.", flush=True)
