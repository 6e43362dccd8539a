"""The dated price table: the project's own, one's own, and what is wrong with a bad one."""

import json
import math
import re
from pathlib import Path

import pytest

from harness.cost.prices import HOSTING, hourly, of_json, read_prices
from harness.errors import ScenarioError


def table(folder: Path, content: object) -> Path:
    """Return a price file with *content*, which is JSON unless it is text already."""
    path = folder / "prices.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_own_table_is_dated_marked_and_agrees_with_the_evidence(shared: Path) -> None:
    """Every price stands in the collected evidence, and the table says that these are copies."""
    evidence = (shared / "truth" / "autoscaling.md").read_text().partition("## 8. Prices")[2]
    own = read_prices()

    assert re.fullmatch(r"20\d\d-\d\d-\d\d", own.as_of)
    assert own.region == "us-east-1"
    assert "third-party" in own.source
    told = dict(re.findall(r"(ml\.\w+\.\w+) ([\d.]+)/h", evidence))
    assert len(told) >= 4
    assert {kind: f"{own.usd_per_hour[kind]:g}" for kind in told} == told


def test_every_price_has_its_date_its_page_and_a_unit() -> None:
    """Nobody has to look for where a price is from."""
    for one in read_prices().prices.values():
        assert one.page.startswith("https://aws.amazon.com/")
        assert one.as_of == "2026-11-22"
        assert one.usd_per_unit > 0


@pytest.mark.parametrize(
    ("item", "usd"),
    [
        ("sagemaker:ml.t3.medium", 0.05),
        ("sagemaker:ml.m5.large", 0.115),
        ("sagemaker:ml.m5.xlarge", 0.23),
        ("ec2:t2.xlarge", 0.1856),
    ],
)
def test_the_prices_that_were_asked_for(item: str, usd: float) -> None:
    """US dollars an hour."""
    assert read_prices().prices[item].usd == usd


def test_the_price_of_an_ec2_type() -> None:
    """By its name alone; None for one that has none."""
    assert read_prices().ec2("t2.xlarge") == 0.1856
    assert read_prices().ec2("quantum") is None


def test_billing_is_per_second() -> None:
    """Half an hour of two instances is one hour."""
    assert read_prices().cost("ml.m5.large", 2 * 1_800.0) == pytest.approx(0.115)


def test_an_unknown_type_is_named_with_the_nearest() -> None:
    """A typing mistake is an error, never a price of zero."""
    own = read_prices()
    own.require(["ml.m5.large", "ml.m5.xlarge"])
    with pytest.raises(ScenarioError, match=r"'ml.m5.larg' has no price .* \(did you mean ml.m5.large\?\)"):
        own.require(["ml.m5.large", "ml.m5.larg"])


def test_a_type_like_no_other_is_named_with_the_way_out() -> None:
    """No guess where there is nothing near."""
    with pytest.raises(
        ScenarioError, match=r"'quantum' has no price in the project's price table; give a table"
    ):
        read_prices().require(["quantum"])


def test_a_table_of_ones_own_stands_in_whole(tmp_path: Path) -> None:
    """Nothing of the project's table shines through."""
    path = table(tmp_path, {"as_of": "2026-01-31", "usd_per_hour": {"ml.x": 2}})

    table_of_ones_own = read_prices(path)
    assert table_of_ones_own == hourly({"ml.x": 2.0}, as_of="2026-01-31", file=str(path))
    assert table_of_ones_own.usd_per_hour == {"ml.x": 2.0}


def test_a_table_over_another_has_its_prices_first() -> None:
    """What it does not have is the other's; an instance keeps its size."""
    mine = hourly({"ml.m5.large": 9.0, "t2.micro": 8.0}, as_of="2026-01-31", file="mine.json")
    both = mine.over(read_prices())

    assert (both.prices[HOSTING + "ml.m5.large"].usd, both.ec2("t2.micro")) == (9.0, 8.0)
    assert both.prices[HOSTING + "ml.m5.large"].vcpu == 2
    assert both.prices["sqs:requests"].table == "the project's price table"
    assert both.file == "mine.json"


def test_what_is_doubtful_about_an_instance_type_is_told() -> None:
    """By its type; a table may bring sizes of its own."""
    assert "0.269" in read_prices().notes["ml.m5.xlarge"]
    row = {"item": "ec2:t2.micro", "usd": 1.0, "vcpu": 9, "memory_gib": 9.5}
    mine = of_json({"as_of": "2026-01-31", "prices": [row]}, "mine.json").over(read_prices())
    assert (mine.prices["ec2:t2.micro"].vcpu, mine.prices["ec2:t2.micro"].memory_gib) == (9.0, 9.5)


def test_a_table_survives_the_journal() -> None:
    """As JSON and back it is the same."""
    own = read_prices()
    assert of_json(own.as_json(), own.file) == own


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ([], '"usd_per_hour" is missing'),
        ({"as_of": "2026-01-31"}, '"usd_per_hour" is missing'),
        ({"usd_per_hour": {}}, '"as_of" is missing'),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": 0}}, "usd_per_hour of 'ml.x' is 0"),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": math.inf}}, "usd_per_hour of 'ml.x' is inf"),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": -1}}, "give US dollars above 0"),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": "1"}}, "usd_per_hour of 'ml.x' is '1'"),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": True}}, "usd_per_hour of 'ml.x' is True"),
        ({"as_of": "2026-01-31", "usd_per_hour": {}, "eur": 1}, "unknown field 'eur'"),
        ({"as_of": "2026-01-31", "usd_per_hour": {}, "notes": 1}, '"notes" is no object'),
        ({"as_of": "2026-01-31", "usd_per_hour": 1}, '"usd_per_hour" is no object'),
        ({"as_of": "2026-01-31", "prices": {}}, '"prices" is no list'),
        ({"as_of": "2026-01-31", "prices": [1]}, 'row 1 of prices has no "item"'),
        ({"as_of": "2026-01-31", "prices": [{"item": ""}]}, 'row 1 of prices has no "item"'),
        ({"as_of": "2026-01-31", "prices": [{"item": "a", "eur": 1}]}, "unknown field 'eur'"),
        ({"as_of": "2026-01-31", "prices": [{"item": "a", "usd": 1, "per": "day"}]}, "per is 'day'"),
        ({"as_of": "2026-01-31", "prices": [{"item": "a", "per": "GB"}]}, "(a): usd is None"),
        ({"as_of": "2026-01-31", "prices": [{"item": "a", "usd": 1, "vcpu": 0}]}, "vcpu is 0"),
    ],
)
def test_a_bad_table_names_file_and_field(tmp_path: Path, content: object, words: str) -> None:
    """Before anything is worked out with it."""
    path = table(tmp_path, content)
    with pytest.raises(ScenarioError, match=re.escape(str(path))) as raised:
        read_prices(path)

    assert words in str(raised.value)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The path and the system's own reason."""
    with pytest.raises(ScenarioError, match=r"--prices .*none\.json cannot be read"):
        read_prices(tmp_path / "none.json")
