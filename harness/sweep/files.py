"""The files of a sweep: every row as CSV, the answer as JSON, the picture as PNG and SVG."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.sweep.figures import breach_rule
from harness.sweep.options import SweepPlan
from harness.sweep.result import Row, as_csv, row_json
from harness.sweep.sweep import Found
from harness.sweep.thresholds import Threshold, distance, misses

if TYPE_CHECKING:
    from reports.figures.sweep_plot import Picture

CSV, JSON, PNG, SVG = "sweep.csv", "sweep.json", "sweep.png", "sweep.svg"
SCHEMA_VERSION = 1
MOST_SOURCE = 60  # characters of a traffic's name that a title has room for


def document_of(plan: SweepPlan, found: Found, traffic: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer for machines; a part that does not apply is absent. *traffic* is told as it is."""
    verdict, rows = found.verdict, found.rows
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "harness": __version__,
        "verdict": "pass" if verdict.ok else "fail",
        "seed": plan.seed,
        "traffic": dict(traffic),
        "latency_limit_s": plan.latency_limit_s,
        "latency_limit_from": plan.latency_source,
        "breach_rule": breach_rule(plan.latency_limit_s),
        "policies": {
            "tried": len(rows),
            "exact": sum(1 for row in rows if row.exact),
            "left_out": [{"why": why, "count": count} for why, count in plan.combinations.skipped],
        },
        "fronts": {
            "p99": [row_json(rows[i], verdict.thresholds) for i in verdict.front_p99],
            "breach_minutes": [row_json(rows[i], verdict.thresholds) for i in verdict.front_breach],
        },
        "recommended": [
            {
                "instance_type": kind,
                "max_rps": each.max_rps,
                "max_rps_how": each.max_rps_how,
                "safety_factor": plan.safety_factor,
                "target": each.recommended_target(plan.safety_factor),
            }
            for kind, each in plan.services.items()
        ],
        "prices": {
            "as_of": plan.prices.as_of,
            "region": plan.prices.region,
            "source": plan.prices.source,
            "usd_per_hour": {kind: plan.prices.usd_per_hour[kind] for kind in plan.services},
            "notes": {kind: plan.prices.notes[kind] for kind in plan.services if kind in plan.prices.notes},
        },
    }
    if verdict.thresholds:
        document["thresholds"] = [str(each) for each in verdict.thresholds]
        document["unproven_cheaper"] = verdict.unproven
    if verdict.cheapest is not None:
        document["cheapest"] = row_json(rows[verdict.cheapest], verdict.thresholds)
    if verdict.nearest is not None:
        document["nearest"] = _nearest(rows[verdict.nearest], verdict.thresholds)
    if found.error is not None:
        document["fluid_error"] = asdict(found.error)
    names = {"csv": CSV, "json": JSON, "png": PNG, "svg": SVG}
    document["files"] = {kind: str(plan.out / name) for kind, name in names.items()}
    return document


def write_files(directory: Path, document: Mapping[str, Any], found: Found, picture: "Picture") -> None:
    """Write CSV, JSON and *picture* into *directory*, each file whole or not at all."""
    from reports.figures.sweep_plot import draw

    directory.mkdir(parents=True, exist_ok=True)
    replace_file(directory / CSV, as_csv(found.rows, found.verdict).encode())
    replace_file(directory / JSON, (json.dumps(document, indent=1) + "\n").encode())
    replace_file(directory / PNG, draw(picture, "png"))
    replace_file(directory / SVG, draw(picture, "svg"))


def picture_of(plan: SweepPlan, found: Found, traffic: Mapping[str, Any]) -> "Picture":
    """Return what is drawn of a sweep."""
    from reports.figures.sweep_plot import Dot, Picture
    from reports.text import shorten

    verdict = found.verdict
    recommended = ", ".join(
        f"{kind} {each.recommended_target(plan.safety_factor):.4g}" for kind, each in plan.services.items()
    )
    return Picture(
        f"{len(found.rows):,} policies over {shorten(Path(traffic['source']).name, MOST_SOURCE)} "
        f"({traffic['minutes']:,} minutes, {traffic['requests']:,} requests)",
        (
            breach_rule(plan.latency_limit_s),
            f"Numbers at the fronts are targets (invocations a minute and instance); by AWS's formula: "
            f"{recommended}. Prices as of {plan.prices.as_of}.",
        ),
        tuple(
            Dot(
                row.cost_usd,
                row.best.p99_s,
                row.best.breach_minutes,
                row.candidate.instance_type,
                row.candidate.target,
                row.exact is not None,
            )
            for row in found.rows
        ),
        verdict.front_p99,
        verdict.front_breach,
        verdict.cheapest,
        _limit(plan, "p99"),
        _limit(plan, "breach_minutes"),
    )


def _limit(plan: SweepPlan, metric: str) -> float | None:
    return min((each.limit for each in plan.thresholds if each.metric == metric), default=None)


def replace_file(path: Path, content: bytes) -> None:
    """Write *content* to *path* in one step: a reader sees the old file or the new one."""
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    os.replace(beside, path)


def _nearest(row: Row, thresholds: tuple[Threshold, ...]) -> dict[str, Any]:
    values = row.values()
    missed = misses(thresholds, values)
    return row_json(row, thresholds) | {
        "misses": [
            {"threshold": str(each), "metric": each.metric, "value": values[each.metric], "limit": each.limit}
            for each in missed
        ],
        "distance": distance(thresholds, values),
    }
