"""A scenario whose programs need no AWS: they turn until they are asked to stop, and count their turns."""

from typing import Any

from harness.errors import ScenarioError
from harness.scenario import Program, Queue, Scenario, result


def turn(context: Any) -> dict[str, Any]:
    """Turn, and say so in a file that outlives the process."""
    turns = 0
    while not context.stopping:
        turns += 1
        (context.work_dir / "turns").write_text(str(turns))
        context.ready()
        context.progress(turns, 10_000)
        context.wait_model_s(0.01)
    return {"turns": turns, "speaks": context.rank}


def print_on(context: Any) -> None:
    """Print for ever."""
    while True:
        print("x" * 10_000)


def give_up(context: Any) -> None:
    """Find that the scenario cannot work."""
    raise ScenarioError("The data has no column 7; give data with one")


scenario = Scenario(
    name="idle",
    description="Processes that turn.",
    resources=[Queue("unused")],
    programs=[
        Program("pair", turn, "beside_load", processes=2),
        Program("again", turn, "beside_load", restart="on-failure", restart_after_s=0.0),
        Program("prints", print_on, "beside_load"),
        Program("gives-up", give_up, "beside_load"),
        Program("brief", turn, "beside_load", at_most_real_s=0.3),
    ],
    expectations=[result("pair", "turns").at_least(1)],
    clock="wall",
)
