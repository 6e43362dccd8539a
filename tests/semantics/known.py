"""The known differences of a backend as the machine meets them: what it leaves out, what it lets pass."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from play import Finding, Play
from steps import Step


def never(*_: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Rule:
    """How the machine recognises one known difference.

    `accepts`: the names of rules that the subject is known to break by accepting a call; such a call is left
    out. `leads`: this step, now, would lead into the difference; it is left out as well, since subject and
    model would part. `finds`: this finding is the difference; the history goes on, or it ends where they
    part.
    """

    id: str
    accepts: tuple[str, ...] = ()
    leads: Callable[[Step, Play], bool] = never
    finds: Callable[[Finding, Play], bool] = never
    parts: bool = False


class Known:
    """The rules of one emulator, and how often each was met."""

    def __init__(self, rules: Sequence[Rule] = (), *, leaves_out: bool = True) -> None:
        self._rules = rules
        self._leaves_out = leaves_out
        self.met: Counter[str] = Counter()

    def without(self, id_: str) -> "Known":
        """Return the others, for a history that is to show *id_*: no step of it is left out by another."""
        others = [replace(rule, leads=never) for rule in self._rules if rule.id != id_]
        return Known(others, leaves_out=False)

    def accepts(self, rule: str) -> bool:
        """Tell whether the subject is known to accept a call that breaks *rule*, so that it is left out."""
        return self._leaves_out and self._first(lambda each: rule in each.accepts) is not None

    def avoids(self, step: Step, play: Play) -> bool:
        """Tell whether *step* would lead into a known difference."""
        return self._first(lambda each: each.leads(step, play)) is not None

    def excuses(self, finding: Finding, play: Play) -> Rule | None:
        """Return the known difference that *finding* is, None for a new one."""
        return self._first(lambda each: finding.rule in each.accepts or each.finds(finding, play))

    def _first(self, fits: Callable[[Rule], bool]) -> Rule | None:
        found = next((rule for rule in self._rules if fits(rule)), None)
        if found is not None:
            self.met[found.id] += 1
        return found
