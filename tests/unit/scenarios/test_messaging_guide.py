"""The scenario in docs/how-to/rehearse-messaging.md can be used as it stands."""

import re
from pathlib import Path

from harness.scenario import find

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "rehearse-messaging.md"


def test_the_example_is_a_scenario(tmp_path: Path) -> None:
    """What a reader copies into a file is found, and declares what the text says."""
    example = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]
    path = tmp_path / "orders.py"
    path.write_text(example)
    scenario = find(str(path))

    assert [queue.name for queue in scenario.queues] == ["orders", "orders-poison"]
    assert scenario.programs[0].restart == "on-failure"
