"""What the command line says of a stack's traffic."""

from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.rehearse.traffic import SHAPES, Traffic, rate_of, read_traffic, scaling_stages


def test_stages_for_all_and_for_one(tmp_path: Path) -> None:
    """The one that names a logical id holds for it alone."""
    body = tmp_path / "body.json"
    body.write_text("{}")
    traffic = read_traffic(["5rps:1m", "Jobs=9rps:2s"], [f"Jobs={body}"])

    assert traffic.stages_of("Jobs") == "9rps:2s"
    assert traffic.stages_of("Orders") == "5rps:1m"
    assert traffic.payloads == {"Jobs": body}
    traffic.check(["Jobs"])


def test_without_a_word_there_is_one_stage_of_each_shape() -> None:
    """Constant, ramp, spike, idle."""
    rate = rate_of(read_traffic([], []).stages)

    assert Traffic().stages == SHAPES
    assert rate.duration_s == 60.0
    assert rate.rate_at(50.0) == 0.0


@pytest.mark.parametrize(
    ("texts", "payloads", "said"),
    [
        (["Jobs=fast"], [], "not of the form RATE:SPAN"),
        (["5rps"], [], "not of the form RATE:SPAN"),
        ([], ["Jobs"], "say LOGICAL_ID=FILE"),
        ([], ["Jobs=/no/such/file"], "there is no file"),
    ],
)
def test_what_is_no_traffic(texts: list[str], payloads: list[str], said: str) -> None:
    """Is refused by name."""
    with pytest.raises(ScenarioError, match=said):
        read_traffic(texts, payloads)


def test_a_logical_id_that_gets_none() -> None:
    """Is refused with those that do."""
    with pytest.raises(ScenarioError, match=r"names 'Jobz'.*there are Jobs"):
        read_traffic(["Jobz=1rps:1s"], []).check(["Jobs"])


def test_scaling_gets_one_stage_of_each_shape_around_its_target() -> None:
    """Half of what its instances are meant for, a ramp to twice, a spike of four times, nothing."""
    assert scaling_stages(600.0, 2) == "600rpm:10m,600-2400rpm:10m,4800rpm:5m,0:30m"
    assert rate_of(scaling_stages(0.5, 0)).duration_s == 55 * 60.0
