"""CloudWatch alarm evaluation: both tables of the user guide row by row, then the words."""

from collections.abc import Sequence

import pytest

from harness.errors import ScenarioError
from harness.scaling.alarms import Alarm, AlarmState, Comparison, TreatMissing, evaluate
from harness.scaling.metrics import CONCURRENT_PER_MODEL

OK, ALARM, UNKNOWN = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
RETAIN = None
ORDER = (TreatMissing.MISSING, TreatMissing.IGNORE, TreatMissing.BREACHING, TreatMissing.NOT_BREACHING)

# CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data": N=3, evaluation range 5,
# oldest point left. Columns: missing, ignore, breaching, notBreaching.
THREE_OF_THREE = [
    ("0-X-X", (OK, OK, OK, OK)),
    ("0----", (OK, OK, OK, OK)),
    ("-----", (UNKNOWN, RETAIN, ALARM, OK)),
    ("0XX-X", (ALARM, ALARM, ALARM, ALARM)),
    ("--X--", (ALARM, RETAIN, ALARM, OK)),
    # From the edition of 2018 and the prose of the later ones ("does not go immediately into ALARM").
    ("X----", (ALARM, RETAIN, ALARM, OK)),
    ("----X", (UNKNOWN, RETAIN, ALARM, OK)),
    ("---X-", (UNKNOWN, RETAIN, ALARM, OK)),
    ("---X0", (OK, OK, OK, OK)),
]
TWO_OF_THREE = [
    ("0-X-X", (ALARM, ALARM, ALARM, ALARM)),
    ("00X0X", (ALARM, ALARM, ALARM, ALARM)),
    ("0-X--", (OK, OK, ALARM, OK)),
    ("----0", (OK, OK, ALARM, OK)),
    ("---X-", (ALARM, RETAIN, ALARM, OK)),
    ("----X", (UNKNOWN, RETAIN, ALARM, OK)),
]
ROWS = [
    (needed, points, treatment, state)
    for needed, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for points, states in table
    for treatment, state in zip(ORDER, states, strict=True)
]


def alarm(
    needed: int = 3, treat: TreatMissing = TreatMissing.MISSING, comparison: Comparison = Comparison.GREATER
) -> Alarm:
    return Alarm("a", 10.0, comparison, datapoints_to_alarm=needed, treat_missing=treat)


def points_of(row: str) -> list[float | None]:
    return [{"0": 1.0, "X": 70.0, "-": None}[each] for each in row]


@pytest.mark.parametrize(("needed", "row", "treatment", "state"), ROWS)
@pytest.mark.parametrize("current", list(AlarmState))
def test_every_row_of_the_users_guide(
    needed: int, row: str, treatment: TreatMissing, state: AlarmState | None, current: AlarmState
) -> None:
    """The state is the table's whatever it was before; `ignore` keeps it where the table says so."""
    verdict = evaluate(alarm(needed, treatment), points_of(row), current)
    assert verdict.state is (current if state is RETAIN else state)


def test_points_before_the_evaluation_range_are_not_looked_at() -> None:
    """Old breaches do not come back."""
    assert evaluate(alarm(), points_of("XXX-----")).state is UNKNOWN


def test_a_metric_that_has_just_begun_is_missing_in_front() -> None:
    """Fewer points than the range are no error."""
    assert evaluate(alarm(), points_of("XXX")).state is ALARM
    assert evaluate(alarm(), []).state is UNKNOWN


@pytest.mark.parametrize(
    ("comparison", "breaching", "inside"),
    [
        (Comparison.GREATER, 10.1, 10.0),
        (Comparison.GREATER_OR_EQUAL, 10.0, 9.9),
        (Comparison.LESS, 9.9, 10.0),
        (Comparison.LESS_OR_EQUAL, 10.0, 10.1),
    ],
)
def test_the_comparison_decides_about_the_threshold_itself(
    comparison: Comparison, breaching: float, inside: float
) -> None:
    """Above the target is above: 10.0 does not breach a target of 10."""
    watched = alarm(comparison=comparison)
    assert evaluate(watched, [breaching] * 3).state is ALARM
    assert evaluate(watched, [inside] * 3).state is OK


def reason(watched: Alarm, points: Sequence[float | None]) -> str:
    return evaluate(watched, points).reason


def test_the_reason_of_an_alarm_is_worded_as_cloudwatch_words_it() -> None:
    """Newest datapoint first, with the minimum for the transition."""
    assert reason(alarm(), [70.0, 71.0, 72.5]) == (
        "Threshold Crossed: 3 out of the last 3 datapoints [72.5, 71.0, 70.0] were greater than the "
        "threshold (10.0) (minimum 3 datapoints for OK -> ALARM transition)."
    )


def test_the_reason_of_ok_counts_what_is_inside() -> None:
    """One point of three is enough to leave ALARM when all three must breach."""
    assert reason(alarm(), [70.0, 70.0, 0.0]) == (
        "Threshold Crossed: 1 out of the last 3 datapoints [0.0] was not greater than the threshold (10.0) "
        "(minimum 1 datapoint for ALARM -> OK transition)."
    )


def test_a_long_reason_names_five_datapoints() -> None:
    """From five on CloudWatch words it with the most recent datapoints."""
    low = Alarm("low", 9.0, Comparison.LESS, evaluation_periods=15, datapoints_to_alarm=15)
    assert reason(low, [0.0] * 15) == (
        "Threshold Crossed: 15 out of the last 15 datapoints were less than the threshold (9.0). The most "
        "recent datapoints which crossed the threshold: [0.0, 0.0, 0.0, 0.0, 0.0] (minimum 15 datapoints for "
        "OK -> ALARM transition)."
    )


def test_the_reason_tells_of_missing_data() -> None:
    """Unknown, filled in, or nothing received at all."""
    assert reason(alarm(), points_of("-----")) == "Insufficient Data: 3 datapoints were unknown."
    assert reason(Alarm("a", 1.0, Comparison.GREATER, 60.0, 1, 1), [None]) == (
        "Insufficient Data: 1 datapoint was unknown."
    )
    assert reason(alarm(treat=TreatMissing.BREACHING), points_of("-----")) == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated "
        "as [Breaching]."
    )
    assert reason(alarm(treat=TreatMissing.NOT_BREACHING), points_of("---00")) == (
        "Threshold Crossed: 2 out of the last 3 datapoints [1.0, 1.0] were not greater than the threshold "
        "(10.0) and 1 missing datapoint was treated as [NonBreaching] (minimum 1 datapoint for ALARM -> OK "
        "transition)."
    )


def test_the_evaluation_range_can_be_set() -> None:
    """5 for N=3 is what the guide shows; the exact number depends."""
    short = Alarm("a", 10.0, Comparison.GREATER, evaluation_range=3)
    assert evaluate(short, points_of("XX---")).state is UNKNOWN
    assert alarm().points_wanted == 5


@pytest.mark.parametrize(
    "fields",
    [{"datapoints_to_alarm": 4}, {"datapoints_to_alarm": 0}, {"evaluation_range": 2}],
)
def test_an_alarm_that_cannot_be_is_refused(fields: dict[str, int]) -> None:
    """M is from 1 to N, and the range at least N."""
    with pytest.raises(ScenarioError, match="'a'"):
        Alarm("a", 1.0, Comparison.LESS, **fields)  # type: ignore[arg-type]


def test_an_alarm_has_the_period_of_its_metric() -> None:
    """A minute here and 10 s there is a mistake."""
    with pytest.raises(ScenarioError, match="its period is 60 s, that of its metric 10 s"):
        Alarm("a", 1.0, Comparison.LESS, metric=CONCURRENT_PER_MODEL)
