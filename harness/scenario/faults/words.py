"""The parts of one `--fault`: what stands between its colons, taken one by one."""

import math
from typing import NoReturn

from harness.errors import ScenarioError

# Where a fault does nothing outside a window, these may stand at its end.
WINDOW = "[:after=SECONDS][:until=SECONDS]"


class Words:
    """The parts of *text* after its kind: positions first, then `key=value`; *form* is what it should be.

    Every method raises ScenarioError with the text, the part that is wrong and the form.
    """

    def __init__(self, text: str, form: str) -> None:
        self._text = text
        self._form = form
        self._positions: list[str] = []
        self._options: dict[str, str] = {}
        for part in text.split(":")[1:]:
            key, is_option, value = part.partition("=")
            if not is_option:
                if self._options:
                    self.wrong(f"{part!r} comes after {next(iter(self._options))}=, where only options stand")
                self._positions.append(part)
            elif key in self._options:
                self.wrong(f"{key}= is given twice")
            else:
                self._options[key] = value

    @property
    def left(self) -> int:
        """How many positions have not been taken yet."""
        return len(self._positions)

    def wrong(self, what: str) -> NoReturn:
        """Raise the ScenarioError that says *what* is wrong."""
        raise ScenarioError(f"--fault {self._text!r}: {what}; the form is {self._form}")

    def name(self, what: str) -> str:
        """Return the next position."""
        if not self._positions or not self._positions[0]:
            self.wrong(f"the {what} is missing")
        return self._positions.pop(0)

    def share(self) -> float:
        """Return the next position as a number."""
        return self._number("share", self.name("share"))

    def seconds(self, key: str, otherwise: float | None = None) -> float:
        """Return option *key*, or *otherwise*; without that it has to be given."""
        found = self._options.pop(key, None)
        if found is not None:
            return self._number(f"{key}=", found)
        if otherwise is None:
            self.wrong(f"{key}= is missing")
        return otherwise

    def has(self, key: str) -> bool:
        """Return whether option *key* is given."""
        return key in self._options

    def whole(self, key: str, otherwise: int) -> int:
        """Return option *key* as a whole number."""
        found = self._options.pop(key, str(otherwise))
        if not (found.isascii() and found.isdigit()):
            self.wrong(f"{key}={found} is no whole number")
        return int(found)

    def yes(self, key: str) -> bool:
        """Return whether option *key* says yes."""
        found = self._options.pop(key, "no")
        if found not in ("yes", "no"):
            self.wrong(f"{key}={found} is neither yes nor no")
        return found == "yes"

    def names(self, key: str) -> tuple[str, ...]:
        """Return the names of option *key*, between commas."""
        found = self._options.pop(key, None)
        if found is None:
            return ()
        names = tuple(found.split(","))
        if not all(names):
            self.wrong(f"{key}={found} has an empty name")
        return names

    def window(self) -> tuple[float, float]:
        """Return after_s and until_s."""
        return self.seconds("after", 0.0), self.seconds("until", math.inf)

    def done(self) -> None:
        """Raise ScenarioError when something has not been taken."""
        if self._positions:
            self.wrong(f"{self._positions[0]!r} is one part too many")
        if self._options:
            self.wrong(f"there is no {next(iter(self._options))}=")

    def _number(self, what: str, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            self.wrong(f"{what} {text!r} is no number")
