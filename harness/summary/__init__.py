"""From the records of a run to `summary.json` (DESIGN 6): one pure function.

Moments (`at_s`) and spans (`_s`) are model seconds unless the schema, docs/reference/summary.schema.json,
says otherwise. A part that does not apply to a run is absent: no zero stands for "there was none to measure".
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.errors import JournalError
from harness.journal import Record
from harness.summary.cost import cost
from harness.summary.functions import functions
from harness.summary.grouped import ByType
from harness.summary.jobs import jobs
from harness.summary.load import INVOKE, is_invocation, latency, load_account, response_s
from harness.summary.messages import messages, programs
from harness.summary.scaling import measures, resource_of, scaling

if TYPE_CHECKING:
    from harness.cost.prices import PriceTable

__all__ = ["INVOKE", "ByType", "is_invocation", "measures", "resource_of", "response_s", "summarise"]

SCHEMA_VERSION = 1


def summarise(records: Sequence[Record], prices: "PriceTable | None" = None) -> dict[str, Any]:
    """Return the summary of *records*, ready for JSON; *prices* lie over those that the run was given.

    Raises JournalError when the first record is not RunStarted, for then nothing says which run it was.
    """
    if not records or not isinstance(records[0], journal.RunStarted):
        raise JournalError("a journal begins with RunStarted; this one does not", line=1)
    seen = ByType(records)
    return {
        "schema_version": SCHEMA_VERSION,
        **_identity(records[0]),
        **_outcome(seen, _last_moment(records)),
        **_present(
            not_judged=[_without_at(one) for one in seen.all(journal.NotJudged)],
            load=load_account(seen),
            latency=latency(seen),
            predictions=_predictions(seen),
            scaling=scaling(seen),
            endpoints=_endpoints(seen),
            functions=functions(seen),
            messages=messages(seen),
            programs=programs(seen),
            jobs=jobs(seen),
            iam=_iam(seen),
            cost=cost(seen, records, prices),
            model=records[0].configuration.get("model"),
        ),
        "phases": _phases(seen),
        "exchanges": _exchanges(seen),
        "findings": [_without_at(f) for f in seen.all(journal.Finding)],
        "fidelity": [_without_at(f) for f in seen.all(journal.Fidelity)],
    }


def _present(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part}


def _without_at(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__ if name != "at"}


def _last_moment(records: Sequence[Record]) -> float:
    return max(r.due_at if isinstance(r, journal.LoadRequest) else r.at for r in records)


def _identity(run: journal.RunStarted) -> dict[str, Any]:
    return {
        "scenario": run.scenario,
        "variant": run.variant,
        "backend": {"name": run.backend, "emulators": dict(run.emulators)},
        "clock": run.clock,
        "seed": run.seed,
        "started_at": datetime.fromtimestamp(run.started_epoch_s, UTC).isoformat().replace("+00:00", "Z"),
    }


# --- what came of it ---------------------------------------------------------------------------------------


def _outcome(seen: ByType, stopped_at: float) -> dict[str, Any]:
    expectations = [_without_at(e) for e in seen.all(journal.Expectation)]
    verdict, reason = _verdict(seen, stopped_at)
    ended = seen.last(journal.RunEnded)
    return {
        "verdict": verdict,
        "reason": reason,
        **({} if ended is None else {"wall_s": ended.wall_real_s}),
        "model_s": stopped_at,
        "expectations": expectations,
    }


def _verdict(seen: ByType, stopped_at: float) -> tuple[str, str]:
    """Return pass, fail or invalid, and why. What contradicts a claimed pass wins (DESIGN promise 2)."""
    ended = seen.last(journal.RunEnded)
    if ended is None:
        return "invalid", f"the run was cut off: its journal stops after {stopped_at:.0f} model seconds"
    if ended.verdict == "interrupted":
        return "invalid", ended.reason or "the run was interrupted"
    if ended.verdict not in ("pass", "fail"):
        return "invalid", ended.reason or f"the run ended as {ended.verdict!r}"
    if saturated := [load for load in seen.all(journal.LoadEnded) if load.saturated]:
        why = "; ".join(why for load in saturated for why in load.why)
        return "invalid", ended.reason or f"the load generator was saturated: {why or 'no reason given'}"
    missed = [e.name for e in seen.all(journal.Expectation) if not e.ok]
    if ended.verdict == "pass" and missed:
        return "fail", ended.reason or f"not met: {', '.join(missed)}"
    return ended.verdict, ended.reason


# --- the rest ----------------------------------------------------------------------------------------------


def _predictions(seen: ByType) -> dict[str, Any]:
    """Return the last comparison with the truth; a later one supersedes an earlier one."""
    last = seen.last(journal.Predicted)
    return {} if last is None else {"rows": last.rows, "rmse": last.rmse, "source": last.source}


def _endpoints(seen: ByType) -> dict[str, list[dict[str, Any]]]:
    changes: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in seen.all(journal.EndpointChanged):
        reason = {"reason": change.reason} if change.reason else {}
        changes[change.endpoint].append({"at_s": change.at, "status": change.status, **reason})
    return dict(changes)


def _iam(seen: ByType) -> dict[str, Any]:
    if not any(seen.all(kind) for kind in (journal.PermissionUsed, journal.RolePolicies)):
        return {}
    # The evaluator and AWS's actions take longer to load than most runs in virtual time take.
    from harness.summary.permissions import permissions

    return permissions(seen)


def _phases(seen: ByType) -> list[dict[str, Any]]:
    phases = seen.all(journal.PhaseStarted)
    rows = [{"at_s": p.at, "phase": p.phase, "detail": p.detail} for p in phases]
    for row, (_, following) in zip(rows, pairwise(phases), strict=False):
        row["ended_at_s"] = following.at
    if rows and (ended := seen.last(journal.RunEnded)):
        rows[-1]["ended_at_s"] = ended.at
    return rows


def _exchanges(seen: ByType) -> dict[str, dict[str, int]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for exchange in seen.all(journal.Exchange):
        counts[exchange.service][exchange.operation] += 1
    return {service: dict(sorted(counts[service].items())) for service in sorted(counts)}
