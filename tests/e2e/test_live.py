"""The live view: a run's report on loopback while the run goes on, for this machine's readers alone."""

import gzip
import os
import re
import signal
import socket
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from command import Command, harness, none_left, started_by
from live_reader import Events, WrittenRun, get

from harness import journal
from harness.errors import EnvironmentFault
from harness.live.view import LiveView
from harness.run.results import REPORT

TINY = str(Path(__file__).with_name("tiny.py"))


def free_port() -> int:
    """Return a port that nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_report_is_served_while_the_run_goes_on(tmp_path: Path) -> None:
    """No verdict until there is one, and news of the load; after Ctrl-C the reader gets the report's file,
    the command its exit code, and nothing is left behind."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = Command("run", f"--ui={port}", TINY, "--runs", "runs", cwd=tmp_path, env={"TINY": "load"})
    command.until(f"live    {url}")
    with Events(url) as events:
        events.until(lambda state: bool(state["runs"][0].get("counts", {}).get("completed")), "answers")
        early = get(url).text
        command.send(signal.SIGINT)
        events.until(lambda state: state["over"], "over")
    ended = command.end()
    assert "Running" in early
    assert "cut off" not in early
    assert ended.code == 130, ended.err
    runs = [state["runs"][0] for state in events.states]
    assert [run["version"] for run in runs] == sorted(run["version"] for run in runs)
    assert {"running", "over"} <= {run["state"] for run in runs}
    assert events.final is not None
    assert events.final.text == (tmp_path / "runs" / "tiny" / "latest" / REPORT).read_text()
    assert none_left(ended.pid)


def test_on_the_virtual_clock_there_is_nothing_to_watch(tmp_path: Path) -> None:
    """One sentence and the code of a usage error, before anything is played."""
    ended = harness("run", "--ui", TINY, "--clock", "virtual", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "--ui has nothing to show on the virtual clock" in ended.err


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    """With the way out; nothing was started by then."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(EnvironmentFault, match=f"127.0.0.1:{port} .*choose another one"):
            LiveView(port)


def followed(live: LiveView, run: WrittenRun, **reader: Any) -> Events:
    """Tell *live* of *run* and return a reader of its events; nothing is answered before that."""
    live.follow(run.directory)
    return Events(live.url, **reader)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def test_the_view_goes_from_run_to_run(runs: Path) -> None:
    """`/` lists them, each has its page, and what an earlier one ended with stays."""
    first, second = WrittenRun(runs, "first"), WrittenRun(runs, "second")
    with LiveView(runs=2) as live, followed(live, first, last="/runs/2") as events:
        assert "<h1>first</h1>" in get(live.url, "/runs/1").text
        first.begin()
        events.until(lambda state: state["runs"] and state["runs"][0]["version"] == 1, "the first page")
        first.end("fail")
        events.until(lambda state: state["runs"][0]["state"] == "over", "the first report")
        live.follow(second.directory)
        events.until(lambda state: state["current"] == 2, "the second run")
        index = get(live.url).text
        assert re.findall(r'<span class="chip \w+">(\w+)</span> <a href="(/runs/\d)">(\w+)', index) == [
            ("Fail", "/runs/1", "first"),
            ("Starting", "/runs/2", "second"),
        ]
        assert get(live.url, "/runs/1").text == (first.directory / REPORT).read_text()
        second.begin()
        second.end()
        live.close()
    assert events.final is not None
    assert events.final.text == (second.directory / REPORT).read_text()


def test_only_this_machine_is_served_and_only_pages(runs: Path) -> None:
    """No other name (DNS rebinding), method or path; what is served may be framed, kept or sent nowhere."""
    with LiveView() as live:
        run = WrittenRun(runs, "closed")
        live.follow(run.directory)
        run.begin()
        port = live.url.rstrip("/").rpartition(":")[2]
        assert [
            get(live.url, Host=host).status
            for host in (
                f"localhost:{port}",
                f"evil.example:{port}",
                "127.0.0.1",
                f"127.0.0.1.evil.example:{port}",
            )
        ] == [200, 421, 421, 421]
        assert [
            get(live.url, path).status
            for path in (
                "/runs/1",
                "/runs/2",
                "/runs/1/",
                "/journal.jsonl.gz",
                "/../../etc/passwd",
                "/events/1",
            )
        ] == [200, 404, 404, 404, 404, 404]
        assert {get(live.url, method=method).status for method in ("POST", "PUT", "DELETE", "OPTIONS")} == {
            405
        }
        assert [
            get(live.url, "/events", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode=mode).status
            for mode in ("cors", "no-cors")
        ] == [403, 403]
        assert get(live.url, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200
        headers = get(live.url).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "connect-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        run.recorder.close()


@pytest.mark.long
def test_a_reader_who_stays_holds_the_end_up_for_a_bounded_time(runs: Path) -> None:
    """A few seconds, in which a browser fetches the last page many times."""
    run = WrittenRun(runs, "held")
    with LiveView() as live, followed(live, run, polite=False) as events:
        run.begin()
        events.until(lambda state: bool(state["runs"]), "the run")
        run.end()
        began = monotonic()
        live.close()
        assert monotonic() - began < 15.0
    assert events.states[-1]["over"]


@pytest.mark.long
def test_a_view_that_dies_is_told_and_the_runs_go_on(runs: Path) -> None:
    """What follows a run is never in its way."""
    run = WrittenRun(runs, "alone")
    with LiveView() as live, followed(live, run) as events:
        events.until(lambda state: bool(state["runs"]), "the run")
        (child,) = started_by(os.getpid())
        os.kill(child, signal.SIGKILL)
        deadline = monotonic() + 10.0
        while not live.obituary() and monotonic() < deadline:
            sleep(0.01)
        assert "The live view was ended by SIGKILL" in live.obituary()
        live.follow(run.directory)
        run.recorder.close()


@pytest.mark.long
def test_a_page_that_cannot_be_drawn_is_told_and_ends_nothing(runs: Path) -> None:
    """A line that is no record stops the view's reading; the reason is on the page and in the run's log."""
    run = WrittenRun(runs, "broken")
    with LiveView() as live, followed(live, run) as events:
        run.begin()
        events.until(lambda state: state["runs"] and state["runs"][0]["version"] > 0, "a page")
        run.write(journal.PhaseStarted(2.0, "settle"))
        with run.recorder.path.open("ab") as file:
            file.write(gzip.compress(b'{"type":"Nonsense"}\n'))
        told = events.until(lambda state: state["runs"][0]["trouble"] != "", "the trouble")
        assert "line 4: no known record type" in told["runs"][0]["trouble"]
        assert get(live.url).status == 200
        run.recorder.close()
        live.close()
        assert "JournalError" in (run.directory / "logs" / "live.log").read_text()
