"""Stacks in several languages, deployed and deleted again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import stacks
from harness.stacks import Deployed, Ground
from harness.templates.load import load

DATA = Path(__file__).parents[1] / "data"


@contextmanager
def deployed(path: Path, ground: Ground, url: str) -> Iterator[Deployed]:
    """Deploy what is at *path*, and see that nothing of it is left."""
    if path.name == "pulumi":
        from harness.pulumi.deploy import deploy

        stack = deploy(path, ground, endpoint_url=url)
    else:
        stack = stacks.deploy(load(path / "plan.json" if path.name == "plan" else path), ground)
    assert stack.ok, stack.failure
    try:
        yield stack
    finally:
        gone = stacks.delete(stack, ground)
    assert (gone.status, gone.left) == ("DELETE_COMPLETE", ())
