"""Ways in are opened with the policies declared; the policies that a run leaves are what its roles used."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.aws.permission.off import NoPermission
from harness.clock import Clock
from harness.config import Settings
from harness.journal import PermissionUsed, Record
from harness.recorder import Recorder
from harness.run.context import Options, RunContext
from harness.run.permission_phase import open_ways_in, smallest_policies
from harness.run.results import write_policies
from harness.scenario import Program, Queue, Scenario, VpcEndpoint, allow, result
from harness.view import View

LIMITED = VpcEndpoint("vpce-0a1b2c3d", "vpc-0a1b2c3d", (allow("sqs:SendMessage", by="*"),))
OPEN = VpcEndpoint("vpce-0a1b2c3e", "vpc-0a1b2c3d")
INSIDE, OUTSIDE = Program("inside", len, via=LIMITED), Program("outside", len)


class Gateway:
    """Opens entrances, and remembers with which policies."""

    def __init__(self) -> None:
        self.opened: dict[str, Any] = {}
        self.vpcs: set[str] = set()

    def entrance(self, vpc_endpoint_id: str, policy: str | None = None, *, vpc_id: str = "") -> str:
        self.opened[vpc_endpoint_id] = json.loads(policy) if policy else None
        self.vpcs.add(vpc_id)
        return f"http://127.0.0.1:{4000 + len(self.opened)}"


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    scenario = Scenario(
        "s", "", [Queue("q"), OPEN], [result("p", "k").at_least(0)], programs=[INSIDE, OUTSIDE]
    )
    recorder = Recorder(tmp_path / "journal.jsonl.gz")
    made = RunContext(scenario, Options(), Settings(), View(), tmp_path, Clock(), recorder, "http://gateway")
    recorder.close()
    return made


def test_each_vpc_endpoint_is_a_way_in(run: RunContext) -> None:
    """With its policy, none where none is declared; a program calls the one that it is behind."""
    gateway: Any = Gateway()
    off: Any = NoPermission.__new__(NoPermission)
    open_ways_in(run, gateway, off)
    assert gateway.opened[OPEN.id] is None
    assert gateway.vpcs == {OPEN.vpc, LIMITED.vpc}
    assert gateway.opened[LIMITED.id]["Statement"] == [
        {"Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage"], "Resource": ["*"]}
    ]
    assert run.url_for(INSIDE) == run.entrances[LIMITED.id] != run.entrances[OPEN.id]
    assert run.url_for(OUTSIDE) == "http://gateway"
    assert run.act_as is None


def use(verdict: str, role: str = "arn:aws:iam::123456789012:role/worker") -> Record:
    session = "arn:aws:sts::123456789012:assumed-role/worker/p-0"
    queue = "arn:aws:sqs:us-east-1:123456789012:q"
    return PermissionUsed(1.0, session, role, "SendMessage", "sqs:SendMessage", queue, verdict)


def test_the_policies_left_are_what_roles_used(tmp_path: Path) -> None:
    """A file for each role that was allowed something; no folder where there is none."""
    for records in ([], [use("ImplicitlyDenied")], [use("Allowed", role="")]):
        write_policies(tmp_path, smallest_policies(records))
        assert not (tmp_path / "policy").exists()
    write_policies(tmp_path, smallest_policies([use("Allowed")]))
    (statement,) = json.loads((tmp_path / "policy" / "worker.json").read_text())["Statement"]
    assert statement["Action"] == ["sqs:SendMessage"]
