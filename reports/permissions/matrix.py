"""Roles by actions: who uses what, holds what in vain, and was refused what. Pure.

An action that somebody used or was refused has a row of its own; what is granted and used by nobody is one
row a service, with its names in a list below the matrix.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.permissions.words import made_no_call
from reports.text import plural

MOST_COLUMNS = 30  # roles beside each other; those with refused calls come first
MOST_CELLS = 2_400  # about 110 bytes each: the matrix stays well below a third of the page's megabyte
FEW_COLUMNS = 6  # up to as many roles the cells say in words what their signs mean
MOST_NAMES = 5_000  # names of unused actions on the page, about 30 bytes each
MOST_HOLDERS = 12  # groups of holders within a service that are told apart
NAMED_HOLDERS = 4  # roles of such a group that are named

USED, UNUSED, IDLE, DENIED, NONE, UNKNOWN = "used", "unused", "idle", "denied", "none", "unknown"
SIGNS = {USED: "●", UNUSED: "○", IDLE: "◌", DENIED: "✕", NONE: "·", UNKNOWN: "?"}
WORDS = {
    USED: "used",
    UNUSED: "not used",
    IDLE: "granted",
    DENIED: "refused",
    NONE: "not granted",
    UNKNOWN: "not known",
}

TIMES = "\N{MULTIPLICATION SIGN}"

Iam = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign of a cell, its word and how often."""

    state: str
    count: int

    @property
    def sign(self) -> str:
        """The sign, which is not told by its colour alone."""
        return SIGNS[self.state]

    @property
    def words(self) -> str:
        """What the sign means here, with its count."""
        if self.state in (UNUSED, IDLE) and self.count:
            return f"{self.count:,} {WORDS[self.state]}"
        return f"{WORDS[self.state]} {self.count:,}{TIMES}" if self.count else WORDS[self.state]


@dataclass(frozen=True, slots=True)
class Row:
    """One action, or the unused rest of a service (`anchor` is then where its names are)."""

    label: str
    cells: list[list[Mark]]
    anchor: str = ""

    @property
    def holders(self) -> str:
        """How many roles hold what is not used, in words: where the cells of very many do not fit."""
        return plural(sum(mark.state in (UNUSED, IDLE) for marks in self.cells for mark in marks), "role")


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one service; `quiet` when there is but one, of what nobody uses."""

    service: str
    rows: list[Row]

    @property
    def quiet(self) -> bool:
        """Whether nobody used anything of the service or was refused it."""
        return all(row.anchor for row in self.rows)


@dataclass(frozen=True, slots=True)
class Names:
    """Unused actions of one service by name, under who holds them."""

    service: str
    anchor: str
    title: str
    held: list[tuple[str, list[str]]]
    cut: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Columns (roles), groups of rows, and the names of what is unused."""

    columns: list[str]
    columns_cut: int
    groups: list[Group]
    rows_cut: int
    names: list[Names]
    in_words: bool
    unknown: bool
    silent: bool
    alt: str


@dataclass(slots=True)
class _Holdings:
    """What is known of each role's actions, by service."""

    used: dict[str, Counter[str]]
    denied: dict[str, Counter[str]]
    unused: dict[str, defaultdict[str, set[str]]]
    counts: dict[str, dict[str, int]]
    known: dict[str, bool]
    silent: frozenset[str]  # roles that made no call: what they hold is granted, and nobody can say unused

    def loud(self) -> defaultdict[str, set[str]]:
        """Return the actions that somebody used or was refused, by service."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for actions in (*self.used.values(), *self.denied.values()):
            for action in actions:
                found[service_of(action)].add(action)
        return found

    def idle(self, role: str, service: str, loud: Iterable[str]) -> tuple[set[str], int]:
        """Return what *role* holds of *service* in vain besides *loud* actions: names, and how many."""
        held = self.unused[role][service]
        count = self.counts[role].get(service, len(held))
        return held - set(loud), count - sum(self.holds(role, action) for action in loud)

    def nothing(self, role: str) -> Mark:
        """Return that *role* does not hold an action, or that nobody knows what it holds."""
        return Mark(NONE if self.known[role] else UNKNOWN, 0)

    def vain(self, role: str, count: int = 0) -> Mark:
        """Return that *role* holds *count* actions, or the one of the row, and did not use them."""
        return Mark(IDLE if role in self.silent else UNUSED, count)

    def holds(self, role: str, action: str) -> bool:
        """Return whether *role* holds *action* in vain."""
        held = self.unused[role][service_of(action)]
        return action in held or f"{service_of(action)}:*" in held


def service_of(action: str) -> str:
    """Return the service's prefix of *action*."""
    return action.partition(":")[0]


def matrix(iam: Iam, order: Sequence[str]) -> Matrix | None:
    """Return the matrix of *iam* with its roles in *order*; None where no action is known of anybody."""
    columns = [name for name in order if _has_actions(iam[name])][:MOST_COLUMNS]
    if not columns:
        return None
    held = _holdings(iam, columns)
    loud = held.loud()
    services = _services(held, loud, columns)
    groups = [_group(service, sorted(loud[service]), held, columns) for service in services]
    shown, cut = _cut(groups, max(MOST_CELLS // len(columns), 20))
    return Matrix(
        columns=columns,
        columns_cut=sum(_has_actions(one) for one in iam.values()) - len(columns),
        groups=shown,
        rows_cut=cut,
        names=_names([group.service for group in shown], loud, held, columns),
        in_words=len(columns) <= FEW_COLUMNS,
        unknown=not all(held.known.values()),
        silent=bool(held.silent),
        alt=_alt(columns, groups),
    )


def _has_actions(one: dict[str, Any]) -> bool:
    return bool(one["used"] or one["denied"] or one.get("unused"))


def _holdings(iam: Iam, columns: Sequence[str]) -> _Holdings:
    unused: dict[str, defaultdict[str, set[str]]] = {}
    for name in columns:
        unused[name] = defaultdict(set)
        for action in iam[name].get("unused", []):
            unused[name][service_of(action)].add(action)
    return _Holdings(
        {name: _calls(iam[name]["uses"]) for name in columns},
        {name: _calls(iam[name]["denials"]) for name in columns},
        unused,
        {name: iam[name].get("unused_by_service", {}) for name in columns},
        {name: "granted" in iam[name] for name in columns},
        frozenset(name for name in columns if made_no_call(iam[name])),
    )


def _calls(rows: Iterable[dict[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row["action"]] += row["calls"]
    return found


def _services(held: _Holdings, loud: defaultdict[str, set[str]], columns: Sequence[str]) -> list[str]:
    """Return the services of the matrix: those that are used or refused, then those with most unused."""
    idle: Counter[str] = Counter()
    for name in columns:
        for service in held.unused[name]:
            idle[service] += held.idle(name, service, ())[1]
    quiet = sorted((each for each in idle if each not in loud), key=lambda each: (-idle[each], each))
    return [*sorted(loud), *quiet]


def _group(service: str, loud: Sequence[str], held: _Holdings, columns: Sequence[str]) -> Group:
    rows = [
        Row(action.partition(":")[2], [_marks(held, name, action) for name in columns]) for action in loud
    ]
    idle = {name: held.idle(name, service, loud) for name in columns}
    most = max(count for _, count in idle.values())
    if most > 0:
        names = set().union(*(names for names, _ in idle.values()))
        total = max(most, len(names))
        cells = [
            [held.vain(name, count) if count > 0 else held.nothing(name)] for name, (_, count) in idle.items()
        ]
        more = plural(total, "more action" if loud else "action")
        rows.append(Row(more, cells, f"unused-{service}"))
    return Group(service, rows)


def _marks(held: _Holdings, name: str, action: str) -> list[Mark]:
    marks = [
        Mark(state, calls[name][action])
        for state, calls in ((USED, held.used), (DENIED, held.denied))
        if calls[name][action]
    ]
    return marks or [held.vain(name) if held.holds(name, action) else held.nothing(name)]


def _cut(groups: Sequence[Group], most: int) -> tuple[list[Group], int]:
    """Return the groups whose rows fit into *most* rows, and how many rows do not."""
    shown: list[Group] = []
    left = most
    for group in groups:
        if left > 0:
            shown.append(Group(group.service, group.rows[:left]))
        left -= len(group.rows)
    return shown, max(-left, 0)


# -- the names -----


def _names(
    services: Sequence[str], loud: defaultdict[str, set[str]], held: _Holdings, columns: Sequence[str]
) -> list[Names]:
    found, left = [], MOST_NAMES
    for service in services:
        holders: defaultdict[str, list[str]] = defaultdict(list)
        for name in columns:
            for action in held.idle(name, service, loud[service])[0]:
                holders[action].append(name)
        if not holders:
            continue
        groups = _by_holders(holders, len(columns))
        shown = []
        for who, actions in groups:
            shown.append((who, actions[: max(left, 0)]))
            left -= len(actions)
        title = plural(len(holders), "action") if f"{service}:*" not in holders else "every action"
        cut = len(holders) - sum(len(actions) for _, actions in shown)
        found.append(Names(service, f"unused-{service}", title, [one for one in shown if one[1]], cut))
    return found


def _by_holders(holders: dict[str, list[str]], columns: int) -> list[tuple[str, list[str]]]:
    """Return the actions under who holds them; all together where there are too many groups of holders."""
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for action, names in sorted(holders.items()):
        groups[tuple(names)].append(action.partition(":")[2])
    if len(groups) > MOST_HOLDERS:
        return [("held by some of the roles", [action.partition(":")[2] for action in sorted(holders)])]
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [(_who(names, columns), actions) for names, actions in ordered]


def _who(names: Sequence[str], columns: int) -> str:
    if columns == 1:
        return ""
    more = f" and {len(names) - NAMED_HOLDERS} more" if len(names) > NAMED_HOLDERS else ""
    return f"held by {', '.join(names[:NAMED_HOLDERS])}{more}"


def _alt(columns: Sequence[str], groups: Sequence[Group]) -> str:
    used = sum(
        any(mark.state == USED for mark in cell)
        for group in groups
        for row in group.rows
        for cell in row.cells
    )
    denied = sum(
        any(mark.state == DENIED for mark in cell)
        for group in groups
        for row in group.rows
        for cell in row.cells
    )
    return (
        f"Table of {plural(len(columns), 'role')} by the actions of {plural(len(groups), 'service')}: "
        f"{used} used, {denied} refused"
    )
