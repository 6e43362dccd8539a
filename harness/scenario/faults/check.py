"""Whether the faults of a scenario can happen in it: what they name is there, and they come in time."""

import difflib
from collections.abc import Sequence

from harness.errors import ScenarioError
from harness.scenario.faults.clock_skew import ClockSkew
from harness.scenario.faults.deliveries import DeliveryFault
from harness.scenario.faults.frozen_consumer import FrozenConsumer
from harness.scenario.faults.killed_consumer import KilledConsumer
from harness.scenario.faults.killed_function import KilledFunction
from harness.scenario.faults.moments import Fault
from harness.scenario.faults.queues import check_not_fifo, queue_name
from harness.scenario.functions import Function
from harness.scenario.messaging import Queue
from harness.scenario.programs import Program


def check_faults(
    who: str,
    faults: Sequence[Fault],
    ends_s: float,
    programs: Sequence[Program],
    queues: Sequence[Queue],
    functions: Sequence[Function] = (),
) -> None:
    """Raise ScenarioError when a fault names a queue, program or function that the scenario has not, or comes
    only after the load has ended (*ends_s* seconds after it began; infinite where programs say when)."""
    for fault in faults:
        what = f"{who}: {type(fault).__name__}"
        if isinstance(fault, DeliveryFault):
            _check_queue(what, fault, queues)
        if isinstance(fault, KilledConsumer | FrozenConsumer | ClockSkew):
            _check_program(what, fault, programs)
        if isinstance(fault, KilledFunction):
            _check_function(what, fault.function_name, [function.name for function in functions])
        if (first_s := _first_s(fault)) >= ends_s:
            raise ScenarioError(
                f"{what} at {first_s:g} s comes after the load has ended ({ends_s:g} s); lower after_s or "
                "lengthen the workload"
            )


def _first_s(fault: Fault) -> float:
    return fault.after_s + (fault.every_s if isinstance(fault, KilledConsumer | KilledFunction) else 0.0)


def _check_function(what: str, wanted: str, names: Sequence[str]) -> None:
    if wanted not in names:
        raise ScenarioError(f"{what}: there is no function {wanted!r}; {_hint(wanted, names)}")


def _check_queue(what: str, fault: DeliveryFault, queues: Sequence[Queue]) -> None:
    wanted = queue_name(fault.queue)
    standard = [queue.aws_name for queue in queues if not queue.fifo]
    if not wanted and not standard:
        raise ScenarioError(f"{what} hits every standard queue, and the scenario has none")
    if wanted and wanted not in standard:
        for queue in queues:
            if wanted in (queue.name, queue.aws_name):
                check_not_fifo(what, queue)
        raise ScenarioError(f"{what}: there is no queue {wanted!r}; {_hint(wanted, standard)}")


def _check_program(
    what: str, fault: KilledConsumer | FrozenConsumer | ClockSkew, programs: Sequence[Program]
) -> None:
    for program in programs:
        if program.name == fault.program_name:
            if not isinstance(fault, ClockSkew) and program.moment != "beside_load":
                raise ScenarioError(
                    f"{what}: program {program.name!r} does not run beside the load (moment is "
                    f"{program.moment!r}), so it cannot be hit while that goes on"
                )
            return
    wanted, names = fault.program_name, [program.name for program in programs]
    raise ScenarioError(f"{what}: there is no program {wanted!r}; {_hint(wanted, names)}")


def _hint(wanted: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(wanted, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(known)}" if known else "the scenario has none"
