"""How a backend is opened: its emulators started side by side, and the table of who answers what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from harness.backends.composite import Member, close_all
from harness.backends.emulator import Emulator, Recipe
from harness.config import Settings


@dataclass(frozen=True, slots=True)
class Opening:
    """What the emulators of one backend have in common; `enforce` and `clock_shift` as for Emulator."""

    settings: Settings
    log_dir: Path
    enforce: bool = True
    clock_shift: Path | None = None

    def spawn(self, recipe: Recipe) -> Emulator:
        """Start an emulator and return at once. Raises EnvironmentFault when it cannot be started."""
        emulator = Emulator(
            recipe, self.settings, self.log_dir, enforce=self.enforce, clock_shift=self.clock_shift
        )
        emulator.spawn()
        return emulator

    def in_account(self, account_id: str) -> "Opening":
        """Return the same for emulators that must hold their resources in *account_id*."""
        return replace(self, settings=replace(self.settings, account_id=account_id))


@dataclass(frozen=True, slots=True)
class Opened:
    """Members that answer: `default` has every service that `table` gives to nobody else."""

    members: tuple[Member, ...]
    default: Member
    table: Mapping[str, Member]
    # of everything that a caller without a role makes there
    account_id: str
    # service -> why it does not do its work although it answers
    lacks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Opener(Protocol):
    """How a backend of the registry is opened."""

    def __call__(self, opening: Opening) -> Opened:
        """Return it once it answers. Raises EnvironmentFault, with nothing left running, if it does not."""
        ...


@dataclass(frozen=True, slots=True)
class Emulators:
    """An Opener for emulators that we start: the first answers whatever `services` gives to no other."""

    recipes: tuple[Callable[[Settings], Recipe], ...]
    # emulator's name -> the services it answers
    services: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))

    def __call__(self, opening: Opening) -> Opened:
        members: list[Emulator] = []
        try:
            for recipe in self.recipes:
                members.append(opening.spawn(recipe(opening.settings)))
            for member in members:
                member.await_ready()
        except BaseException:
            close_all(members)
            raise
        by_name = {member.name: member for member in members}
        table = {service: by_name[owner] for owner, services in self.services.items() for service in services}
        return Opened(tuple(members), members[0], table, opening.settings.account_id)
