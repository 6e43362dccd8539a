"""How often a page may be drawn, so that whoever looks does not disturb what is looked at."""

# Of one core. The run, its emulators and Locust share two or more, and must not notice who looks on.
SHARE = 0.15
LEAST_S = 1.0


class Pace:
    """Says when the next page is due, by what the last one took. Moments and CPU are seconds, given in."""

    def __init__(self, cpu_s: float) -> None:
        self._cpu_s = cpu_s
        self._due_at = 0.0

    def is_due(self, now: float) -> bool:
        """Return whether a page may be drawn at *now*."""
        return now >= self._due_at

    def drawn(self, began_at: float, cpu_s: float) -> None:
        """Note a page that was begun at *began_at*; *cpu_s* is what the process has used since it started.

        The next one waits until all that was used since the page before, serving it included, is `SHARE` of
        the time.
        """
        spent = cpu_s - self._cpu_s
        self._cpu_s = cpu_s
        self._due_at = began_at + max(LEAST_S, spent / SHARE)
