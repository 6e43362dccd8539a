"""How long until it is there: `harness --help`, the gateway listening, the embedded backend's first answer.

    python -m benchmarks.startup [--json] [--quick] [--repeats 7]

Wall time against `python -c pass`, which takes its turn in each repeat. `--help` runs to its end. The gateway
is `harness serve` over an emulator that runs already, until its port takes a connection. The embedded backend
is `harness serve` with nothing running, until MiniStack and moto have answered a first call through the
gateway. Bytecode is written and files are cached: the first start after an installation takes longer.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.measuring import ROOT, await_port, cpu_of, free_port, in_turns
from benchmarks.results import Figure, Gain, Report, main, median_of, ratios
from harness.backends import open_backend
from harness.config import Settings
from harness.errors import EnvironmentFault

HARNESS = (sys.executable, "-m", "harness")
GOALS = {"help": 4.0, "listening": 10.0, "embedded": 60.0}
WHAT = {
    "pass": "`python -c pass`",
    "help": "`harness --help`",
    "listening": "`harness serve`, its port listening",
    "embedded": "`harness serve`, first answers of both embedded emulators",
}
FASTER = (
    Gain(
        "`harness serve`, its port listening",
        "43 to 59 times `python -c pass`",
        "1.8 to 2.6 times",
        "it listens before it imports, and hands the socket to the server: who calls meanwhile waits for the "
        "answer, and a port in use is told at once",
    ),
    Gain(
        "`harness serve`, CPU time until it is ready to answer",
        "1.02 to 1.19 s",
        "0.85 to 0.93 s",
        "the words of scenarios (85 modules) are no longer imported: the gateway needed three of them in "
        "annotations, and AwsError, which now stands beside Refusal",
    ),
)


def measure(options: argparse.Namespace) -> Report:
    """Return the seconds of each, and how many times those of `python -c pass` they are."""
    repeats = 2 if options.quick else options.repeats
    with (
        tempfile.TemporaryDirectory() as folder,
        open_backend("moto", Settings(), Path(folder) / "logs") as backend,
    ):
        at = backend.route("sagemaker")
        url = f"http://{at.host}:{at.port}"
        works: dict[str, Callable[[], float]] = {
            "pass": lambda: cpu_of((sys.executable, "-c", "pass"))[1],
            "help": lambda: cpu_of((*HARNESS, "--help"))[1],
            "listening": lambda: _listening(url, folder),
            "embedded": lambda: _first_answers(folder),
        }
        for work in works.values():
            work()  # bytecode is written, files are cached
        seen = in_turns(works, repeats, quiet=not options.quick)
    return Report("startup", tuple(_figures(seen)), faster=FASTER)


def _figures(seen: Mapping[str, list[float]]) -> list[Figure]:
    times = [
        median_of(
            name,
            WHAT[name],
            ratios(seen[name], seen["pass"]),
            "times",
            goal=goal,
            better="less",
            against="`python -c pass`",
        )
        for name, goal in GOALS.items()
    ]
    seconds = [
        median_of(f"{name}_ms", WHAT[name], [span * 1e3 for span in spans], "ms", better="less")
        for name, spans in seen.items()
    ]
    return times + seconds


def _listening(backend: str, folder: str) -> float:
    """Return the seconds from the start of `harness serve` until its port takes a connection."""
    port = free_port()
    began = time.perf_counter()
    process = _serve(backend, port, folder)
    try:
        await_port(port, process)
        return time.perf_counter() - began
    finally:
        _end(process)


def _first_answers(folder: str) -> float:
    """Return the seconds from the start of `harness serve` until both emulators have answered through it."""
    began = time.perf_counter()
    process = _serve("embedded", 0, folder)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["endpoint_url"]
        for target in ("AmazonSQS.ListQueues", "SageMaker.ListModels"):
            _ask(url, target)
        return time.perf_counter() - began
    finally:
        _end(process)


def _ask(url: str, target: str) -> None:
    from urllib.request import Request, urlopen

    service = {"AmazonSQS": "sqs", "SageMaker": "sagemaker"}[target.partition(".")[0]]
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    headers = {
        "X-Amz-Target": target,
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }
    with urlopen(Request(url, b"{}", headers), timeout=20.0) as answer:
        if answer.status != 200:
            raise EnvironmentFault(f"{target} was answered with {answer.status}.")


def _serve(backend: str, port: int, folder: str) -> "subprocess.Popen[bytes]":
    command = [*HARNESS, "serve", "--backend", backend, "--port", str(port), "--json", "--runs", folder]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""},
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    process.wait(20)
    if process.stdout is not None:
        process.stdout.close()


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeats", type=int, default=7, help="runs that the medians are taken of")


if __name__ == "__main__":
    sys.exit(main("startup", __doc__, measure, _options))
