"""Which resource types CloudFormation has, by region: the list that cfn-lint carries, made from the registry.

The list is read alone (1 ms); cfn-lint itself, which takes most of a second to import, is not.
"""

import difflib
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from harness.errors import EnvironmentFault

_FOLDER = ("data", "schemas", "providers")
_OURS = ("AWS::", "Alexa::")
"""Types that AWS registers; those of others, and custom ones, are known to an account alone."""


def type_refusal(kind: str, region: str) -> str:
    """Return why CloudFormation would refuse the type *kind* in *region*, "" where it has it.

    Raises EnvironmentFault where the list is not there.
    """
    if not kind.startswith(_OURS) or kind.endswith("::MODULE"):
        return ""
    files = {each.stem: each for each in _lists()}
    if region in files and kind in _types(files[region]):
        return ""
    elsewhere = sorted(name for name, file in files.items() if kind in _types(file))
    if not elsewhere:
        return f"CloudFormation has no type {kind!r}{_nearest(kind, files['us-east-1'])}"
    # A region that the list does not have yet is taken to have what another has.
    if region not in files:
        return ""
    return f"CloudFormation has no type {kind!r} in {region}; it has in {_some(elsewhere)}"


def lists_in(folders: list[str]) -> list[Path]:
    """Return the lists in the package whose *folders* these are; EnvironmentFault where there is none."""
    found = sorted(Path(folders[0], *_FOLDER).glob("*-*.json")) if folders else []
    if "us-east-1" not in {each.stem for each in found}:
        raise EnvironmentFault(
            "CloudFormation's resource types are not where cfn-lint 1.58 has them; install it"
        )
    return found


@cache
def _lists() -> list[Path]:
    spec = find_spec("cfnlint")
    return lists_in(list(spec.submodule_search_locations or []) if spec else [])


@cache
def _types(file: Path) -> frozenset[str]:
    return frozenset(json.loads(file.read_text(encoding="utf-8")))


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) < 4 else f"{shown} and {len(names) - 3} more"


def _nearest(kind: str, file: Path) -> str:
    near = difflib.get_close_matches(kind, _types(file), 1, cutoff=0.8)
    return f"; did you mean {near[0]!r}?" if near else ""
