"""The data plane that benchmarks/dataplane.py loads, in a process of its own, and the model alone.

python -m benchmarks.dataplane_served serve PORT EMULATOR_PORT JOURNAL
python -m benchmarks.dataplane_served alone ARTEFACT BODY SECONDS

`serve` is what `harness serve` runs, with endpoints that work for SERVICE_S on SLOTS requests at once, so
that the fleet is no bottleneck, and come into service at once. `alone` prints the CPU microseconds of reading
the body, predicting and writing the answer, one after the other as in a call, with nothing else around.
"""

import json
import signal
import statistics
import sys
import threading
import time
from pathlib import Path

from harness.aws.stage import Assumptions, Stage
from harness.aws.thread import Gateway
from harness.clock import Clock
from harness.config import Settings
from harness.endpoint import Constant, EndpointSettings
from harness.gateway.chain import Address
from harness.recorder import Recorder

SERVICE_S, SLOTS = 0.001, 64
AT_ONCE = EndpointSettings(launch_time=Constant(0.0), join_stagger=Constant(0.0))


def serve(port: int, emulator_port: int, journal: Path) -> None:
    """Serve until a signal ends the process."""
    recorder, emulator = Recorder(journal), Address("moto", "127.0.0.1", emulator_port)
    assumed = Assumptions(lambda _type: SERVICE_S, concurrency=SLOTS)
    stage = Stage(
        Clock(),
        recorder.record,
        lambda _service: emulator,
        Settings(),
        seed=1,
        assumptions=dict.fromkeys(("null", "turbofan"), assumed),
        endpoint_settings=AT_ONCE,
    )
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with Gateway(stage, port=port):
        ended.wait()
    recorder.close()


def alone(artefact: Path, body: Path, seconds: float) -> None:
    """Print the parts of one call, in CPU microseconds, as JSON."""
    from harness.inference import OnnxModel, load_artefact
    from harness.inference.payload import CSV, CsvAnswer, decode_csv, encode

    model, sent = load_artefact(artefact.read_bytes()), body.read_bytes()
    assert isinstance(model, OnnxModel)
    clock, width = time.process_time, model.features
    seen: dict[str, list[float]] = {"parse": [], "predict": [], "format": []}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = clock()
        rows = decode_csv(sent, width)
        parsed = clock()
        answers = model.predict(rows)
        predicted = clock()
        encode(answers, CSV, CsvAnswer.ONE_LINE)
        ended = clock()
        for name, span in zip(seen, (parsed - began, predicted - parsed, ended - predicted), strict=True):
            seen[name].append(span * 1e6)
    print(json.dumps({name: statistics.mean(spans) for name, spans in seen.items()}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    else:
        alone(Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
