"""Messages a second through the harness against the same emulator directly, by boto3, in one run.

    python -m benchmarks.messages [--json] [--messages 400] [--threads 1 4] [--repeats 5]

Each round publishes to a topic whose queue is then emptied in batches of ten, receive and delete, over both
ways in turn. The client process is the same; what differs is the gateway between. Exit code 1: through the
harness goes less than 0.8 of what goes directly (median of the rounds' ratios).
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from harness.backends import open_backend
from harness.config import Settings
from harness.errors import ExitCode
from harness.sessions import client

GOAL = 0.8
BATCH = 10
BODY = json.dumps({"id": "{}", "input": [0.25] * 20})


@dataclass(frozen=True, slots=True)
class Row:
    """Medians for one number of threads: messages a second each way, and the median of the ratios."""

    threads: int
    direct_rps: float
    harness_rps: float
    ratio: float


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_backend("embedded", Settings(), Path(folder)) as backend,
    ):
        at = backend.route("sqs")
        direct = f"http://{at.host}:{at.port}"
        with _gateway(direct, folder) as through:
            rows = [_measure(direct, through, threads, options) for threads in options.threads]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        for row in rows:
            print(
                f"{row.threads:2d} threads: direct {row.direct_rps:6.0f}/s, "
                f"through the harness {row.harness_rps:6.0f}/s, ratio {row.ratio:.2f}"
            )
    return ExitCode.PASS if all(row.ratio >= GOAL for row in rows) else ExitCode.FAIL


def _measure(direct: str, through: str, threads: int, options: Any) -> Row:
    ways = (Way(direct), Way(through))
    for way in ways:
        way.round(BATCH * threads, threads)  # connections are made, code is warm
    samples = [[way.round(options.messages, threads) for way in ways] for _ in range(options.repeats)]
    first, second = zip(*samples, strict=True)
    ratios = [b / a for a, b in samples]
    return Row(threads, statistics.median(first), statistics.median(second), statistics.median(ratios))


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

    def round(self, messages: int, threads: int) -> float:
        """Publish and take *messages*; return messages a second over both."""
        began = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._publish, range(messages)))
            taken = sum(pool.map(self._take, [messages // threads] * threads))
            taken += self._take(messages - taken)
        assert taken == messages, f"{taken} of {messages} came"
        return messages / (time.perf_counter() - began)

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


if __name__ == "__main__":
    sys.exit(main())
