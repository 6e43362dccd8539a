"""The list of resource types comes with cfn-lint."""

from pathlib import Path

import pytest

from harness.errors import EnvironmentFault
from harness.templates.types import lists_in, type_refusal


def test_types_that_only_an_account_knows_pass() -> None:
    """Custom ones, other people's and modules."""
    kinds = ("Custom::Thing", "Datadog::Monitors::Monitor", "AWS::My::Own::MODULE")
    assert [type_refusal(kind, "us-east-1") for kind in kinds] == ["", "", ""]


def test_without_the_list_nothing_passes(tmp_path: Path) -> None:
    """It is said what has to be installed."""
    with pytest.raises(EnvironmentFault, match="are not where cfn-lint"):
        lists_in([str(tmp_path)])
    with pytest.raises(EnvironmentFault, match="are not where cfn-lint"):
        lists_in([])
