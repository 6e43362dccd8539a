"""A backend is asked only for what a scenario is made with."""

from typing import Any

from lone_functions import nothing_at_all

from harness.run.services import services_of
from harness.scenario import (
    Bucket,
    Constant,
    Endpoint,
    Function,
    HttpApi,
    Model,
    OpenModel,
    Program,
    Queue,
    Role,
    Scenario,
    Subscription,
    Table,
    Timer,
    Topic,
    result,
)


def nothing(context: Any) -> bytes:
    """Do nothing."""
    return b""


ENDPOINT = Endpoint("e", Model("m", build=nothing, role=Role("model-role")))
TOPIC, QUEUE, TABLE = Topic("t"), Queue("q"), Table("seen")
WORKER = Role("worker-role", "ecs-tasks.amazonaws.com")


def scenario(*resources: Any, programs: tuple[Program, ...] = ()) -> Scenario:
    return Scenario("s", "d", list(resources), [result("p", "k").at_least(0)], programs=programs)


def test_an_endpoint_needs_what_keeps_and_scales_it() -> None:
    """Its model's artefact and role among it, and nothing of messages."""
    needed = ("s3", "iam", "sagemaker", "application-autoscaling", "monitoring")
    assert services_of(scenario(ENDPOINT)) == needed


def test_queues_need_no_sagemaker() -> None:
    """A run of queues alone works on a backend that has nothing else."""
    assert services_of(scenario(QUEUE)) == ("sqs",)
    assert services_of(scenario(Subscription(TOPIC, QUEUE), TABLE)) == ("sns", "sqs", "dynamodb")


def test_a_program_under_a_role_needs_credentials() -> None:
    """IAM has the role, STS gives it out."""
    programs = (Program("p", nothing, role=WORKER),)
    assert services_of(scenario(TOPIC, programs=programs)) == ("iam", "sts", "sns")


def test_a_bucket_needs_s3_and_a_load_under_a_role_its_credentials() -> None:
    """A load is signed by its role as a program is."""
    load = OpenModel(TOPIC, Constant(1, 1), as_role=WORKER)
    declared = Scenario("s", "d", [Bucket("raw")], [result("p", "k").at_least(0)], workload=[load])
    assert services_of(declared) == ("s3", "iam", "sts", "sns")


def test_functions_need_lambda_and_the_services_that_trigger_them() -> None:
    """And the credentials of their roles."""
    score = Function("score", nothing_at_all, Role("runs", "lambda.amazonaws.com"))
    declared = scenario(Timer("tick", "rate(1 minute)", (score,)), HttpApi("api", score))
    assert services_of(declared) == ("iam", "sts", "lambda", "events", "apigateway")
