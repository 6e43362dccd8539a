"""One line of what the doctor says, and the command that mends what is wrong in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoctorRow:
    """One line of the doctor's answer; `ok` is False only for what stops a run.

    `mend` is the one command, or what to do where no command can, that changes it; "" where all is well.
    """

    check: str
    ok: bool
    detail: str
    mend: str = ""

    @property
    def state(self) -> str:
        """The word for it: what is well, what is optional and absent or poor, what stops a run."""
        if not self.ok:
            return "FAIL"
        return "note" if self.mend else "ok"
