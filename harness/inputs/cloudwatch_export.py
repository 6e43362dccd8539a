r"""Traffic as CloudWatch shows it: get-metric-statistics, get-metric-data, the console's CSV download.

    aws cloudwatch get-metric-statistics --namespace AWS/SageMaker --metric-name Invocations \
        --dimensions Name=EndpointName,Value=E Name=VariantName,Value=V \
        --statistics Sum --period 60 --start-time ... --end-time ...

CloudWatch keeps minutes for 15 days only; a longer period is split evenly over its minutes, with a note.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import ScenarioError
from harness.inputs.input_files import read_text
from harness.inputs.trace_csv import MOST_COUNT, MOST_MINUTES, epoch_of_text
from harness.inputs.traffic_value import MINUTE_S, Traffic, whole_counts

INVOCATIONS, PER_INSTANCE = "Invocations", "InvocationsPerInstance"


@dataclass(frozen=True, slots=True)
class _Series:
    """One metric as exported: where each point stands in the file, its moment and its value."""

    label: str
    points: tuple[tuple[str, float, float], ...]
    period_s: float | None = None


def is_console_csv(start: str) -> bool:
    """Return whether a CSV file begins as the console's download does: rows of labels, then times."""
    rows = list(csv.reader(start.splitlines()[:30]))
    named = {row[0].strip().lower() for row in rows if row}
    return bool(named & {"full label", "label", "metricname", "metric name", "stat", "statistic", "period"})


def read_metric_json(path: Path, value: Any, instances: int | None) -> Traffic:
    """Return the traffic of an AWS CLI answer; ScenarioError names the field that is wrong."""
    if isinstance(value, dict) and isinstance(value.get("Datapoints"), list):
        return _traffic(path, _statistics(path, value), instances, ())
    if isinstance(value, dict) and isinstance(value.get("MetricDataResults"), list):
        note = "get-metric-data does not say its statistic; the values are read as Sum."
        return _traffic(path, _metric_data(path, value["MetricDataResults"], instances), instances, (note,))
    raise ScenarioError(
        f"{path}: this JSON is no answer of get-metric-statistics (Datapoints) nor of get-metric-data "
        "(MetricDataResults)"
    )


def read_console_csv(path: Path, instances: int | None) -> Traffic:
    """Return the traffic of a CSV file downloaded from a graph of the CloudWatch console."""
    labels: dict[str, str] = {}
    points = []
    reader = csv.reader(read_text(path).splitlines())
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != 2:
            raise ScenarioError(
                f"{path}, line {reader.line_num}: {len(row) - 1} series; download a graph that shows only "
                f"{INVOCATIONS} of one variant"
            )
        at = _moment_or_none(row[0])
        if at is not None:
            where = f"line {reader.line_num}"
            points.append((where, at, _value(path, where, row[1])))
        elif points:
            raise ScenarioError(f"{path}, line {reader.line_num}: {row[0]!r:.40} is not a time")
        else:
            labels[row[0].strip().lower().replace(" ", "")] = row[1].strip()
    return _traffic(path, _console_series(path, labels, points), instances, ())


def _console_series(
    path: Path, labels: dict[str, str], points: Sequence[tuple[str, float, float]]
) -> _Series:
    statistic = labels.get("stat") or labels.get("statistic") or "Sum"
    if statistic.lower() != "sum":
        raise ScenarioError(
            f"{path}: the statistic is {statistic!r}; download the graph with the statistic Sum"
        )
    label = labels.get("metricname") or labels.get("label") or labels.get("fulllabel") or INVOCATIONS
    period = labels.get("period", "")
    return _Series(label, tuple(points), float(period) if period.isdecimal() else None)


def _moment_or_none(cell: str) -> float | None:
    try:
        return epoch_of_text(cell)
    except ValueError:
        return None


# -- the answers of the CLI -----


def _statistics(path: Path, answer: dict[str, Any]) -> _Series:
    points = []
    for index, point in enumerate(answer["Datapoints"]):
        where = f"Datapoints[{index}]"
        if not isinstance(point, dict) or "Sum" not in point:
            raise ScenarioError(
                f"{path}, {where}: it has no Sum; ask get-metric-statistics with --statistics Sum"
            )
        at = _moment(path, f"{where}.Timestamp", point.get("Timestamp"))
        points.append((where, at, _value(path, f"{where}.Sum", point["Sum"])))
    return _Series(str(answer.get("Label") or INVOCATIONS), tuple(points))


def _metric_data(path: Path, results: list[Any], instances: int | None) -> _Series:
    found = [(index, each) for index, each in enumerate(results) if isinstance(each, dict)]
    wanted = PER_INSTANCE if instances is not None else INVOCATIONS
    chosen = [each for each in found if _metric_of(str(each[1].get("Label", ""))) == wanted]
    if len(found) != 1 and len(chosen) != 1:
        labels = ", ".join(str(each.get("Label")) for _, each in found) or "none"
        raise ScenarioError(
            f"{path}, MetricDataResults: one result must be {wanted} of a variant; there are: {labels}"
        )
    index, result = chosen[0] if len(chosen) == 1 else found[0]
    where = f"MetricDataResults[{index}]"
    if result.get("StatusCode", "Complete") != "Complete":
        raise ScenarioError(
            f"{path}, {where}.StatusCode: {result['StatusCode']}: points are missing; ask again for the rest"
        )
    moments, values = result.get("Timestamps"), result.get("Values")
    if not isinstance(moments, list) or not isinstance(values, list) or len(moments) != len(values):
        raise ScenarioError(f"{path}, {where}: Timestamps and Values must be lists of the same length")
    points = tuple(
        (
            f"{where}[{i}]",
            _moment(path, f"{where}.Timestamps[{i}]", moment),
            _value(path, f"{where}.Values[{i}]", value),
        )
        for i, (moment, value) in enumerate(zip(moments, values, strict=True))
    )
    return _Series(str(result.get("Label") or INVOCATIONS), points)


def _moment(path: Path, where: str, value: object) -> float:
    try:
        if isinstance(value, str):
            return epoch_of_text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    raise ScenarioError(f"{path}, {where}: {value!r:.40} is not a time")


def _value(path: Path, where: str, value: object) -> float:
    try:
        number = (
            float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
        )
    except ValueError:
        number = math.nan
    if not 0 <= number <= MOST_COUNT:
        raise ScenarioError(f"{path}, {where}: {value!r:.40} is not a number of invocations, 0 or more")
    return number


# -- points to minutes -----


def _metric_of(label: str) -> str:
    """Return which metric a label names: its last word is the metric unless somebody changed the label."""
    words = label.replace("/", " ").split()
    return next((name for name in (PER_INSTANCE, INVOCATIONS) if name in words), label)


def _traffic(path: Path, series: _Series, instances: int | None, notes: tuple[str, ...]) -> Traffic:
    if not series.points:
        raise ScenarioError(f"{path}: the export has no datapoint; widen its time range")
    metric = _metric_of(series.label)
    if metric == PER_INSTANCE and instances is None:
        raise ScenarioError(
            f"{path}: {PER_INSTANCE} is the traffic divided by the instances that served it, and the export "
            f"does not say how many those were; export {INVOCATIONS}, or say how many instances served"
        )
    points = sorted(series.points, key=lambda point: point[1])
    for before, after in pairwise(points):
        if before[1] == after[1]:
            raise ScenarioError(f"{path}, {after[0]}: a second value for the time of {before[0]}")
    period_s, said = _period(path, series, [at for _, at, _ in points])
    factor = float(instances or 1) if metric == PER_INSTANCE else 1.0
    if metric == PER_INSTANCE:
        said += (f"{PER_INSTANCE} was multiplied by {instances} instances.",)
    else:
        _check_whole(path, points)
    return _spread(path, points, period_s, factor, notes + said)


def _check_whole(path: Path, points: Sequence[tuple[str, float, float]]) -> None:
    for where, _, value in points:
        if value != math.floor(value):
            raise ScenarioError(
                f"{path}, {where}: {value:g} is not a whole number of invocations; export the statistic Sum"
            )


def _period(path: Path, series: _Series, moments: list[float]) -> tuple[float, tuple[str, ...]]:
    if series.period_s:
        return series.period_s, ()
    gaps = [after - before for before, after in pairwise(moments)]
    if not gaps:
        return MINUTE_S, ("One datapoint says nothing of its period; 60 s is assumed.",)
    period_s = min(gaps)
    if any(gap % period_s for gap in gaps) or period_s % 1:
        raise ScenarioError(
            f"{path}: its times are not multiples of one period apart (the closest: {period_s:g} s)"
        )
    return period_s, ()


def _spread(
    path: Path,
    points: Sequence[tuple[str, float, float]],
    period_s: float,
    factor: float,
    notes: tuple[str, ...],
) -> Traffic:
    if period_s > MINUTE_S and period_s % MINUTE_S:
        raise ScenarioError(
            f"{path}: its period is {period_s:g} s; it must divide a minute or be whole minutes"
        )
    start = math.floor(points[0][1] / MINUTE_S) * MINUTE_S
    each = max(1, round(period_s / MINUTE_S))
    minutes = int((points[-1][1] - start) // MINUTE_S) + each
    if minutes > MOST_MINUTES:
        raise ScenarioError(f"{path}: its times lie more than ten years apart")
    expected = np.zeros(minutes)
    for _, at, value in points:
        first = int((at - start) // MINUTE_S)
        expected[first : first + each] += value * factor / each
    if each > 1:
        notes += (f"The export has one value for {period_s:g} s; each was split evenly over {each} minutes.",)
    missing = minutes - len(points) * each
    if missing > 0 and period_s >= MINUTE_S:
        notes += (f"Minutes without a datapoint, taken as without arrivals: {missing}.",)
    return Traffic(source=str(path), counts=whole_counts(expected), start_epoch_s=start, notes=notes)
