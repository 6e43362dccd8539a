"""Messages a second through the harness against the same emulator directly, by boto3, in one run.

    python -m benchmarks.messages [--json] [--quick] [--messages 400] [--threads 1 4] [--repeats 7]

Each round publishes to a topic whose queue is then emptied in batches of ten, receive and delete, over both
ways in turn. The client process is the same; what differs is the gateway between. CPU time is that of client,
emulator and gateway together.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from benchmarks.measuring import cpu_s, in_turns
from benchmarks.results import Figure, Report, main, median_of, ratios
from harness.backends import open_backend
from harness.config import Settings
from harness.sessions import client

GOAL = 0.8
BATCH = 10
BODY = json.dumps({"id": "{}", "input": [0.25] * 20})


@dataclass(frozen=True, slots=True)
class Round:
    """Messages a second, and the CPU seconds of all processes a message."""

    per_s: float
    cpu_s: float


def measure(options: argparse.Namespace) -> Report:
    """Return the figures for each number of threads."""
    messages, repeats = (100, 3) if options.quick else (options.messages, options.repeats)
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_backend("embedded", Settings(), Path(folder)) as backend,
    ):
        at = backend.route("sqs")
        direct = f"http://{at.host}:{at.port}"
        with _gateway(direct, folder) as through:
            for threads in options.threads:
                figures += _figures(threads, _rounds(direct, through, threads, messages, repeats))
    notes = (
        "The gateway's share of a message is 0.6 ms of CPU, a quarter of it two writes that each wake "
        "another process; the rest is spread over some fifty functions: identify, follow, record, forward.",
        "Three processes share two cores: client and emulator take longer for their own work, too.",
    )
    return Report("messages", tuple(figures), notes=notes)


def _rounds(direct: str, through: str, threads: int, messages: int, repeats: int) -> dict[str, list[Round]]:
    """Return what came of each round over each way."""
    ways = {"direct": Way(direct), "through": Way(through)}
    for way in ways.values():
        way.round(BATCH * threads, threads)  # connections are made, code is warm
    works: dict[str, Callable[[], Round]] = {
        name: partial(way.round, messages, threads) for name, way in ways.items()
    }
    return in_turns(works, repeats, quiet=False)


def _figures(threads: int, found: dict[str, list[Round]]) -> list[Figure]:
    word = "thread" if threads == 1 else "threads"
    rates = {way: [one.per_s for one in rounds] for way, rounds in found.items()}
    spans = {way: [one.cpu_s for one in rounds] for way, rounds in found.items()}
    return [
        median_of(
            f"cpu_{threads}",
            f"messages a CPU second through the harness, {threads} {word}",
            ratios(spans["direct"], spans["through"]),
            "of direct",
            goal=GOAL,
            against="direct to the same emulator",
        ),
        median_of(
            f"through_{threads}",
            f"messages a second through the harness, {threads} {word}",
            ratios(rates["through"], rates["direct"]),
            "of direct",
            goal=GOAL,
            against="direct to the same emulator",
        ),
        median_of(
            f"direct_{threads}", f"messages a second directly, {threads} {word}", rates["direct"], "a second"
        ),
    ]


class Way:
    """A topic, its queue, and clients that reach them at *url*."""

    def __init__(self, url: str) -> None:
        self.sns, self.sqs = client("sns", url), client("sqs", url)
        name = f"bench-{uuid4().hex[:8]}"
        self.topic = self.sns.create_topic(Name=name)["TopicArn"]
        arn = self.topic.replace(":sns:", ":sqs:")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self.topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.queue = self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def round(self, messages: int, threads: int) -> Round:
        """Publish and take *messages*; return what both came to."""
        worked, began = cpu_s(os.getpid()), time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._publish, range(messages)))
            taken = sum(pool.map(self._take, [messages // threads] * threads))
            taken += self._take(messages - taken)
        assert taken == messages, f"{taken} of {messages} came"
        took_s = time.perf_counter() - began
        return Round(messages / took_s, (cpu_s(os.getpid()) - worked) / messages)

    def _publish(self, number: int) -> None:
        self.sns.publish(TopicArn=self.topic, Message=BODY.replace("{}", str(number)))

    def _take(self, wanted: int) -> int:
        taken = 0
        while taken < wanted:
            most = min(BATCH, wanted - taken)
            got = self.sqs.receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=most, WaitTimeSeconds=1
            ).get("Messages", [])
            if not got:
                break
            entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(got)]
            self.sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)
            taken += len(got)
        return taken


@contextmanager
def _gateway(upstream: str, folder: str) -> Iterator[str]:
    """Serve the harness before *upstream* in a process of its own, as a run's would be."""
    command = [sys.executable, "-m", "harness", "serve", "--backend", upstream, "--port", "0", "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=folder)
    try:
        assert child.stdout is not None
        yield str(json.loads(child.stdout.readline())["endpoint_url"])
    finally:
        child.terminate()
        child.wait(20)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=400, help="messages of a round")
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1, 4], help="threads that send and receive"
    )
    parser.add_argument("--repeats", type=int, default=7, help="rounds over each way")


if __name__ == "__main__":
    sys.exit(main("messages", __doc__, measure, _options))
