"""What a client process took with it when it died: requests that came due and have no row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.load_plan import LoadPlan
from harness.load_result import LOST, RequestRow, read_rows
from harness.scenario.workload import Due, schedule

CLIENT_LOST = "ClientLost"


@dataclass(frozen=True, slots=True)
class Untold:
    """The requests of a schedule that no client gave an account of: `lost` came due, the others never did."""

    lost: tuple[RequestRow, ...] = ()
    never_due: int = 0


def untold(
    plan: LoadPlan, files: Iterable[Path], began_at: float, ended_at: float, *, client_died: bool
) -> Untold:
    """Return the requests of *plan* that have no row in *files*, the load having lasted from model second
    *began_at* to *ended_at*.

    Where no *client_died* each has told all that it had begun: what has no row was never due.
    """
    told = {row.number for file in files for row in read_rows(file)}
    missing = [due for due in schedule(plan.models, plan.seed) if due.number not in told]
    if not client_died:
        return Untold(never_due=len(missing))
    labels = [model.label for model in plan.models]
    lost = [_row(due, labels, began_at) for due in missing if began_at + due.at <= ended_at]
    return Untold(tuple(lost), len(missing) - len(lost))


def _row(due: Due, labels: Sequence[str], began_at: float) -> RequestRow:
    """Return the row of a request of which nobody knows whether it was sent."""
    due_at = round(began_at + due.at, 6)  # as the clients write it
    return RequestRow(
        number=due.number,
        model=labels[due.model],
        due_at=due_at,
        sent_at=None,
        received_at=None,
        lag_s=0.0,
        outcome=LOST,
        status=0,
        error=CLIENT_LOST,
        modelled_s=None,
        queue_s=None,
        service_s=None,
        overhead_s=None,
        request_bytes=0,
        response_bytes=0,
    )
