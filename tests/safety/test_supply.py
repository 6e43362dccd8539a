"""Dependencies: each is locked with its hashes, not known to be vulnerable, under a licence we may use."""

import importlib.metadata
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import supply
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HERE = Path(__file__).parent
TEXT = supply.LOCK.read_text(encoding="utf-8")
PINS = {pin.name: pin for pin in supply.pins(TEXT) if pin.is_here}
_JOINED = re.compile(r" (?:AND|OR) |[()]|, ")


def test_the_lock_holds_all_that_is_declared() -> None:
    """What pyproject.toml asks for, extras included, is locked at a release that it takes."""
    wrong = [str(each) for each in supply.declared() if not _is_met(each)]
    assert wrong == [], f"run '{supply.HEADER}'"


def _is_met(wanted: Requirement) -> bool:
    pin = PINS.get(canonicalize_name(wanted.name))
    return pin is not None and wanted.specifier.contains(pin.version, prereleases=True)


@pytest.mark.skipif("UV_CONSTRAINT" not in os.environ, reason="not installed by the lock: tox is")
def test_what_is_installed_is_what_is_locked() -> None:
    """Where tox installed it, uv has compared the hashes, and no release is another."""
    found = {canonicalize_name(one.name): Version(one.version) for one in importlib.metadata.distributions()}
    assert {name: str(found[name]) for name in found.keys() & PINS if found[name] != PINS[name].version} == {}


def test_every_release_has_hashes_and_no_place() -> None:
    """Files are known by their content; where they come from is the business of whoever installs."""
    assert [pin.name for pin in supply.pins(TEXT) if pin.hashes < 1] == []
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", TEXT)


def test_nothing_locked_is_known_to_be_vulnerable() -> None:
    """By what is written down beside this file, which needs no network."""
    known = tomllib.loads((HERE / "advisories.toml").read_text(encoding="utf-8"))["at_least"]
    found = [
        f"{pin.name} {pin.version}: {known[pin.name]['why']}"
        for pin in supply.pins(TEXT)
        if pin.name in known and pin.version < Version(known[pin.name]["version"])
    ]
    assert found == []
    assert set(known) <= {pin.name for pin in supply.pins(TEXT)}, (
        "advisories.toml tells of what is not locked"
    )


def _answer(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "version": "1.0", **more}


@pytest.mark.parametrize(
    ("vulnerable", "skipped", "code"),
    [(False, False, 0), (True, False, 1), (False, True, 3), (True, True, 1)],
)
def test_what_nobody_looked_at_is_not_safe(
    capsys: pytest.CaptureFixture[str], vulnerable: bool, skipped: bool, code: int
) -> None:
    """pip-audit itself ends with 0 where it skips a release; asking here does not."""
    found = [_answer(name, vulns=[]) for name in sorted(PINS)]
    if skipped:
        found[0] = _answer(found[0]["name"], skip_reason="not found")
    if vulnerable:
        found[1]["vulns"] = [{"id": "CVE-0000-1", "fix_versions": ["2.0"]}]
    assert supply.judged(found) == code
    assert bool(capsys.readouterr().out) == (code != 3)


def test_licences_are_among_those_we_may_use() -> None:
    """Of everything that the project needs here, directly or not, tests and documentation included."""
    terms = tomllib.loads((HERE / "licences.toml").read_text(encoding="utf-8"))
    allowed = set(terms["allowed"])
    found = {name: terms["said_elsewhere"].get(name) or _licence(one) for name, one in _installed()}
    assert len(found) > 100
    assert {name: told for name, told in found.items() if not _is_allowed(told, allowed)} == {}


def _installed() -> Iterator[tuple[str, importlib.metadata.Distribution]]:
    """Yield what the project comes to here: its own requirements, theirs, and so on."""
    left = [canonicalize_name(each.name) for each in supply.declared()]
    seen: set[str] = set()
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that is not installed here
        yield name, found
        for each in map(Requirement, found.requires or ()):
            if each.marker is None or each.marker.evaluate({"extra": ""}):
                left.append(canonicalize_name(each.name))


def _licence(package: importlib.metadata.Distribution) -> str:
    """Return what *package* says its licence is: an SPDX expression, else its classifiers, else its words."""
    about = package.metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    named = [
        one.split(" :: ")[-1] for one in about.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    return ", ".join(named) or (about.get("License") or "").strip().partition("\n")[0]


def _is_allowed(told: str, allowed: set[str]) -> bool:
    parts = [part.strip() for part in _JOINED.split(told) if part.strip()]
    return told in allowed or (bool(parts) and all(part in allowed for part in parts))


def test_what_is_shipped_has_its_licence_with_it() -> None:
    """Our own at the root, and beside the code of others theirs, with where it comes from."""
    root = supply.ROOT
    assert "Apache License" in (root / "LICENSE").read_text(encoding="utf-8")
    vendor = root / "reports" / "vendor"
    told = (vendor / "README.md").read_text(encoding="utf-8")
    assert "Permission is hereby granted" in (vendor / "LICENSE").read_text(encoding="utf-8")
    files = {path.name for path in vendor.iterdir()} - {"README.md", "LICENSE"}
    assert [name for name in sorted(files) if f"`{name}`" not in told] == []
