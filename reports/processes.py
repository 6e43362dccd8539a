"""The life of each process of a run's programs, as rows. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from harness import journal
from harness.summary import ByType
from reports.text import clock


@dataclass(frozen=True, slots=True)
class Process:
    """The life of one process of a program, and where its log is."""

    name: str
    starts: int
    kills: int
    restarts: int
    freezes: int
    ended: str
    tone: str
    detail: str
    log: str
    href: str


def processes(seen: ByType) -> list[Process]:
    """Return one row for each process that was started, by program and rank."""
    lives: defaultdict[tuple[str, int], list[journal.ProgramChanged]] = defaultdict(list)
    for one in seen.all(journal.ProgramChanged):
        lives[one.program, one.rank].append(one)
    ranks = Counter(program for program, _ in lives)
    order = {program: number for number, program in enumerate(dict.fromkeys(program for program, _ in lives))}
    return [
        _process(f"{program}-{rank}" if ranks[program] > 1 else program, lives[program, rank])
        for program, rank in sorted(lives, key=lambda life: (order[life[0]], life[1]))
    ]


def _process(name: str, changes: Sequence[journal.ProgramChanged]) -> Process:
    count = Counter(one.what for one in changes)
    last = next((one for one in reversed(changes) if one.what in ("started", "ended", "killed")), changes[-1])
    ended, tone = _ended(last)
    log = f"logs/program-{name}.log"
    return Process(
        name=name,
        starts=count["started"],
        kills=count["killed"],
        restarts=max(count["started"] - 1, 0),
        freezes=count["frozen"],
        ended=ended,
        tone=tone,
        detail="" if last.what == "started" or tone == "ok" else last.detail,
        log=log,
        href=quote(log),
    )


def _ended(last: journal.ProgramChanged) -> tuple[str, str]:
    """Return how the last life of a process ended, and the tone of it."""
    if last.what == "started":
        return "not seen to end", "plain"
    if last.what == "killed":
        return f"killed at {clock(last.at)}", "warn"
    if last.exit_code == 0:
        return "exit 0", "ok"
    if last.exit_code == -15:
        return "ended by SIGTERM", "ok"
    return "no exit code" if last.exit_code is None else f"exit {last.exit_code}", "bad"
