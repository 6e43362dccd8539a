"""The document that tests of policy files read and change."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.inputs.policy_files import PolicySet

DATA = Path(__file__).parents[2] / "data" / "whatif"


Document = dict[str, Any]


Read = Callable[[Any], PolicySet]
