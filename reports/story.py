"""Why it scaled when it did: the events of a run as lines with times. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.summary import ByType
from reports.figures.series import endpoint_of
from reports.functions import story as functions_story
from reports.text import clock, span

# What comes first of several at one moment: cause before effect.
KINDS = (
    *("phase", "fault", "program", "delivery", "alarm", "decision", "activity", "endpoint", "cooldown"),
    *("limit", "throttle", "event", "inventory"),
)
MINOR = ("phase", "program", "alarm", "endpoint", "inventory", "event")
MOST_ROWS = 400  # a longer story is cut with a note; the journal has it all
TOGETHER_S = 1.0  # the same change of several processes within it is one line
MOST_NAMED = 5  # queues that a line about the inventory names


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the story: what happened at `at` (until `until`, `count` times), and its kind.

    `varied` says that of several times the text tells the first and the others had other figures.
    """

    at: float
    kind: str
    text: str
    tone: str = "plain"
    until: float | None = None
    count: int = 1
    varied: bool = False

    @property
    def minor(self) -> bool:
        """Return whether it tells what went on, and not why it scaled: it is read when somebody asks."""
        return self.tone == "plain" and self.kind in MINOR


def rows(seen: ByType) -> list[Row]:
    """Return what happened in order of time, of several things at one moment the cause first."""
    evaluations = seen.all(journal.ScalingEvaluated)
    whose = _whose(seen)
    told = [
        *(_phase_row(p) for p in seen.all(journal.PhaseStarted)),
        *(_endpoint_row(e) for e in seen.all(journal.EndpointChanged)),
        *(Row(f.at, "fault", f"{f.fault}: {f.detail}", "bad") for f in seen.all(journal.FaultInjected)),
        *(_fault_ended_row(f) for f in seen.all(journal.FaultEnded)),
        *_program_rows(seen.all(journal.ProgramChanged)),
        *(_delivery_row(one) for one in seen.all(journal.DeliveryRefused)),
        *_inventory_rows(seen.all(journal.InventoryTaken)),
        *(_alarm_row(a, whose) for a in seen.all(journal.AlarmChanged)),
        *_decision_rows(evaluations, whose),
        *_activity_rows(seen, whose, {e.sentence for e in evaluations}),
        *(_cooldown_row(c, whose) for c in seen.all(journal.CooldownStarted)),
        *(Row(one.at, one.kind, one.text, one.tone, one.until) for one in functions_story.lines(seen)),
    ]
    return sorted(told, key=lambda row: (row.at, KINDS.index(row.kind)))


def _whose(seen: ByType) -> dict[str, str]:
    """Return what to write before a line about each target: nothing where there is one target only."""
    kinds: tuple[type[Any], ...] = (journal.TargetRegistered, journal.ScalingEvaluated, journal.AlarmChanged)
    targets = dict.fromkeys(record.resource_id for kind in kinds for record in seen.all(kind))
    if len(targets) < 2:
        return {}
    endpoints = Counter(endpoint_of(target) for target in targets)
    return {t: f"{endpoint_of(t) if endpoints[endpoint_of(t)] == 1 else t}: " for t in targets}


def _phase_row(phase: journal.PhaseStarted) -> Row:
    return Row(phase.at, "phase", f"Phase {phase.phase} began{f': {phase.detail}' if phase.detail else ''}.")


def _endpoint_row(change: journal.EndpointChanged) -> Row:
    why = f": {change.reason}" if change.reason else "."
    tone = "bad" if "Failed" in change.status else "plain"
    return Row(change.at, "endpoint", f"Endpoint {change.endpoint} is {change.status}{why}", tone)


def _fault_ended_row(fault: journal.FaultEnded) -> Row:
    hit = (
        f"it hit {fault.hit:,} of {fault.matching:,}" if fault.matching else "nothing came that it could hit"
    )
    return Row(fault.at, "fault", f"{fault.fault} ended: {fault.detail}; {hit}.")


_PROGRAM_TONES = {"killed": "bad", "frozen": "warn", "not ready": "warn"}


def _program_rows(changes: Sequence[journal.ProgramChanged]) -> Iterator[Row]:
    """Yield one row for each change; that of several processes of one program at a time is one."""
    ranks = {(one.program, one.rank) for one in changes}
    alone = {program for program, count in Counter(program for program, _ in ranks).items() if count == 1}
    group: list[journal.ProgramChanged] = []
    for one in sorted(changes, key=lambda each: (each.program, each.at)):
        if group and not _belongs(one, group[0]):
            yield _program_row(group, alone=group[0].program in alone)
            group = []
        group.append(one)
    if group:
        yield _program_row(group, alone=group[0].program in alone)


def _belongs(one: journal.ProgramChanged, first: journal.ProgramChanged) -> bool:
    same = (one.program, one.what, one.exit_code) == (first.program, first.what, first.exit_code)
    return same and one.at - first.at <= TOGETHER_S


def _program_row(group: Sequence[journal.ProgramChanged], *, alone: bool) -> Row:
    first, ranks = group[0], sorted({one.rank for one in group})
    who = f"Program {first.program}"
    if len(ranks) > 1:
        who += f", processes {', '.join(map(str, ranks[:-1]))} and {ranks[-1]}"
    elif not alone:
        who += f", process {ranks[0]}"
    exit_code = "" if first.exit_code is None else f" (exit {first.exit_code})"
    # Which access key a process has is of no use to a reader of the story.
    details = dict.fromkeys(one.detail for one in group if one.detail and one.what != "started")
    words = f"{who}: {first.what}{exit_code}{': ' if details else ''}{'; '.join(details)}"
    failed = first.what == "ended" and first.exit_code not in (None, 0, -15)
    tone = "bad" if failed else _PROGRAM_TONES.get(first.what, "plain")
    return Row(first.at, "program", f"{words.rstrip('.')}.", tone, until=_until(group))


def _until(group: Sequence[journal.ProgramChanged]) -> float | None:
    return group[-1].at if clock(group[-1].at) != clock(group[0].at) else None


def _delivery_row(one: journal.DeliveryRefused) -> Row:
    way = f"from {one.source.rpartition(':')[2]} to {one.target.rpartition(':')[2]}"
    if one.allowed:
        return Row(
            one.at, "delivery", f"AWS would deliver {way} from here on: {one.reason.rstrip('.')}.", "good"
        )
    return Row(one.at, "delivery", f"AWS would deliver nothing {way}: {one.reason.rstrip('.')}.", "bad")


def _inventory_rows(taken: Sequence[journal.InventoryTaken]) -> Iterator[Row]:
    """Yield one row for the inventory of all queues, with what was found where."""
    if not taken:
        return
    found = sorted((one for one in taken if one.found), key=lambda one: -one.found)
    parts = [f"{one.found:,} in {one.queue}" for one in found[:MOST_NAMED]]
    parts += [f"and {len(found) - MOST_NAMED} more with some"] * (len(found) > MOST_NAMED)
    unread = sum(max(one.said - one.found, 0) for one in taken)
    more = f"; {unread:,} more were counted and could not be read" if unread else ""
    queues = f"{len(taken)} queues" if len(taken) > 1 else f"queue {taken[0].queue}"
    words = f"Inventory of {queues}: {', '.join(parts) or 'nothing was left'}{more}."
    yield Row(taken[0].at, "inventory", words, "warn" if unread else "plain")


def _alarm_row(alarm: journal.AlarmChanged, whose: dict[str, str]) -> Row:
    which = alarm.direction if alarm.resource_id else alarm.name
    name = f"{whose.get(alarm.resource_id, '')}alarm {which} (threshold {alarm.threshold:g})"
    words = f"{_capital(name)} went from {alarm.before} to {alarm.after}. {alarm.reason}"
    return Row(alarm.at, "alarm", words.strip(), "warn" if alarm.after == "ALARM" else "plain")


def _capital(words: str) -> str:
    """Return *words* with a capital, unless they begin with somebody's name."""
    return words if ": " in words else words[0].upper() + words[1:]


def _decision_rows(decisions: Sequence[journal.ScalingEvaluated], whose: dict[str, str]) -> Iterator[Row]:
    """Yield one row for each stretch of evaluations of one target with the same outcome."""
    stretches: dict[str, list[journal.ScalingEvaluated]] = {}
    for decision in decisions:
        stretch = stretches.setdefault(decision.resource_id, [])
        if stretch and _outcome(stretch[0]) != _outcome(decision):
            yield _stretch_row(stretch, whose)
            stretch.clear()
        stretch.append(decision)
    yield from (_stretch_row(stretch, whose) for stretch in stretches.values())


def _outcome(decision: journal.ScalingEvaluated) -> tuple[str, int | None]:
    return decision.code, decision.desired if decision.desired != decision.capacity else None


def _stretch_row(stretch: Sequence[journal.ScalingEvaluated], whose: dict[str, str]) -> Row:
    first, last = stretch[0], stretch[-1]
    return Row(
        at=first.at,
        kind="decision",
        text=f"{whose.get(first.resource_id, '')}{first.sentence}",
        tone="good" if first.desired != first.capacity else "plain",
        until=last.at if len(stretch) > 1 else None,
        count=len(stretch),
        varied=len({decision.sentence for decision in stretch}) > 1,
    )


def _activity_rows(seen: ByType, whose: dict[str, str], sentences: set[str]) -> Iterator[Row]:
    """Yield the beginning and the end of each activity that was to change something.

    Those that AWS lists as not scaled (from a capacity to the same) say what the decision beside them says.
    """
    alarms = {a.name: f"alarm {a.direction}" for a in seen.all(journal.AlarmChanged)}
    begun: set[str] = set()
    for activity in seen.all(journal.ScalingActivity):
        if activity.from_capacity == activity.to_capacity:
            continue
        change = f"scaling activity {activity.from_capacity} → {activity.to_capacity}"
        name = _capital(whose.get(activity.resource_id, "") + change)
        refused = activity.status not in ("Pending", "InProgress", "Successful")
        message = f" {activity.status_message}" if refused and activity.status_message else ""
        if activity.activity_id not in begun:
            begun.add(activity.activity_id)
            why = "" if activity.cause in sentences else f": {_shortened(activity.cause, alarms)}"
            words = f"{name} began ({activity.status}){why}.{message}"
        elif refused or activity.status == "Successful":
            words = f"{name} is {activity.status}.{message}"
        else:
            continue
        yield Row(activity.at, "activity", words, "bad" if refused else "good")


def _shortened(cause: str, alarms: dict[str, str]) -> str:
    """Return *cause* with the long names of alarms replaced by their direction."""
    for name, words in alarms.items():
        cause = cause.replace(f"monitor alarm {name}", words).replace(name, words)
    return cause.rstrip(".")


def _cooldown_row(wait: journal.CooldownStarted, whose: dict[str, str]) -> Row:
    name = _capital(f"{whose.get(wait.resource_id, '')}cooldown of {span(wait.until - wait.at)}")
    until = f"{name}: no further scaling {wait.direction} until {clock(wait.until)}."
    return Row(wait.at, "cooldown", until, until=wait.until)
