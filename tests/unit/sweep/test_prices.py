"""The dated price table: the project's own, one's own, and what is wrong with a bad one."""

import json
import re
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.sweep.prices import PriceTable, read_prices


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
    assert all(
        re.search(rf"{re.escape(kind)} {price:g}/h", evidence) for kind, price in own.usd_per_hour.items()
    )


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

    assert read_prices(path) == PriceTable("2026-01-31", "", "", {"ml.x": 2.0}, {}, str(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ([], '"usd_per_hour" is missing'),
        ({"as_of": "2026-01-31"}, '"usd_per_hour" is missing'),
        ({"usd_per_hour": {}}, '"as_of" is missing'),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": 0}}, "usd_per_hour of 'ml.x' is 0"),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": "1"}}, "usd_per_hour of 'ml.x' is '1'"),
        ({"as_of": "2026-01-31", "usd_per_hour": {"ml.x": True}}, "usd_per_hour of 'ml.x' is True"),
        ({"as_of": "2026-01-31", "usd_per_hour": {}, "eur": 1}, "unknown field 'eur'"),
        ({"as_of": "2026-01-31", "usd_per_hour": {}, "notes": 1}, '"notes" is no object'),
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
