"""`harness sweep` as people and scripts start it: real processes, real files, a real cluster."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from command import Command, Ended, harness, none_left

HOUR = "20rps:15m,20-60rps:15m,60rps:15m,5rps:15m"
GRID = (
    *("--targets", "400:1600:400", "--scale-out-cooldowns", "60,300", "--min", "1,2", "--max", "1,6"),
    *("--instance-types", "ml.m5.large", "--service-time", "lognormal:0.05,0.1", "--concurrency", "2"),
    *("--launch", "240"),
)
LIMITS = ("--threshold", "p99<5", "--threshold", "failed_ratio<0.01")


def sweep(folder: Path, *more: str) -> Ended:
    """Return how a small sweep over an hour ended."""
    return harness("sweep", "--traffic", HOUR, *GRID, *more, cwd=folder)


def rows(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV by their names."""
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Return the folder of one small sweep, all exact, and how it ended."""
    folder = tmp_path_factory.mktemp("swept")
    return folder, sweep(folder, "--out", "out", "--exact", "all", "--json", "--jobs", "1", *LIMITS)


def test_a_sweep_leaves_table_csv_json_and_picture(swept: tuple[Path, Ended]) -> None:
    """All rows in the CSV; JSON alone on stdout, the rest for people on stderr."""
    folder, ended = swept
    document = ended.document

    assert ended.code == 0
    assert document == json.loads((folder / "out" / "sweep.json").read_text())
    assert len(rows(folder / "out" / "sweep.csv")) == document["policies"]["tried"] == 24
    assert document["policies"]["left_out"] == [{"why": "--min 2 above --max 1", "count": 8}]
    assert (folder / "out" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "out" / "sweep.svg").read_bytes()
    assert "Pareto fronts of cost (exact model, 24 policies)" in ended.err
    assert "A minute is in breach when more than 1% of the requests" in ended.err
    assert "Left out: 8 combinations with --min 2 above --max 1." in ended.err
    assert not list((folder / "out").glob("*.part"))


def test_the_cheapest_is_the_cheapest_of_the_csv(swept: tuple[Path, Ended]) -> None:
    """And no policy on a front is beaten by another."""
    folder, ended = swept
    every = rows(folder / "out" / "sweep.csv")
    good = [float(row["cost_usd"]) for row in every if row["meets"] == "1"]

    assert ended.document["cheapest"]["cost_usd"] == min(good)
    for row in (each for each in every if each["on_front_p99"] == "1"):
        cost, p99 = float(row["cost_usd"]), float(row["p99_s"])
        assert not [r for r in every if float(r["cost_usd"]) < cost and float(r["p99_s"]) < p99]


def test_the_target_by_aws_formula_stands_beside_it(swept: tuple[Path, Ended]) -> None:
    """Two at once of 54.6 ms in the mean: 36.6 a second, half of it for a minute."""
    (recommended,) = swept[1].document["recommended"]

    assert recommended["target"] == pytest.approx(2 / 0.05463 * 0.5 * 60, rel=0.001)


@pytest.mark.parametrize("jobs", ["2", pytest.param("5", marks=pytest.mark.long)])
@pytest.mark.long
def test_the_same_seed_gives_the_same_bytes(swept: tuple[Path, Ended], tmp_path: Path, jobs: str) -> None:
    """Whatever the number of jobs."""
    ended = sweep(tmp_path, "--out", "out", "--exact", "all", "--jobs", jobs, *LIMITS)

    assert ended.code == 0
    assert "Cheapest that meets p99<5" in ended.out
    assert (tmp_path / "out" / "sweep.csv").read_bytes() == (swept[0] / "out" / "sweep.csv").read_bytes()


@pytest.mark.long
def test_a_policy_comes_to_the_same_in_a_simulation(swept: tuple[Path, Ended], tmp_path: Path) -> None:
    """The same seed gives the same arrivals and launches: activities, failures and p99 agree."""
    row = next(each for each in rows(swept[0] / "out" / "sweep.csv") if each["max"] == "6")
    resource = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/endpoint/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    tracking = {
        "TargetValue": float(row["target"]),
        "PredefinedMetricSpecification": metric,
        "ScaleOutCooldown": int(row["scale_out_cooldown_s"]),
        "ScaleInCooldown": int(row["scale_in_cooldown_s"]),
    }
    policy = {
        "PolicyName": "track",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    bounds = {"MinCapacity": int(row["min"]), "MaxCapacity": int(row["max"])}
    document = {"ScalableTarget": resource | bounds, "ScalingPolicies": [resource | policy]}
    (tmp_path / "policy.json").write_text(json.dumps(document))
    ended = harness(
        *("simulate", "--policy", "policy.json", "--traffic", HOUR, "--initial", row["min"], "--json"),
        *("--launch", "240", "--service-time", "lognormal:0.05,0.1", "--set", "concurrency=2"),
        cwd=tmp_path,
    )
    summary = ended.document
    begun = [each for each in summary["scaling"]["activities"] if each["at_s"] < 3_600.0]

    assert len(begun) == int(row["activities"]) > 0
    assert summary["load"]["failed"] == float(row["failed_ratio"]) == 0
    assert summary["latency"]["response_s"]["p99"] == pytest.approx(float(row["p99_s"]), rel=0.01)


@pytest.mark.long
def test_when_no_policy_is_good_enough_the_command_fails(tmp_path: Path) -> None:
    """Exit code 1, the nearest policy and what it misses."""
    ended = sweep(tmp_path, "--exact", "5", "--threshold", "p99<1ms", "--json")

    assert ended.code == 1
    assert "No policy meets p99<0.001. Nearest: " in ended.err
    assert ended.document["verdict"] == "fail"
    assert ended.document["nearest"]["misses"][0]["metric"] == "p99"
    assert "cheapest" not in ended.document


def unsorted_trace(folder: Path) -> None:
    """Leave a trace that goes back in time."""
    (folder / "back.csv").write_text("at_s\n1.0\n3.0\n2.0\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--traffic", "back.csv"], "back.csv"),
        (["--traffic", "none.csv"], "none.csv"),
        (["--targets", ""], "--targets: '' is no number"),
        (["--min", "9"], "--min begins at 9 and --max ends at 6"),
        (["--instance-types", "ml.m5.larg"], "did you mean ml.m5.large?"),
        (["--threshold", "p9<1"], "did you mean p99?"),
        (["--service-time", "slow"], "'slow' is not a finite number"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(tmp_path: Path, options: list[str], words: str) -> None:
    """Exit code 2, one sentence, no folder half made."""
    unsorted_trace(tmp_path)
    ended = sweep(tmp_path, *options)

    assert ended.code == 2
    assert words in ended.err
    assert not (tmp_path / "sweeps").exists()


@pytest.mark.long
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """The resumed CSV is that of a sweep that was never interrupted."""
    day = ("sweep", "--traffic", "20rps:2h", *GRID, "--targets", "300:1700:10", "--exact", "all")
    command = Command(*day, "--out", "stopped", cwd=tmp_path)

    def done() -> int:
        return sum(path.read_bytes().count(b"\n") for path in (tmp_path / "stopped").glob("exact-*.jsonl"))

    command.until_true(lambda: done() > 20)
    command.send(signal.SIGINT)
    ended = command.end()
    kept = done()

    assert ended.code == 130
    assert "exact runs done; the same command goes on from there" in ended.err
    assert 20 < kept < 800
    resumed = harness(*day, "--out", "stopped", cwd=tmp_path)
    assert f"{kept - 1:,} of 846 exact runs are in stopped" in resumed.err
    assert harness(*day, "--out", "whole", cwd=tmp_path).code == resumed.code == 0
    both = [(tmp_path / name / "sweep.csv").read_bytes() for name in ("stopped", "whole")]
    assert both[0] == both[1]
    assert none_left(ended.pid)


class Cluster:
    """A Dask scheduler and its workers, as processes on loopback."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._file = folder / "scheduler.json"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self._until(self._file.exists)
        self.address = ""
        self._until(self._read)

    def add_worker(self, name: str) -> None:
        """Start one more worker and wait until the scheduler knows it."""
        self.workers[name] = self._start(
            "worker", "--name", name, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"
        )
        self._until(lambda: "Registered to" in (self._folder / f"worker-{name}.log").read_text())

    def _start(self, kind: str, *options: str) -> "subprocess.Popen[bytes]":
        name = f"worker-{options[1]}" if kind == "worker" else kind
        log = self._stack.enter_context((self._folder / f"{name}.log").open("wb"))
        where = ["--local-directory", str(self._folder / "dask")] if kind == "worker" else []
        common = ["--scheduler-file", str(self._file), "--no-dashboard"]
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", kind, *common, *options, *where],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self._stack.callback(process.wait, 30)
        self._stack.callback(process.terminate)
        return process

    def _read(self) -> bool:
        try:
            self.address = json.loads(self._file.read_text())["address"]
        except ValueError:
            return False
        return True

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60.0
        while not holds():
            assert time.monotonic() < deadline, "the cluster never came up"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Yield a scheduler without workers."""
    pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    with ExitStack() as stack:
        yield Cluster(tmp_path_factory.mktemp("cluster"), stack)


@pytest.mark.long
@pytest.mark.long
def test_a_cluster_gives_the_same_bytes_as_this_machine(
    swept: tuple[Path, Ended], cluster: Cluster, tmp_path: Path
) -> None:
    """A scheduler without workers is an error; with two, the sweep is that of one machine."""
    options = ("--out", "out", "--exact", "all", "--dask", cluster.address, *LIMITS)
    alone = sweep(tmp_path, *options)
    assert (alone.code, "has no workers" in alone.err) == (3, True)
    assert not (tmp_path / "out").exists()

    cluster.add_worker("one")
    cluster.add_worker("two")
    ended = sweep(tmp_path, *options)

    assert ended.code == 0, ended.err
    assert (tmp_path / "out" / "sweep.csv").read_bytes() == (swept[0] / "out" / "sweep.csv").read_bytes()
    assert cluster.scheduler.poll() is None


@pytest.mark.long
@pytest.mark.long
def test_a_worker_that_dies_is_replaced_by_the_others_and_a_lost_cluster_is_an_error(
    cluster: Cluster, tmp_path: Path
) -> None:
    """One worker is enough; without the scheduler the sweep ends, and what is done is kept."""
    cluster.add_worker("three")
    cluster.add_worker("four")
    grid = (*GRID, "--targets", "300:1700:10", "--exact", "all", "--out", "out")
    command = Command("sweep", "--traffic", "20rps:4h", *grid, "--dask", cluster.address, cwd=tmp_path)

    def done() -> int:
        return sum(path.read_bytes().count(b"\n") for path in (tmp_path / "out").glob("exact-*.jsonl"))

    command.until_true(lambda: done() > 10)
    cluster.workers["three"].kill()
    before = done()
    command.until_true(lambda: done() > before + 50)
    cluster.scheduler.kill()
    ended = command.end()

    assert ended.code == 3
    assert "was lost" in ended.err
    assert "Traceback" not in ended.err
    assert done() > before + 50


@pytest.mark.long
def test_a_cluster_that_does_not_answer_is_named_within_seconds(tmp_path: Path) -> None:
    """Exit code 3, before anything is worked out."""
    pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    began = time.monotonic()
    ended = sweep(tmp_path, "--dask", "tcp://127.0.0.1:9")

    assert ended.code == 3
    assert "No Dask scheduler answered at tcp://127.0.0.1:9 within 5 s" in ended.err
    assert time.monotonic() - began < 15.0
    assert not (tmp_path / "sweeps").exists()
