"""The scenario in docs/how-to/rehearse-functions.md can be used as it stands."""

from pathlib import Path

from harness.scenario import find

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "rehearse-functions.md"
HANDLERS = "def score(event, context):\n    return event\n"


def test_the_example_of_the_guide_is_a_scenario(tmp_path: Path) -> None:
    """With the handlers' file that it speaks of beside it."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    example = GUIDE.read_text().partition("```python\n")[2].partition("```")[0]
    (tmp_path / "scoring_example.py").write_text(example)
    found = find(str(tmp_path / "scoring_example.py"))
    assert [function.handler_name for function in found.functions] == ["handlers.score"]
    assert [queue.name for queue in found.queues] == ["jobs"]
