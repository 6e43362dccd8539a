"""`harness policy` over recorded runs: what it writes, what it refuses, and its exit codes."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hcl2
import pytest

from harness.__main__ import main
from harness.journal import PermissionUsed, PhaseStarted, Record, RolePolicies, RunEnded, encode

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/ranker"
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
ANY_SEND = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
ENDED = RunEnded(9.5, "pass", "", 1.0)
Write = Callable[[str, Any], Path]


def policy(*statements: Any) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def used(role: str, action: str, resource: str, verdict: str = "Allowed") -> PermissionUsed:
    """Return the record of a use by *role*."""
    return PermissionUsed(
        at=1.0,
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/program-0",
        role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        call=action,
        action=action,
        resource=resource,
        verdict=verdict,
    )


def holds(role: str, document: Any, kind: str = "inline") -> RolePolicies:
    """Return the record of what *role* holds."""
    row = {"name": "own", "kind": kind, "document": document}
    return RolePolicies(at=9.0, role=f"arn:aws:iam::{ACCOUNT}:role/{role}", policies=[row])


SENDER: list[Record] = [
    holds("sender", policy(ANY_SEND)),
    used("sender", "sqs:SendMessage", QUEUE),
    used("sender", "sagemaker:InvokeEndpoint", ENDPOINT, "ImplicitlyDenied"),
    used("sender", "sqs:PurgeQueue", QUEUE, "ExplicitlyDenied"),
    used("sender", "", "*", "NotCovered"),
]
READER: list[Record] = [holds("reader", policy(SEND)), used("reader", "sqs:ReceiveMessage", QUEUE)]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the runs of the command are."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def leave(runs: Path, records: Sequence[Record], scenario: str = "pipeline") -> Path:
    """Leave a run with *records* that came to its end; return its directory."""
    directory = runs / scenario / "1"
    directory.mkdir(parents=True)
    (directory / "journal.jsonl.gz").write_bytes(gzip.compress(b"".join(map(encode, [*records, ENDED]))))
    (runs / scenario / "latest").symlink_to("1")
    return directory


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a file of JSON, or of text, and says where it is."""

    def written(name: str, value: Any) -> Path:
        path = tmp_path / name
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return path

    return written


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of `harness policy ARGUMENTS`."""
    code = main(["policy", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_smallest_policy_is_written_with_its_proof(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The policy on stdout, what is to be known about it on stderr."""
    leave(runs, SENDER)
    code, out, err = said(capsys, "sender")
    assert (code, json.loads(out)["Statement"]) == (
        0,
        [
            {
                "Sid": "SqsSendMessageOrders",
                "Effect": "Allow",
                "Action": ["sqs:SendMessage"],
                "Resource": [QUEUE],
            }
        ],
    )
    assert "proof: the one use passes under it; without its one statement it does not" in err
    assert f"left out, denied in the run: sagemaker:InvokeEndpoint on {ENDPOINT}" in err
    assert "not known from a rehearsal: " in err


def test_denied_uses_are_written_on_request(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the ARN of the role too; what a Deny refused stays out and is told."""
    leave(runs, SENDER)
    code, out, _ = said(capsys, f"arn:aws:iam::{ACCOUNT}:role/sender", "--include-denied", "--json")
    found = json.loads(out)
    assert (code, found["proof"]["holds"], found["proof"]["uses"]) == (0, True, 2)
    assert [each["action"] for each in found["left_out"]] == ["sqs:PurgeQueue"]
    assert found["role"].endswith(":role/sender")
    assert "ServiceWildcard" in {each["category"] for each in found["risks"]}
    assert "sagemaker:InvokeEndpoint" in json.dumps(found["documents"])


def test_terraform_and_cloudformation_can_be_read_back(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The only role of a run needs no name; JSON carries the text."""
    leave(runs, SENDER)
    _, out, _ = said(capsys, "--format", "terraform", "--run", "pipeline")
    assert '"aws_iam_role_policy"' in hcl2.loads(out)["resource"][0]
    code, out, _ = said(capsys, "--format", "cloudformation", "--json", "--run", runs / "pipeline" / "1")
    text = json.loads(json.loads(out)["text"])
    assert (code, [each["Type"] for each in text["Resources"].values()]) == (0, ["AWS::IAM::RolePolicy"])


def test_a_policy_that_is_too_large_becomes_managed_policies(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the threshold of wildcards given; more left out than anybody reads are counted."""
    many = [used("sender", "sqs:SendMessage", f"{QUEUE}{'-' * 40}{n:03}") for n in range(150)]
    denied = [used("sender", "sqs:PurgeQueue", f"{QUEUE}-{n}", "ImplicitlyDenied") for n in range(7)]
    leave(runs, [*many, *denied])
    code, out, err = said(capsys, "--wildcard-above", "200")
    assert (code, len(json.loads(out))) == (0, 3)
    assert "left out, denied in the run: 2 more" in err
    _, out, _ = said(capsys)
    assert json.loads(out)["Statement"][0]["Resource"] == [f"{QUEUE}{'-' * 40}*"]


@pytest.mark.parametrize(
    ("records", "arguments", "code", "sentence"),
    [
        (SENDER, ["sendr"], 2, "No role or resource sendr in the run; did you mean sender?"),
        (SENDER, ["xyz"], 2, "No role or resource xyz in the run; the run has sender"),
        ([*SENDER, *READER], [], 2, "Say which role: reader, sender"),
        ([PhaseStarted(at=0.0, phase="load")], ["a"], 4, "recorded no permissions of any role"),
        ([holds("idle", policy(SEND))], ["idle"], 4, "was allowed nothing"),
        (
            [used("denied", "sqs:SendMessage", QUEUE, "ImplicitlyDenied")],
            ["denied"],
            4,
            "--include-denied writes what it was denied",
        ),
        (SENDER, ["sender", "--run", "nowhere"], 2, "nowhere is no run"),
        (SENDER, ["sender", "--wildcard-above", "0"], 2, "'0' is not a whole number of 1 or more"),
        (SENDER, ["sender", "--policy", "p.json"], 2, "--policy FILE is checked against a reference"),
        (SENDER, ["sender", "--vectors", "v.json"], 2, "a NAME does not go with --vectors"),
        (SENDER, ["--check", "r.json", "--include-denied"], 2, "--include-denied does not go with --check"),
        (SENDER, ["sender", "--check", "r.json", "--policy", "p"], 2, "a NAME does not go with --policy"),
        (SENDER, ["sender", "--format", "pulumi"], 2, "invalid choice"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_sentence(
    runs: Path,
    capsys: pytest.CaptureFixture[str],
    records: list[Record],
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    """Usage 2, no data 4."""
    leave(runs, records)
    found, out, err = said(capsys, *arguments)
    assert (found, out) == (code, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_without_runs_or_with_a_broken_one_nothing_is_written(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Junk is not the run that was meant: a broken record, no gzip at all, an empty file."""
    assert said(capsys, "sender")[0] == 2
    directory = leave(runs, SENDER)
    for junk, sentence in (
        (gzip.compress(b"{}\n"), "is not the journal of a run"),
        (b"\x93junk\x00", "holds no record of a run"),
        (b"", "holds no record of a run"),
    ):
        (directory / "journal.jsonl.gz").write_bytes(junk)
        code, out, err = said(capsys, "sender")
        assert (code, out, sentence in err, len(err.splitlines())) == (2, "", True, 1)


def test_roles_of_one_name_are_told_apart_by_their_arn(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name may stand under two paths."""
    leave(runs, [*SENDER, used("team/sender", "sqs:SendMessage", QUEUE)])
    code, _, err = said(capsys, "sender")
    assert (code, "Several roles are called sender" in err) == (2, True)
    assert said(capsys, f"arn:aws:iam::{ACCOUNT}:role/team/sender")[0] == 0


def test_the_gate_lets_a_role_pass_that_grants_nothing_new(
    runs: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """And names every new grant of another."""
    leave(runs, [*SENDER, *READER])
    reference = write("reference.json", policy(SEND))
    code, out, _ = said(capsys, "--check", reference, "reader")
    assert (code, out) == (0, f"reader grants nothing that {reference} does not\n")
    code, out, _ = said(capsys, "--check", reference, "sender")
    assert (code, "own#0 grants sqs:AddPermission" in out) == (1, True)


def test_the_gate_checks_files_and_says_it_to_machines(
    runs: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several documents, or what holds one, count together; no run is needed."""
    reference = write("reference.json", [policy(SEND), {"PolicyDocument": policy(SEND)}])
    code, out, _ = said(capsys, "--check", reference, "--policy", write("p.json", policy(ANY_SEND)), "--json")
    found = json.loads(out)
    assert (code, found["check"]) == (1, "fail")
    assert (
        found["new"]["p.json" if "p.json" in found["new"] else str(runs.parent / "p.json")][0]["reason"]
        == "the reference does not allow it"
    )
    code, out, _ = said(capsys, "--check", reference, "--policy", write("q.json", policy(SEND)), "--json")
    assert (code, json.loads(out)["check"]) == (0, "pass")


def test_a_reference_by_role_checks_every_role_of_the_run(
    runs: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """A role that it lacks may hold nothing; one that the run lacks is a mistake."""
    leave(runs, [*SENDER, *READER])
    both = write(
        "both.json", {"sender": policy(ANY_SEND), f"arn:aws:iam::{ACCOUNT}:role/reader": policy(SEND)}
    )
    code, out, _ = said(capsys, "--check", both)
    assert (code, len(out.splitlines())) == (0, 2)
    code, out, _ = said(capsys, "--check", write("one.json", {"sender": policy(ANY_SEND)}))
    assert (code, out.splitlines()[0].partition(" goes by")[2]) == (
        1,
        " name and has nothing under this one, so all that it grants is new",
    )
    assert (code, out.splitlines()[1]) == (
        1,
        f"reader: own#0 grants sqs:SendMessage on {QUEUE}: the reference does not allow it",
    )
    code, _, err = said(capsys, "--check", write("typo.json", {"sendr": policy(SEND)}))
    assert (code, "did you mean sender?" in err) == (2, True)
    code, _, err = said(capsys, "--check", both, "--policy", both)
    assert (code, "is a reference by name" in err) == (2, True)


@pytest.mark.parametrize(
    ("records", "arguments", "code", "sentence"),
    [
        ([used("sender", "sqs:SendMessage", QUEUE)], ["sender"], 4, "did not record what sender holds"),
        (
            [holds("sender", {"Statement": [{"Effect": "No"}]})],
            ["sender"],
            2,
            "a policy that AWS would not take",
        ),
    ],
)
def test_what_a_role_holds_must_be_known(
    runs: Path,
    write: Write,
    capsys: pytest.CaptureFixture[str],
    records: list[Record],
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    """Nothing is no pass."""
    leave(runs, records)
    found, _, err = said(capsys, "--check", write("r.json", policy(SEND)), *arguments)
    assert (found, sentence in err) == (code, True)


def test_no_known_role_is_no_pass(runs: Path, write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was killed recorded no policies; one role like that is enough."""
    leave(runs, [*READER, used("sender", "sqs:SendMessage", QUEUE)])
    code, _, err = said(capsys, "--check", write("r.json", {"sender": policy(SEND)}))
    assert (code, "did not record what sender holds" in err) == (4, True)


def test_without_a_role_every_role_of_the_run_is_checked(
    runs: Path, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against the one reference."""
    leave(runs, [*SENDER, *READER])
    code, out, _ = said(capsys, "--check", write("r.json", policy(SEND)), "--json")
    new = json.loads(out)["new"]
    assert (code, new["reader"], new["sender"][0]["statement"]) == (1, [], "own#0")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"Statement": [], "Statement": []}', "a key is given twice"),
        ({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}, "MalformedPolicyDocument"),
        (7, "MalformedPolicyDocument"),
    ],
)
def test_a_reference_that_is_no_policy_is_refused(
    write: Write, capsys: pytest.CaptureFixture[str], value: Any, sentence: str
) -> None:
    """In AWS's words where AWS has some."""
    path = write("r.json", value)
    code, _, err = said(capsys, "--check", path, "--policy", path)
    assert (code, sentence in err, "r.json" in err) == (2, True, True)
    assert said(capsys, "--check", path.with_name("none.json"))[0] == 2


VECTOR = {
    "id": "a",
    "request": {
        "principal": f"arn:aws:iam::{ACCOUNT}:user/u",
        "action": "sqs:SendMessage",
        "resource": QUEUE,
    },
    "identityPolicies": [policy(SEND)],
}


def test_vectors_get_a_line_each_and_the_rate_is_told(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines are the same with --json; what is expected decides the exit code."""
    code, out, err = said(capsys, "--vectors", write("v.json", {"vectors": [VECTOR]}), "--json")
    row = json.loads(out)
    assert (code, list(row), row["verdict"]) == (0, ["id", "verdict", "reason"], "Allowed")
    assert "1 vectors read in " in err
    assert " evaluations/s" in err
    given = [{**VECTOR, "expected": "Allowed"}, {**VECTOR, "id": "b", "expected": "Denied"}]
    code, out, err = said(capsys, "--vectors", write("w.json", given))
    assert (code, len(out.splitlines())) == (1, 2)
    assert "1 of 2 as expected" in err
    assert "b: Allowed, expected Denied: " in err


@pytest.mark.parametrize("odd", [5, {"id": "b"}, {**VECTOR, "id": "b", "request": {"action": 5}}])
def test_a_vector_that_cannot_be_judged_is_no_agreement(
    odd: Any, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is denied and named, and the others are judged."""
    code, out, err = said(capsys, "--vectors", write("v.json", [odd, VECTOR]))
    verdicts = [json.loads(line)["verdict"] for line in out.splitlines()]
    assert (code, verdicts) == (1, ["ImplicitlyDenied", "Allowed"])
    assert "the vector cannot be " in err


def test_a_list_without_vectors_is_no_pass(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was judged."""
    assert said(capsys, "--vectors", write("v.json", []))[0] == 2


def test_a_file_without_vectors_is_refused(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """By what it lacks."""
    code, out, err = said(capsys, "--vectors", write("v.json", {"header": {}}))
    assert (code, out) == (2, "")
    assert "holds no vectors" in err


def test_known_verdicts_are_met(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every vector that was written from AWS's guide."""
    code, out, err = said(capsys, "--vectors", shared / "truth" / "iam_cases.json")
    assert (code, len(out.splitlines()), "148 of 148 as expected" in err) == (0, 148, True)
