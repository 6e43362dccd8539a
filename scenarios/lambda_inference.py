"""A function passes an image's URL to an endpoint: what its role may do, who may call it, and who is told."""

from functools import partial

from harness.scenario import (
    Constant,
    Endpoint,
    Function,
    HttpApi,
    Model,
    OpenModel,
    Payload,
    Program,
    Queue,
    Resource,
    Role,
    Rule,
    Scenario,
    Subscription,
    Topic,
    Variant,
    allow,
    denied,
    error_ratio,
    function_errors,
    grants_only_what_it_uses,
    invocations,
    published,
    refused_calls,
    result,
    still_there,
)
from scenarios._functions.roles import CODE, LAMBDA, keeps_its_log
from scenarios._functions.watching import ATTEMPTS, forget, intrude, watch
from scenarios._permissions.dogs import CLASSES, ENDPOINT, EVENTS, build, serve_events, url_of

SAGEMAKER_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
NAME, REPORTER = "dog-breeds", "report-caller"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:1.12-cpu-py38"

# What SageMaker does under the model's role is not called by the pipeline: fetching the artefact.
model_role = Role(
    "dog-breeds-model", statements=(allow("s3:GetObject", on="arn:aws:s3:::rehearsal-artefacts/*"),)
)
endpoint = Endpoint(ENDPOINT, Model("dog-breeds", build, model_role, IMAGE), service_time_s=0.3)

needs = (allow("sagemaker:InvokeEndpoint", on=endpoint), keeps_its_log(NAME))
needed = Role("dog-breeds-function", LAMBDA, needs)
full_access = Role("dog-breeds-function", LAMBDA, (keeps_its_log(NAME),), managed=(SAGEMAKER_FULL_ACCESS,))


def function(role: Role) -> Function:
    """Return the function under *role*."""
    return Function(NAME, "dog_breeds.handler", role, CODE, environment={"ENDPOINT": endpoint}, timeout_s=30)


# Who calls with a key, who has no business here, and how that is told: the trail of calls has what was
# refused, a rule looks for it, a function counts it, an alarm rings, on-call gets a message.
client = Role(
    "dog-breeds-client", "ec2.amazonaws.com", (allow("lambda:InvokeFunction", on=function(needed)),)
)
stranger = Role("somebody-else", "ec2.amazonaws.com", (allow("s3:ListAllMyBuckets"),))
security = Topic("unwanted-callers")
on_call = Queue("on-call", accepts=[security])
reporter = Function(
    REPORTER,
    "report_caller.handler",
    Role(
        REPORTER,
        LAMBDA,
        (
            keeps_its_log(REPORTER),
            allow(
                "cloudwatch:PutMetricData",
                when={"StringEquals": {"cloudwatch:namespace": "Rehearsal/Security"}},
            ),
        ),
    ),
    CODE,
    timeout_s=10,
)
unwanted = Rule(
    "unwanted-callers",
    {
        "source": ["aws.lambda", "aws.sagemaker"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"errorCode": ["AccessDenied"]},
    },
    (reporter,),
)

images = Payload(
    "images", [f'{{"url": "{url_of(breed, 5)}"}}' for breed in range(0, CLASSES, 7)], "application/json"
)
REQUESTS_PER_S, OVER_S = 0.2, 240


def api(role: Role) -> HttpApi:
    """Return the way in over HTTP."""
    return HttpApi("dog-breeds", function(role))


def resources(role: Role) -> list[Resource]:
    """Return the pipeline with the function under *role*."""
    return [
        endpoint,
        api(role),
        reporter,
        unwanted,
        Subscription(security, on_call),
    ]


def workload(role: Role) -> list[OpenModel]:
    """Return what comes by HTTP."""
    return [
        OpenModel(api(role), rate=Constant(REQUESTS_PER_S, over_s=OVER_S), payload=images, name="visitors")
    ]


only_what_it_needs = grants_only_what_it_uses(needed, "one action on one endpoint, and its own log")

scenario = Scenario(
    name="lambda-inference",
    description=(
        "A function passes image URLs to an endpoint and returns the scores of 133 dog breeds, behind an "
        "HTTP API, under a role that may call that endpoint and keep its log. Who calls it without the right "
        "to is refused, and on-call is told."
    ),
    resources=resources(needed),
    workload=workload(needed),
    programs=[
        Program("alarm", partial(watch, topic=security.aws_name)),
        Program("client", partial(serve_events, function=NAME), role=client),
        Program("stranger", partial(intrude, function=NAME, endpoint=ENDPOINT), role=stranger),
        Program("account-afterwards", forget, moment="after_load"),
    ],
    expectations=[
        result("client", "answered", "events").equals(EVENTS, "every event is answered"),
        result("client", "fewest", "scores").equals(CLASSES, "a score for each breed"),
        result("client", "most", "scores").equals(CLASSES, "a score for each breed"),
        result("client", "right", "events").equals(EVENTS, "the model knows its breeds"),
        error_ratio(api(needed)).equals(0, "every visitor is answered"),
        function_errors(function(needed)).equals(0),
        refused_calls(needed).equals(0, "what it needs it may"),
        denied(stranger, "lambda:InvokeFunction", function(needed)).equals(1, "nobody else gets in"),
        denied(stranger, "sagemaker:InvokeEndpoint", endpoint).equals(1, "nor past the function"),
        invocations(reporter).equals(2 * ATTEMPTS, "each refused call is seen"),
        published(security).at_least(1, "the alarm rings"),
        still_there(on_call).at_least(1, "and is read when on-call comes back"),
        only_what_it_needs,
    ],
    # What the functions take is measured here, and counts as many times: not faster.
    clock="compressed:30",
    as_written=Variant(
        defect=(
            "The function's role has AmazonSageMakerFullAccess: hundreds of actions, on every endpoint and "
            "on other services, to call one endpoint."
        ),
        must_fail=(only_what_it_needs.name,),
        resources=resources(full_access),
        workload=workload(full_access),
    ),
)
