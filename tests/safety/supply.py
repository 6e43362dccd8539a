"""What the project is made of: the lock with its hashes, what is known against it, and under which licences.

    python tests/safety/supply.py lock          resolve pyproject.toml anew into requirements.lock (by uv)
    python tests/safety/supply.py advisories    ask about every locked release (by pip-audit)

`advisories` ends with 0 when each was looked up and nothing is known, 1 when something is, and 3 when not all
could be asked about: what nobody looked at is never told as safe. Offline there is `advisories.toml` beside
this file, which a test holds the lock to.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
ADVISORIES = Path(__file__).with_name("advisories.toml")
# torch comes with gigabytes of libraries for graphics cards, and each machine wants its own build of it.
NOT_LOCKED = frozenset({"torch"})
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+?))? \\$", re.MULTILINE
)
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
HEADER = f"python {Path(__file__).relative_to(ROOT).as_posix()} lock"


@dataclass(frozen=True)
class Pin:
    """One release of the lock: on the machines that `marker` describes, with so many hashes."""

    name: str
    version: Version
    marker: Marker | None
    hashes: int

    @property
    def is_here(self) -> bool:
        """Whether it is for this machine and Python."""
        return self.marker is None or self.marker.evaluate()


def pins(text: str) -> list[Pin]:
    """Return the releases in the *text* of a lock."""
    found = list(_PIN.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [
        Pin(
            canonicalize_name(one["name"]),
            Version(one["version"]),
            Marker(one["marker"]) if one["marker"] else None,
            sum(bool(_HASH.match(line)) for line in text[one.end() : end].splitlines()),
        )
        for one, end in zip(found, ends, strict=True)
    ]


def project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def extras() -> list[str]:
    """Return the extras that are in the lock."""
    return [
        name
        for name, wanted in project()["optional-dependencies"].items()
        if not {Requirement(each).name for each in wanted} & NOT_LOCKED
    ]


def declared() -> Iterator[Requirement]:
    """Yield what pyproject.toml asks for on this machine, with its extras."""
    wanted = [*project()["dependencies"]]
    for name in extras():
        wanted += project()["optional-dependencies"][name]
    for each in map(Requirement, wanted):
        if each.marker is None or each.marker.evaluate():
            yield each


def lock() -> int:
    """Write the lock: every release that the project and its extras come to, for every Python and system."""
    chosen = [word for name in extras() for word in ("--extra", name)]
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", *chosen]
    command += ["--generate-hashes", "--no-annotate", "--upgrade", "--quiet"]
    command += ["--custom-compile-command", HEADER, "--output-file", str(LOCK)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def advisories() -> int:
    """Ask about every locked release; say what is known, or what could not be asked."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--disable-pip"]
    done = subprocess.run(
        [*command, "--require-hashes", "--format", "json"], capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"nothing was checked: pip-audit could not ask ({said})", file=sys.stderr)
        return 3
    return judged(found)


def judged(found: list[dict[str, Any]]) -> int:
    """Return the exit code for what pip-audit *found*, told release by release."""
    known = [(one, each) for one in found for each in one.get("vulns", [])]
    for one, each in known:
        fixed = ", ".join(each["fix_versions"]) or "no release yet"
        print(f"{one['name']} {one['version']}: {each['id']}, mended in {fixed}")
    if known:
        return 1
    asked = {canonicalize_name(one["name"]) for one in found if "vulns" in one}
    here = {pin.name for pin in pins(LOCK.read_text(encoding="utf-8")) if pin.is_here}
    if missing := sorted(here - asked):
        print(
            f"{len(missing)} of {len(here)} releases could not be looked up: {', '.join(missing)}",
            file=sys.stderr,
        )
        return 3
    print(f"nothing is known against {len(here)} locked releases")
    return 0


if __name__ == "__main__":
    commands = {"lock": lock, "advisories": advisories}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]]())
