"""InvokeEndpoint: without a model beside nginx answering from memory, with one beside the model alone.

    python -m benchmarks.dataplane [--json] [--quick] [--seconds 3] [--repeats 5]

Needs nginx and wrk. One gateway, as `harness serve` runs it (journal written, fleet modelled, endpoints made
by CreateEndpoint), answers for the endpoints `null`, whose container echoes the body, and `turbofan`, whose
model is an ONNX graph of the turbofan scenario; wrk posts 100 bytes and 100 rows of CSV with the headers of
boto3 over 32 connections, 8 to moto, which starts a thread for each. Beside it in each repeat: nginx that
returns 100 bytes, moto's canned answer of InvokeEndpoint, and the gateway's process while it only reads those
rows, predicts and formats. Each server has one core and wrk the other; what is compared is CPU time a
request, that of the server's whole process tree.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.dataplane_served import ALONE
from benchmarks.measuring import (
    Posted,
    Running,
    Sample,
    children,
    free_port,
    in_turns,
    need,
    nginx_static,
    running,
    wrk,
    wrk_script,
)
from benchmarks.results import Figure, Gain, Report, main, median_of, ratios
from harness.backends import open_backend
from harness.config import Settings
from harness.errors import EnvironmentFault
from harness.sessions import client

ANSWER = '{"predictions":' + "0" * 84 + "}"
ROWS, ENGINES = 100, 8
ROLE = "arn:aws:iam::123456789012:role/models"
ECHO = {"Environment": {"HARNESS_MODEL": "echo"}}
FASTER = (
    Gain(
        "InvokeEndpoint without a model, what Python does of it (no sockets), CPU us a request",
        "45 to 53",
        "28 to 29",
        "heads alike but for date and signature are read once a connection; a body that is there is not "
        "collected; request ids count on from a drawn start; a record of a request is made in a ninth of the "
        "time; an invocation is told to nobody whom it cannot concern",
    ),
    Gain(
        "InvokeEndpoint without a model beside nginx, the same load in turns before and after",
        "0.17 to 0.22 of nginx",
        "0.29 to 0.39 of nginx",
        "what a head decides is decided once, for all heads alike (harness/aws/invoke_lane.py): one call in "
        "place of the handlers, the reply's lines written once; a head that comes again byte for byte is not "
        "even compared in parts; records are encoded 64 at a time (2.2 to 0.9 us each)",
    ),
    Gain(
        "InvokeEndpoint with the turbofan model, beside the parts in the same process",
        "0.62 of the parts",
        "0.64 to 0.80 of the parts",
        "the same, and one copy less of a body that came with its head; the parts are timed in the process "
        "that serves, over as many bodies as there are connections",
    ),
)


@dataclass(frozen=True, slots=True)
class Stand:
    """What is loaded, and with what: servers by name, and a body for each endpoint."""

    folder: Path
    servers: Mapping[str, Running]
    bodies: Mapping[str, str]


def measure(options: argparse.Namespace) -> Report:
    """Return the figures of the data plane."""
    need("nginx", "wrk")
    seconds, repeats = (1, 2) if options.quick else (options.seconds, options.repeats)
    with tempfile.TemporaryDirectory() as folder, _stand(Path(folder)) as stand:
        works: dict[str, Callable[[], Any]] = {
            "nginx": lambda: _load(stand, "nginx", "null", seconds),
            "nginx_rows": lambda: _load(stand, "nginx", "turbofan", seconds),
            "null": lambda: _load(stand, "gateway", "null", seconds),
            "moto": lambda: _load(stand, "moto", "turbofan", max(seconds, 2), connections=8),
            "turbofan": lambda: _load(stand, "gateway", "turbofan", seconds),
            "alone": lambda: _alone(stand),
        }
        for name in ("nginx", "nginx_rows", "null", "moto", "turbofan"):
            works[name]()  # connections are made, code is warm
        seen = in_turns(works, repeats, quiet=not options.quick)
    return Report("dataplane", tuple(_figures(seen)), notes=NOTES, faster=FASTER)


NOTES = (
    "CPU time is that of the server's processes; the journal's thread and its compression count as ours.",
    "moto answers with text of its own and reads nothing; nginx reads the body and answers from memory.",
    "The model alone is timed in the process that serves it, in the same turns, over 32 bodies in memory.",
    "What turbofan takes beyond null and the parts is what parsing and predicting take longer between "
    "requests, with caches that others have used, than one after the other.",
)


def _figures(seen: Mapping[str, list[Any]]) -> Iterator[Figure]:
    def cpu_us(name: str) -> list[float]:
        return [sample.cpu_us for sample in seen[name]]

    alone = [sum(parts.values()) for parts in seen["alone"]]
    yield median_of(
        "null_of_nginx",
        "InvokeEndpoint without a model, fleet and journal on",
        ratios(cpu_us("nginx"), cpu_us("null")),
        "of nginx",
        goal=0.3,
        against="nginx answering from memory",
    )
    yield median_of(
        "turbofan_of_parts",
        "InvokeEndpoint with the turbofan model, 100 rows of CSV",
        ratios(alone, cpu_us("turbofan")),
        "of the parts",
        goal=0.85,
        against="parse, predict and format measured alone",
    )
    yield median_of(
        "nginx_of_parts",
        "the most that is to be had: nginx takes the same rows, and the parts take no longer than alone",
        [part / (part + taken) for part, taken in zip(alone, cpu_us("nginx_rows"), strict=True)],
        "of the parts",
        against="parse, predict and format measured alone",
    )
    yield median_of(
        "turbofan_times_moto",
        "the same beside moto's canned answer",
        ratios(cpu_us("moto"), cpu_us("turbofan")),
        "times moto",
        goal=7.0,
        against="moto's InvokeEndpoint, which reads nothing",
    )
    for name, what in (
        ("nginx", "nginx answering from memory"),
        ("nginx_rows", "nginx taking 100 rows and answering from memory"),
        ("null", "InvokeEndpoint without a model"),
        ("turbofan", "InvokeEndpoint with the turbofan model"),
        ("moto", "moto's canned answer"),
    ):
        yield median_of(f"{name}_cpu_us", what, cpu_us(name), "CPU us a request", better="less")
    for part in ("parse", "predict", "format"):
        runs = [parts[part] for parts in seen["alone"]]
        yield median_of(f"{part}_cpu_us", f"{part} alone, 100 rows", runs, "CPU us", better="less")
    for name in ("null", "turbofan"):
        p99s = [sample.p99_ms for sample in seen[name]]
        yield median_of(
            f"{name}_p99_ms", f"{name}: 99th percentile of 32 connections", p99s, "ms", better="less"
        )


def _load(stand: Stand, server: str, endpoint: str, seconds: int, connections: int = 32) -> Sample:
    at = stand.servers[server]
    path, body = f"/endpoints/{endpoint}/invocations", stand.bodies[endpoint]
    script = stand.folder / f"{server}-{endpoint}.lua"
    wrk_script(script, [Posted(path, _signed(at.port, path, body), body)])
    return wrk(at, script, seconds=seconds, connections=connections)


def _alone(stand: Stand) -> dict[str, float]:
    """Return the parts of a call as the serving process itself takes for them, with nothing else to do."""
    told = stand.folder / ALONE
    told.unlink(missing_ok=True)
    os.kill(stand.servers["gateway"].pid, signal.SIGUSR1)
    for _ in range(200):
        if told.exists():
            return {name: float(value) for name, value in json.loads(told.read_text()).items()}
        time.sleep(0.05)
    raise EnvironmentFault("the gateway did not measure the model alone within 10 s.")


@contextmanager
def _stand(folder: Path) -> Iterator[Stand]:
    """Start nginx, moto and the gateway, and make the endpoints."""
    artefact, rows = _turbofan(folder)
    with (
        open_backend("moto", Settings(), folder / "logs") as backend,
        nginx_static(folder, ANSWER) as nginx,
    ):
        at = backend.route("sagemaker")
        moto = Running(at.port, _listening(at.port))
        port = free_port()
        body = folder / "rows.csv"
        body.write_text(rows, encoding="ascii")
        command = [sys.executable, "-m", "benchmarks.dataplane_served", str(port), str(at.port)]
        with running([*command, str(folder / "journal.jsonl.gz"), str(body)], port) as gateway:
            url = f"http://127.0.0.1:{port}"
            _endpoint(url, "null", ECHO)
            _endpoint(url, "turbofan", {"ModelDataUrl": _uploaded(url, artefact)})
            servers = {"nginx": nginx, "moto": moto, "gateway": gateway}
            yield Stand(folder, servers, {"null": ("0.123," * 20)[:100], "turbofan": rows})


def _turbofan(folder: Path) -> tuple[Path, str]:
    """Return where the turbofan model is, trained briefly as the scenario trains it, and 100 rows for it."""
    from harness.inference import pack
    from scenarios._turbofan import data, synthetic
    from scenarios._turbofan.training import train

    turbofan = synthetic.generate(units=ENGINES)
    trained = train([subset.train for subset in turbofan.subsets], epochs=2)
    path = folder / "model.tar.gz"
    path.write_bytes(pack(trained.onnx, trained.metadata()))
    return path, "\n".join(data.batch_rows(turbofan.subsets[-1])[:ROWS])


def _uploaded(url: str, artefact: Path) -> str:
    s3 = client("s3", url)
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="model.tar.gz", Body=artefact.read_bytes())
    return "s3://models/model.tar.gz"


def _endpoint(url: str, name: str, container: Mapping[str, Any]) -> None:
    """Make an endpoint and return when it is InService."""
    sagemaker = client("sagemaker", url)
    image = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=image | dict(container))
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant | {"InitialInstanceCount": 2}]
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    for _ in range(200):
        if sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService":
            return
        time.sleep(0.05)
    raise EnvironmentFault(f"endpoint {name} is not in service after 10 s.")


def _signed(port: int, path: str, body: str) -> dict[str, str]:
    """Return the headers that boto3 sends with an invocation."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest(
        "POST", f"http://127.0.0.1:{port}{path}", {"Content-Type": "text/csv"}, body.encode()
    )
    SigV4Auth(Credentials("test", "test"), "sagemaker", Settings().region).add_auth(request)
    return {str(name): str(value) for name, value in request.headers.items()} | {
        "Host": f"127.0.0.1:{port}",
        "Accept-Encoding": "identity",
        "User-Agent": "Boto3/1.43.106 md/Botocore#1.43.106 ua/2.1 os/linux#6.1 lang/python#3.11.7",
        "amz-sdk-invocation-id": "8b6f5c3a-1111-2222-3333-444455556666",
        "amz-sdk-request": "attempt=1",
    }


def _listening(port: int) -> int:
    """Return the process below this one that listens on *port*."""
    wanted = _inode(port)
    for pid in children(os.getpid()):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            if wanted in os.readlink(entry):
                return pid
    raise EnvironmentFault(f"no child listens on port {port}.")


def _inode(port: int) -> str:
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].partition(":")[2], 16) == port:
            return f"socket:[{fields[9]}]"
    raise EnvironmentFault(f"nobody listens on port {port}.")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=3, help="length of one wrk run, whole seconds")
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are taken of")


if __name__ == "__main__":
    sys.exit(main("dataplane", __doc__, measure, _options))
