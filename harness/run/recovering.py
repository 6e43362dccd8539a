"""What a rehearsal that was killed under load could not journal any more: the requests of its clients.

They are journalled when the load is over. A client writes its rows beside the journal as it goes, four times
a second, and these are still there.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from harness import journal
from harness.errors import JournalError, ScenarioError
from harness.journal import Record
from harness.load_lost import untold
from harness.load_plan import BEGIN_FILE, PLAN_FILE, LoadPlan, read_plan
from harness.load_result import LoadResult, merge
from harness.store.lock import is_being_written

CUT_OFF = "The rehearsal was cut off while its load was under way."


def recovered(directory: Path, records: Sequence[Record]) -> list[Record]:
    """Return *records*, the journal of the run in *directory*, with the requests of a load that it does not
    tell the end of; as they are where it does, where there was none, and while the run is under way.

    Requests that had come due by the journal's last moment and have no row are told as lost.
    """
    found = list(records)
    if not found or any(isinstance(one, journal.LoadEnded | journal.ServedTotal) for one in found):
        return found
    folder = directory / "load"
    if not (folder / BEGIN_FILE).is_file() or is_being_written(directory):
        return found
    kept = [one for one in found if not isinstance(one, journal.LoadRequest)]
    try:
        return [*kept, *_load(folder, max(one.at for one in kept))]
    except (OSError, ValueError, KeyError, JournalError, ScenarioError):
        return found  # of another version, or cut off themselves: the journal is what there is


def _load(folder: Path, stopped_at: float) -> list[Record]:
    from harness.run.load_phase import account_of, request_of

    plan = read_plan(folder / PLAN_FILE)
    began_at = float(json.loads((folder / BEGIN_FILE).read_bytes())["start_at"])
    result = _result(plan, folder, began_at, stopped_at)
    models = {model.label: model for model in plan.models}
    requests = [request_of(models[row.model], row) for row in result.rows()]
    return [*requests, account_of(result, result.ended_at)]


def _result(plan: LoadPlan, folder: Path, began_at: float, stopped_at: float) -> LoadResult:
    files = sorted(folder.glob("results-*.jsonl"))
    rest = untold(plan, files, began_at, stopped_at, client_died=True)
    return merge(
        [],
        files,
        lag_limit_s=plan.lag_limit_s,
        began_at=began_at,
        ended_at=stopped_at,
        troubles=[CUT_OFF],
        lost_rows=rest.lost,
        never_due=rest.never_due,
    )
