"""What the command line asks, and how it is told."""

import argparse

import pytest

from harness.errors import ScenarioError
from harness.thresholds import parse
from harness.thresholds.asking import as_json, asked, listed, with_asked, words_for
from harness.thresholds.options import add_options


def options(*words: str) -> argparse.Namespace:
    """Return what is read of *words*."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words)


def test_options() -> None:
    """--threshold may be repeated."""
    given = options(
        "--threshold", "lost==0", "--threshold", "p(99)<1s", "--abort-on-fail", "--abort-delay", "30s"
    )
    assert (given.threshold, given.abort_on_fail, given.abort_delay) == (["lost==0", "p(99)<1s"], True, "30s")
    assert options().threshold == []


def test_all_that_can_abort_do() -> None:
    """The scenario's own among them; one that says itself when keeps to that."""
    own = [parse("error_ratio<1% abort after 5s"), parse("errors==0"), parse("lost==0")]
    found = with_asked(own, asked(["p(99)<1s"]), abort=True, delay="1m")
    assert [str(one) for one in found] == [
        "error_ratio<1% abort after 5s",
        "errors==0 abort after 60s",
        "lost==0",
        "response_time: p(99)<1s abort after 60s",
    ]
    assert words_for(found) == [
        "--threshold", "errors==0 abort after 60s",
        "--threshold", "response_time: p(99)<1s abort after 60s",
    ]  # fmt: skip


def test_without_the_flag_each_is_as_it_says() -> None:
    """What was asked is marked, for it fails where it cannot be measured."""
    found = with_asked([parse("lost==0")], asked(["errors==0"]))
    assert [(str(one), one.asked) for one in found] == [("lost==0", False), ("errors==0", True)]


@pytest.mark.parametrize(("abort", "delay"), [(False, "30s"), (True, "soon"), (True, "5")])
def test_a_delay_that_cannot_be(abort: bool, delay: str) -> None:
    """It is a span of time, and goes with --abort-on-fail."""
    with pytest.raises(ScenarioError, match="--abort-delay"):
        with_asked([], [], abort=abort, delay=delay)


def test_help_lists_every_metric() -> None:
    """For people by lines, for machines by rows."""
    lines = listed()
    assert len([line for line in lines if line.startswith("  ")]) == len(as_json())
    assert any("queue_age{queue}" in line and "gauge, s" in line for line in lines)
    assert {frozenset(row) for row in as_json()} == {
        frozenset(("metric", "type", "unit", "what", "tags", "aggregations", "default", "source", "aborts"))
    }


def test_a_line_of_help_is_a_metric_its_kind_and_what_it_is() -> None:
    """The unit only where there is one, the tags beside the name, a blank line before each group."""
    lines = listed()
    (requests,) = [line for line in lines if line.startswith("  requests{")]
    (age,) = [line for line in lines if line.startswith("  queue_age{")]
    row = next(row for row in as_json() if row["metric"] == "requests")
    tags = "requests{endpoint,function,api,topic,queue,status,outcome}"
    assert requests == f"  {tags} counter, requests: {row['what']}"
    assert " gauge, s: " in age
    titles = [number for number, line in enumerate(lines) if line.endswith(":") and line[0] != " "]
    assert titles
    assert all(lines[number - 1] == "" for number in titles)
