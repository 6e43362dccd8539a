"""New data in a bucket starts a training: S3 tells a topic, the topic a function, and that starts the job."""

from functools import partial

from harness.scenario import (
    Bucket,
    Function,
    Image,
    Notification,
    Program,
    Role,
    Scenario,
    Settle,
    Subscription,
    Topic,
    Variant,
    allow,
    denied,
    function_errors,
    invocations,
    jobs,
    refused_calls,
    result,
)
from scenarios._functions.algorithm import fit
from scenarios._functions.data import BROUGHT, OBJECTS, bring, invoke_directly, started
from scenarios._functions.roles import CODE, LAMBDA, keeps_its_log

BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
NAME = "start-training"

data = Bucket("workflow-data")
arrived = Topic("workflow-trigger", accepts=(data,))
# The container of SageMaker's XGBoost, which the function names; here something simpler stands for it.
algorithm = Image("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost", fit)
LOGS = "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs"
training = Role(
    "workflow-training",
    "sagemaker.amazonaws.com",
    (
        allow("s3:ListBucket", on=data),
        allow("s3:GetObject", on=data.under("prepared/*")),
        allow("s3:PutObject", on=data.under("models/*")),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=f"{LOGS}:*"),
    ),
)

needs = (
    keeps_its_log(NAME),
    allow("s3:GetObject", on=data.under("incoming/*")),
    allow("s3:PutObject", on=data.under("prepared/*")),
    allow(
        "sagemaker:CreateTrainingJob", on="arn:aws:sagemaker:{region}:{account}:training-job/train-incoming-*"
    ),
    allow(
        "iam:PassRole", on=training, when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    ),
)
stranger = Role("workflow-stranger", LAMBDA, (allow("sns:Publish", on=arrived),))


def trainer(role: Role) -> Function:
    """Return the function that starts trainings, under *role*."""
    return Function(
        NAME,
        "start_training.handler",
        role,
        CODE,
        environment={"TRAINING_ROLE": training},
        timeout_s=10,
        invoked_by=(arrived,),
    )


corrected = trainer(Role(NAME, LAMBDA, needs))
as_written = trainer(Role(NAME, LAMBDA, managed=(BASIC_EXECUTION,)))


def resources(function: Function) -> list[Bucket | Notification | Subscription | Role | Image]:
    """Return the pipeline with *function* at its end."""
    return [
        data,
        training,
        algorithm,
        Notification(data, arrived, prefix="incoming/"),
        Subscription(arrived, function),
    ]


def programs(function: Function) -> list[Program]:
    """Return who brings the data, who tries to go past it, and who looks at the end."""
    return [
        Program("data", partial(bring, bucket=data.name), moment="beside_load"),
        Program("stranger", partial(invoke_directly, function=function.name), role=stranger),
        Program("afterwards", started, moment="after_load"),
    ]


one_job_each = result("afterwards", "jobs", "jobs").equals(OBJECTS, "one for each object")
all_train = jobs("Completed").equals(OBJECTS, "each trains to its end")
training_may = refused_calls(training).equals(0, "the trainings may read their data and keep their models")
may_what_it_must = refused_calls(corrected.role).equals(0, "the function may do what it must")
no_errors = function_errors(corrected).equals(0)
only_by_the_topic = denied(stranger, "lambda:InvokeFunction", corrected).equals(1, "nobody let it in")

scenario = Scenario(
    name="workflow-trigger",
    description=(
        "An object in a bucket becomes a message, the message calls a function, and the function prepares "
        "the data and starts one training job for it, under a role that may do that and no more; the jobs "
        "train."
    ),
    resources=resources(corrected),
    programs=programs(corrected),
    expectations=[
        one_job_each,
        all_train,
        training_may,
        invocations(corrected).equals(
            BROUGHT + 1, "one for each that was brought, one for S3's test message"
        ),
        no_errors,
        may_what_it_must,
        only_by_the_topic,
    ],
    settle=Settle(at_most_s=400),
    clock="compressed:20",
    as_written=Variant(
        defect=(
            "The function's role may write its log and nothing else (AWSLambdaBasicExecutionRole): it can "
            "neither read the object nor start a training."
        ),
        must_fail=(one_job_each.name, no_errors.name, may_what_it_must.name),
        resources=resources(as_written),
        programs=programs(as_written),
        expectations=[one_job_each, no_errors, may_what_it_must, only_by_the_topic],
    ),
)
