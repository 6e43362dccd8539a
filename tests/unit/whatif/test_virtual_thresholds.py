"""Thresholds in virtual time: what is not played there is judged only for who asked by name."""

from dataclasses import replace

import pytest
from small_cases import case

from harness import journal as j
from harness.thresholds import Threshold
from harness.thresholds.asking import asked
from harness.whatif.run_virtual import played
from harness.whatif.thresholds import judge_thresholds

FIRST = j.RunStarted(0.0, "tiny", "corrected", "", "virtual", 1, 1.79e9, "none", {}, {}, "harness simulate")
RECORDS = [FIRST, j.LoadRequest(1.0, "ranker", "ok", 200, 1.0, service_s=2.0)]


def judged(*thresholds: Threshold, programs: bool = False) -> tuple[dict[str, bool], list[str]]:
    """Return what became of each of *thresholds* that was judged, and which were not."""
    of = replace(case([10]), thresholds=thresholds, has_programs=programs)
    found, not_judged = judge_thresholds(of, RECORDS, 60.0)
    return {one.name: one.ok for one in found}, [one.name for one in not_judged]


def test_what_is_played_is_judged() -> None:
    """Times of answers are the same as anywhere."""
    assert judged(Threshold("p(99)<3s"), Threshold("p(99)<1s")) == (
        {"response_time: p(99)<3s": True, "response_time: p(99)<1s": False},
        [],
    )
    assert judged() == ({}, [])


@pytest.mark.parametrize("text", ["lost==0", "policy.unused==0", "overhead: max<1s", "iam.reader.unused==0"])
def test_what_is_not_played_proves_nothing(text: str) -> None:
    """A scenario's own is told as not judged; one that was asked for by name fails."""
    assert judged(Threshold(text)) == ({}, [text])
    assert judged(*asked([text])) == ({text: False}, [])


def test_the_bill_of_endpoints_is_all_here() -> None:
    """That of every service is not."""
    of_endpoints = "cost{service:sagemaker}<5"
    assert judged(Threshold("cost<5"), Threshold(of_endpoints)) == ({of_endpoints: False}, ["cost<5"])


def test_where_programs_may_matter_a_miss_proves_nothing() -> None:
    """They do not run here."""
    missed, met = Threshold("p(99)<1s"), Threshold("p(99)<3s")
    assert judged(missed, met, programs=True) == ({met.text: True}, [missed.text])
    assert judged(*asked([missed.text]), programs=True) == ({missed.text: False}, [])


def test_a_simulation_has_the_verdict_of_its_thresholds() -> None:
    """They stand in its first record, its expectations and its end."""
    of = replace(
        case([60.0, 60.0]), thresholds=asked(["in_service: max<=100", "p(99)<1us"]), keeps_requests=True
    )
    records = played(of, "auto", {}, command="harness simulate", with_ranges=False)
    first, *_, ended = records
    assert isinstance(first, j.RunStarted)
    assert first.configuration["thresholds"] == ["in_service: max<=100", "response_time: p(99)<0.001ms"]
    found = [one for one in records if isinstance(one, j.Expectation)]
    assert [(one.ok, one.source) for one in found] == [(True, "threshold"), (False, "threshold")]
    assert isinstance(ended, j.RunEnded)
    assert ended.verdict == "fail"
