"""User data: when the instance ends itself, read off the ways in which people write it."""

import pytest

from harness.compute.user_data import OwnEnd, own_end

AT_THE_END = OwnEnd()


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", None),
        ("#!/bin/bash\npython train.py\n", None),
        ("#!/bin/bash\n# shutdown -h now\npython train.py # then halt\n", None),
        ("#!/bin/bash\nsudo shutdown -r now\n", None),
        ("#!/bin/bash\npython train.py\nsudo shutdown -h now\n", AT_THE_END),
        ("python train.py && sudo halt", AT_THE_END),
        ("poweroff", AT_THE_END),
        ("init 0", AT_THE_END),
        ("systemctl poweroff", AT_THE_END),
        ("shutdown -P +90", OwnEnd(5_400.0)),
        ("sudo shutdown -h +2 'bye'", OwnEnd(120.0)),
        ("echo 'sudo halt' | at now + 55 minutes", OwnEnd(3_300.0)),
        ('echo "sudo halt" | at now +1 hour', OwnEnd(3_600.0)),
        ("echo halt | at now + 2 days", OwnEnd(172_800.0)),
        ("sleep 30m; halt", OwnEnd(1_800.0)),
        ("(sleep 1h && shutdown now) &", OwnEnd(3_600.0)),
        ("sleep 90\nshutdown -h +1\n", OwnEnd(150.0)),
        ("#cloud-config\npackages: [jq]\n", None),
        ("#cloud-config\npower_state:\n  mode: poweroff\n", AT_THE_END),
        ("#cloud-config\npower_state:\n  delay: now\n  mode: poweroff\n", AT_THE_END),
        ('#cloud-config\npower_state:\n  delay: "+30"\n  mode: halt\n', OwnEnd(1_800.0)),
        ("#cloud-config\npower_state:\n  mode: reboot\n", None),
    ],
)
def test_an_end_is_read(text: str, end: OwnEnd | None) -> None:
    """After so many seconds, when the script is done, or never."""
    assert own_end(text) == end
