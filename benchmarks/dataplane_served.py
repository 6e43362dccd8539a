"""The data plane that benchmarks/dataplane.py loads, in a process of its own, and the model alone.

python -m benchmarks.dataplane_served PORT EMULATOR_PORT JOURNAL BODY

It is what `harness serve` runs, with endpoints that work for SERVICE_S on SLOTS requests at once, so that the
fleet is no bottleneck, and come into service at once. On SIGUSR1 the same process, with the model, the heap
and the threads that serve, does nothing but read a body, predict and write the answer for SECONDS, one after
the other as in a call, over as many bodies as connections send them; it leaves the CPU microseconds of each
part as JSON beside the journal (`ALONE`).
"""

import json
import queue
import signal
import statistics
import sys
import time
from pathlib import Path

from harness.aws.stage import Assumptions, Stage
from harness.aws.thread import Gateway
from harness.clock import Clock
from harness.config import Settings
from harness.endpoint import Constant, EndpointSettings
from harness.gateway.chain import Address
from harness.inference import OnnxModel
from harness.inference.payload import CSV, CsvAnswer, decode_csv, encode
from harness.recorder import Recorder

ALONE, SECONDS, BODIES = "alone.json", 1.0, 32

SERVICE_S, SLOTS = 0.001, 64
AT_ONCE = EndpointSettings(launch_time=Constant(0.0), join_stagger=Constant(0.0))


def serve(port: int, emulator_port: int, journal: Path, body: Path) -> None:
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
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, lambda told, _: asked.put(told))
    with Gateway(stage, port=port):
        while asked.get() == signal.SIGUSR1:
            model = stage.models["turbofan", "AllTraffic"]
            assert isinstance(model, OnnxModel)
            told = journal.with_name("told.json")
            told.write_text(json.dumps(alone(model, body.read_bytes())), encoding="ascii")
            told.rename(journal.with_name(ALONE))
    recorder.close()


def alone(model: OnnxModel, sent: bytes) -> dict[str, float]:
    """Return the parts of one call, in CPU microseconds."""
    clock, width = time.process_time, model.features
    bodies = [bytes(bytearray(sent)) for _ in range(BODIES)]
    seen: dict[str, list[float]] = {"parse": [], "predict": [], "format": []}
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for each in bodies:
            began = clock()
            rows = decode_csv(each, width)
            parsed = clock()
            answers = model.predict(rows)
            predicted = clock()
            encode(answers, CSV, CsvAnswer.ONE_LINE)
            ended = clock()
            spans = (parsed - began, predicted - parsed, ended - predicted)
            for name, span in zip(seen, spans, strict=True):
                seen[name].append(span * 1e6)
    return {name: statistics.mean(spans) for name, spans in seen.items()}


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
