"""A figure that nobody documents, as a dataclass field with its reason and range; and notes of them all."""

from dataclasses import dataclass, field, fields
from typing import Any

from harness.errors import ScenarioError


def setting(default: Any, why: str, *, low: Any = None, high: Any = None) -> Any:
    """Return a dataclass field with *default*, the reason for it and the range of what it stands for."""
    return field(default=default, metadata={"why": why, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class SettingNote:
    """What a page about the settings needs of one of them."""

    name: str
    default: Any
    why: str
    low: Any
    high: Any


def notes(settings: Any) -> tuple[SettingNote, ...]:
    """Return one note per setting, in the order of declaration, with its value in *settings*."""
    return tuple(
        SettingNote(
            item.name,
            getattr(settings, item.name),
            item.metadata["why"],
            item.metadata["low"],
            item.metadata["high"],
        )
        for item in fields(settings)
    )


def at_least_zero(settings: object, *names: str) -> None:
    """Raise ScenarioError where one of the fields *names* is negative."""
    for name in names:
        if getattr(settings, name) < 0:
            raise ScenarioError(
                f"{type(settings).__name__}.{name} is {getattr(settings, name)}; it must not be negative"
            )


def above_zero(settings: object, *names: str) -> None:
    """Raise ScenarioError where one of the fields *names* is 0 or less."""
    for name in names:
        if getattr(settings, name) <= 0:
            raise ScenarioError(
                f"{type(settings).__name__}.{name} is {getattr(settings, name)}; it must be above 0"
            )
