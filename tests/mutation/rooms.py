"""The pure rooms: where each lives, and the tests that are asked about it."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Of `harness compare` only these compute; the rest reads runs and writes to the terminal.
COMPARING = "alike changes document lines metrics noise windows words"
NAMES = (
    "audit compare compute cost endpoint functions iam jobs journal messaging scaling scenario stats summary "
    "thresholds virtual"
)


@dataclass(frozen=True, slots=True)
class Room:
    """A package or module below harness/ that computes, and whose tests/unit mirror it."""

    name: str

    @property
    def files(self) -> list[Path]:
        """Its source, in a fixed order."""
        home = ROOT / "harness" / self.name
        if self.name == "compare":
            return [home / f"{stem}.py" for stem in COMPARING.split()]
        return sorted(home.rglob("*.py")) if home.is_dir() else [home.with_suffix(".py")]

    @property
    def tests(self) -> list[Path]:
        """Its own tests: what only another room's tests would notice counts as unnoticed."""
        unit = ROOT / "tests" / "unit"
        folder = unit / self.name
        return [folder] if folder.is_dir() else sorted(unit.glob(f"test_{self.name}*.py"))

    @property
    def digest(self) -> str:
        """What tells this source from any other."""
        return sha256(b"".join(file.read_bytes() for file in self.files)).hexdigest()[:16]


ROOMS = {name: Room(name) for name in NAMES.split()}
