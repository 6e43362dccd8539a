"""`harness policy` after a run that did not come to its end."""

import gzip
import json
from pathlib import Path

import pytest
from test_policy_command import ANY_SEND, SENDER, Write, leave, policy, runs, said, write

from harness.journal import RunEnded, encode

__all__ = ["runs", "write"]  # fixtures


def test_of_a_run_that_broke_off_nobody_relies_on_the_policy(
    runs: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning on stderr, a note for machines; killed, interrupted or invalid."""
    directory = leave(runs, SENDER)
    reference = write("r.json", policy(ANY_SEND))
    for ended, words in (
        ([], "its journal breaks off"),
        ([RunEnded(1.0, "interrupted", "", 1.0)], "it was interrupted"),
        ([RunEnded(1.0, "invalid", "moto died", 1.0)], "moto died"),
    ):
        text = b"".join(map(encode, [*SENDER, *ended]))
        (directory / "journal.jsonl.gz").write_bytes(gzip.compress(text))
        code, out, err = said(capsys, "sender", "--json")
        found = json.loads(out)
        assert (code, found["complete"], words in found["note"]) == (0, False, True)
        assert f"warning: the run is incomplete ({words}" in err
        code, out, err = said(capsys, "--check", reference, "--json")
        assert (code, json.loads(out)["complete"], "warning: " in err) == (0, False, True)
        assert f"the run is incomplete ({words}" in said(capsys, "watcher")[2]
