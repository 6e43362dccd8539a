"""What an instance's user data says of its own end. It is read here, and never executed.

Scripts and cloud-config as cloud-init takes them (EC2 user guide, "Run commands when you launch an EC2
instance with user data input"): `shutdown`, `halt`, `poweroff`, `init 0`, the same by `at now + N minutes`,
after a `sleep`, and the `power_state` of cloud-config.
"""

import re
from dataclasses import dataclass

_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_HALTS = re.compile(
    r"\b(?:shutdown\b(?!.*\s-[crk]\b)|halt\b|poweroff\b|init\s+0\b|systemctl\s+(?:halt|poweroff)\b)"
)
_IN_MINUTES = re.compile(r"\bshutdown\b.*?\s\+(\d+)\b")
_LATER = re.compile(r"\bat\s+now\s*\+\s*(\d+)\s*(minute|hour|day)s?\b")
_SLEEP = re.compile(r"\bsleep\s+(\d+(?:\.\d+)?)([smhd]?)\b")
_POWER_STATE = re.compile(r"^power_state\s*:\s*$", re.MULTILINE)
_DELAY = re.compile(r"^\s+delay\s*:\s*[\"']?(\+?\d+|now)[\"']?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class OwnEnd:
    """The instance shuts itself down `after_s` seconds from its boot, or with None once its program ended."""

    after_s: float | None = None


def own_end(user_data: str) -> OwnEnd | None:
    """Return when the instance ends by itself, None where *user_data* does not say so."""
    if user_data.lstrip().startswith("#cloud-config"):
        return _of_cloud_config(user_data)
    waited_s = 0.0
    for line in user_data.splitlines():
        command = line.partition(" #")[0].strip()
        if command.startswith("#"):
            continue
        waited_s += sum(float(amount) * _UNITS_S[unit or "s"] for amount, unit in _SLEEP.findall(command))
        if not _HALTS.search(command):
            continue
        if later := _LATER.search(command):
            return OwnEnd(waited_s + float(later[1]) * _UNITS_S[later[2][0]])
        if minutes := _IN_MINUTES.search(command):
            return OwnEnd(waited_s + 60.0 * float(minutes[1]))
        return OwnEnd(waited_s or None)
    return None


def _of_cloud_config(text: str) -> OwnEnd | None:
    """`power_state: {mode: poweroff, delay: "+30"}`, minutes after cloud-init is done."""
    found = _POWER_STATE.search(text)
    if found is None or re.search(r"^\s+mode\s*:\s*[\"']?reboot", text, re.MULTILINE):
        return None
    delay = _DELAY.search(text, found.end())
    if delay is None or delay[1] == "now":
        return OwnEnd()
    return OwnEnd(60.0 * float(delay[1].lstrip("+")))
