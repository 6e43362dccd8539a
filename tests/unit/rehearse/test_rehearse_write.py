"""The file that `harness init` writes is a scenario, and a good one."""

import json
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.rehearse.traffic import Traffic, read_traffic
from harness.rehearse.write import scenario_file
from harness.scenario import OpenModel, Scenario, Stack, find

DATA = Path(__file__).parents[2] / "data" / "stacks"


def written(folder: Path, stack: Stack, traffic: Traffic | None = None) -> Scenario:
    """Return the scenario in the file for *stack*."""
    path = folder / "rehearsal.py"
    path.write_text(scenario_file(stack, traffic or Traffic(), name="mine", base=folder))
    return find(str(path))


def test_it_loads_and_asks_what_a_user_would(tmp_path: Path) -> None:
    """Whether messages arrive, functions succeed and roles suffice."""
    found = written(tmp_path, Stack(DATA / "sns_fanout" / "template.yaml", name="shop"))

    assert [load.endpoint_name for load in found.workload] == ["orders-dev"]
    assert found.workload[0].duration_s == 60.0
    names = " ".join(one.name for one in found.expectations)
    for words in ("orders-dev: undelivered", "shipping-dev: lost", "shipping-dev: dead-lettered"):
        assert words in names
    for words in ("errors", "throttled", "refused calls"):
        assert f": {words}" in names
    assert found.clock == "compressed:3"


def test_objects_are_brought_by_a_program(tmp_path: Path) -> None:
    """And an endpoint gets CSV, whose artefact may stand in."""
    uploads = written(tmp_path, Stack(DATA / "s3_to_lambda" / "template.yaml"))
    (tmp_path / "other").mkdir()
    endpoint = Stack(DATA / "endpoint_scaling" / "template.yaml", stand_in_models=True)
    ranker = written(tmp_path / "other", endpoint)

    (bring,) = uploads.programs
    assert bring.function.keywords | {"notification": None} == {  # type: ignore[attr-defined]
        "notification": None,
        "count": 100,
        "over_s": 60.0,
    }
    assert [program.name for program in uploads.programs] == [
        "put-objects-uploadbucket-lambdaconfigurations-0"
    ]
    assert ranker.stack is not None
    assert ranker.stack.stand_in_models
    assert ranker.clock == "compressed:20"
    assert _only(ranker).payload.content_type == "text/csv"


def _only(scenario: Scenario) -> OpenModel:
    (load,) = scenario.workload
    return load


def test_the_users_traffic_and_body(tmp_path: Path) -> None:
    """Go into the file, quotes and all."""
    body = tmp_path / "job.json"
    body.write_text('{"id": "{{number}}", "say": "it\'s \\"fine\\""}')
    traffic = read_traffic(["Jobs=2rps:5s"], [f"Jobs={body}"])
    found = _only(written(tmp_path, Stack(DATA / "sqs_worker" / "template.yaml"), traffic))

    assert found.duration_s == 5.0
    assert found.payload.numbered
    assert found.payload.body(7, 1).decode() == '{"id": "7", "say": "it\'s \\"fine\\""}'


def test_a_template_beside_the_file_is_named_from_there(tmp_path: Path) -> None:
    """So that the folder can move."""
    template = tmp_path / "infra" / "template.yaml"
    template.parent.mkdir()
    template.write_text((DATA / "sqs_worker" / "template.yaml").read_text())
    (template.parent / "src").mkdir()
    text = scenario_file(Stack(template), Traffic(), name="mine", base=tmp_path)

    assert 'Stack(Path(__file__).parent / "infra/template.yaml")' in text
    assert str(tmp_path) not in text


def test_names_that_are_none_in_python(tmp_path: Path) -> None:
    """Get others, each its own."""
    template = tmp_path / "t.yaml"
    queues = "\n".join(
        f"  {name}: {{Type: AWS::SQS::Queue}}" for name in ("Class", "Stack", "JobQueue", "Jobqueue")
    )
    template.write_text(f"Resources:\n{queues}\n")
    text = scenario_file(Stack(template), Traffic(), name="mine", base=tmp_path)

    for line in ('the_class = stack["Class"]', 'the_stack = stack["Stack"]', 'job_queue = stack["JobQueue"]'):
        assert line in text
    compile(text, "t.py", "exec")


def test_traffic_for_what_gets_none(tmp_path: Path) -> None:
    """Is refused with what does."""
    with pytest.raises(ScenarioError, match="there are Jobs"):
        written(tmp_path, Stack(DATA / "sqs_worker" / "template.yaml"), read_traffic(["Worker=1rps:1s"], []))


def test_subscriptions_with_filters_get_what_they_want(tmp_path: Path) -> None:
    """One load for each filter, by attribute or by member of the body."""
    template = tmp_path / "t.yaml"
    queues = "\n".join(f"  {name}: {{Type: AWS::SQS::Queue}}" for name in ("Big", "Small"))
    joined = "Properties: {TopicArn: !Ref Orders, Protocol: sqs, Endpoint: !GetAtt %s.Arn, "
    joined += "FilterPolicy: {kind: [%s]}%s}"
    template.write_text(
        f"Resources:\n  Orders: {{Type: AWS::SNS::Topic}}\n{queues}\n"
        f"  ToBig:\n    Type: AWS::SNS::Subscription\n    {joined % ('Big', 'big', '')}\n"
        f"  ToSmall:\n    Type: AWS::SNS::Subscription\n"
        f"    {joined % ('Small', 'small', ', FilterPolicyScope: MessageBody')}\n"
    )
    big, small = written(tmp_path, Stack(template)).workload

    assert dict(big.payload.attributes) == {"kind": "big"}
    assert json.loads(small.payload.body(3, 1)) == {"id": "3", "rehearsal": True, "kind": "small"}
    assert big.label != small.label


def test_a_stack_without_traffic_is_a_scenario_too(tmp_path: Path) -> None:
    """That everything is made is something to expect."""
    template = tmp_path / "t.yaml"
    template.write_text("Resources: {Kept: {Type: AWS::S3::Bucket}}\n")
    found = written(tmp_path, Stack(template, name="kept"))

    assert [one.name for one in found.expectations] == ["kept: not made"]
    assert not found.workload
