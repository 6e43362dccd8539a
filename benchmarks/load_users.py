"""The locustfile of `benchmarks/load.py`: users that invoke one endpoint as fast as they are answered."""

import json
import os
import time
from typing import Any

import gevent
from locust import FastHttpUser, events, task

from locustfiles.users import Boto3User, LeanUser

ENDPOINT, BODY = "ranker", "1.0," * 24 + "1.0\n"
WARM_UP_S = 1.5


class Boto3(Boto3User):
    """Our boto3 user."""

    @task
    def call(self) -> None:
        self.invoke(ENDPOINT, BODY.encode())


class Lean(LeanUser):
    """Our lean signed user."""

    @task
    def call(self) -> None:
        self.invoke(ENDPOINT, BODY.encode())


class Fast(FastHttpUser):
    """Locust's own fast user, unsigned: the same bytes to the same address."""

    @task
    def call(self) -> None:
        self.client.post(
            f"/endpoints/{ENDPOINT}/invocations", data=BODY, headers={"Content-Type": "text/csv"}
        )


def _measure(environment: Any, **_: Any) -> None:
    gevent.spawn(_count, environment, float(os.environ["BENCHMARK_SECONDS"]))


def _count(environment: Any, seconds: float) -> None:
    """Print requests a second and CPU a request over *seconds* of steady state, then end Locust."""
    gevent.sleep(WARM_UP_S)
    total = environment.stats.total
    requests, failures = total.num_requests, total.num_failures
    cpu, wall = time.process_time(), time.monotonic()
    gevent.sleep(seconds)
    done = total.num_requests - requests
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    sample = {"rps": done / wall, "cpu_us": cpu / done * 1e6, "failures": total.num_failures - failures}
    print("SAMPLE", json.dumps(sample), flush=True)
    environment.runner.quit()


events.test_start.add_listener(_measure)  # type: ignore[no-untyped-call]
