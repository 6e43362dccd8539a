"""A function passes an image's URL to an endpoint: what its role may do, and what it needs to.

This is the part about the role. A program stands for the function and calls its handler under the execution
role; the function itself, and the API in front of it, are rehearsed elsewhere.
"""

from harness.scenario import (
    Endpoint,
    Model,
    Program,
    Role,
    Scenario,
    Variant,
    allow,
    grants_only_what_it_uses,
    refused_calls,
    result,
)
from scenarios._permissions.dogs import CLASSES, ENDPOINT, EVENTS, LOG_GROUP, build, forget_log, serve_events

SAGEMAKER_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
LAMBDA, FUNCTION_ROLE = "lambda.amazonaws.com", "dog-breeds-function"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:1.12-cpu-py38"

# What SageMaker does under the model's role is not called by the pipeline: fetching the artefact.
model_role = Role(
    "dog-breeds-model", statements=(allow("s3:GetObject", on="arn:aws:s3:::rehearsal-artefacts/*"),)
)
endpoint = Endpoint(ENDPOINT, Model("dog-breeds", build, model_role, IMAGE), service_time_s=0.3)

own_log = f"arn:aws:logs:{{region}}:{{account}}:log-group:{LOG_GROUP}:*"
keeps_its_log = allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=own_log)
function = Role(
    FUNCTION_ROLE, LAMBDA, statements=(allow("sagemaker:InvokeEndpoint", on=endpoint), keeps_its_log)
)
function_as_written = Role(FUNCTION_ROLE, LAMBDA, (keeps_its_log,), managed=(SAGEMAKER_FULL_ACCESS,))

only_what_it_needs = grants_only_what_it_uses(function, "one action on one endpoint, and its own log")


def programs(role: Role) -> list[Program]:
    """Return the function under *role*."""
    return [
        Program("function", serve_events, role=role),
        Program("account-afterwards", forget_log, moment="after_load"),
    ]


scenario = Scenario(
    name="lambda-inference",
    description=(
        "A function passes image URLs to an endpoint and returns the scores of 133 dog breeds, under a role "
        "that may call that endpoint, keep its log and nothing else."
    ),
    resources=[endpoint],
    programs=programs(function),
    expectations=[
        result("function", "answered", "events").equals(EVENTS, "every event is answered"),
        result("function", "fewest", "scores").equals(CLASSES, "a score for each breed"),
        result("function", "most", "scores").equals(CLASSES, "a score for each breed"),
        result("function", "right", "events").equals(EVENTS, "the model knows its breeds"),
        refused_calls(function).equals(0, "what it needs it may"),
        only_what_it_needs,
    ],
    clock="compressed:240",
    as_written=Variant(
        defect=(
            "The function's role has AmazonSageMakerFullAccess: hundreds of actions, on every endpoint and "
            "on other services, to call one endpoint."
        ),
        must_fail=(only_what_it_needs.name,),
        programs=programs(function_as_written),
    ),
)
