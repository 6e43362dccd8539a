"""What a scenario may expect of its stack."""

from harness.journal import StackChanged
from harness.scenario.expectations.expectation import Measured, Question, Records, of_kind
from harness.scenario.stack import Stack

MADE = "CREATE_COMPLETE"


def not_made(stack: Stack) -> Question:
    """Ask how many resources of *stack* were never made; nothing is measured where no stack was deployed."""

    def measure(records: Records) -> Measured:
        changes = of_kind(records, StackChanged)
        if not changes:
            return None, "no stack was deployed"
        wanted = stack.template().resources
        made = {one.logical_id for one in changes if one.status == MADE}
        missing = [logical_id for logical_id in wanted if logical_id not in made]
        return float(len(missing)), f"of {len(wanted)}: {', '.join(missing) or 'all were made'}"

    return Question(f"{stack.template().stack}: not made", measure, "resources")
