"""Three roles of one pipeline: each does its own work and is refused that of the others."""

from functools import partial

from harness.scenario import (
    Expectation,
    Image,
    Program,
    Role,
    Scenario,
    Variant,
    allow,
    denied,
    grants_only_what_it_uses,
    jobs,
    refused_calls,
    result,
)
from scenarios._permissions.attempts import Attempt
from scenarios._permissions.regression import fit
from scenarios._permissions.turbofan import (
    CONFIG_ARN,
    CRAWLER_ARN,
    CURATED,
    CYCLES,
    DATASETS,
    ENDPOINT_ARN,
    ENGINES,
    FIREHOSE_DUTIES,
    GLUE_DUTIES,
    IMAGE,
    JOB_ARN,
    MODEL_ARN,
    MODELS,
    PASSING_GLUES,
    RAW,
    SAGEMAKER_DUTIES,
    SAGEMAKER_ROLE,
    SENSORS,
    TRAINING_ARN,
    clear_away,
    curate,
    deliver,
    prepare,
    train_and_deploy,
)

# What the consoles offer for these roles; AWS managed policies.
S3_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
GLUE_SERVICE = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
SAGEMAKER_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"

LOGS = "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs"
FIREHOSE, GLUE, SAGEMAKER = "turbofan-firehose", "turbofan-glue", "turbofan-sagemaker"

firehose = Role(FIREHOSE, "firehose.amazonaws.com", (allow("s3:PutObject", on=RAW.under(SENSORS)),))
glue = Role(
    GLUE,
    "glue.amazonaws.com",
    (
        allow("s3:ListBucket", on=RAW, when={"StringEquals": {"s3:prefix": SENSORS}}),
        allow("s3:GetObject", on=RAW.under(SENSORS)),
        allow("s3:PutObject", on=CURATED.under(DATASETS)),
        allow("glue:StartCrawler", "glue:GetCrawler", on=CRAWLER_ARN),
        allow("glue:StartJobRun", "glue:GetJobRun", on=JOB_ARN),
    ),
)
sagemaker = Role(
    SAGEMAKER,
    "sagemaker.amazonaws.com",
    (
        allow("s3:ListBucket", on=CURATED),
        allow("s3:GetObject", on=CURATED.under(DATASETS)),
        allow("s3:PutObject", on=CURATED.under(MODELS)),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=f"{LOGS}:*"),
        allow("sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", on=TRAINING_ARN),
        allow("sagemaker:CreateModel", on=MODEL_ARN),
        allow("sagemaker:CreateEndpointConfig", on=CONFIG_ARN),
        allow("sagemaker:CreateEndpoint", on=(ENDPOINT_ARN, CONFIG_ARN)),
        allow("sagemaker:DescribeEndpoint", on=ENDPOINT_ARN),
        allow(
            "iam:PassRole",
            on=SAGEMAKER_ROLE,
            when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ),
)

glue_as_written = Role(GLUE, "glue.amazonaws.com", managed=(GLUE_SERVICE, S3_FULL_ACCESS))
# The managed policy knows only buckets that have SageMaker in their names.
sagemaker_as_written = Role(
    SAGEMAKER, "sagemaker.amazonaws.com", sagemaker.statements[:3], managed=(SAGEMAKER_FULL_ACCESS,)
)

# Whose work each role tries beside its own.
OTHERS: dict[str, tuple[Attempt, ...]] = {
    FIREHOSE: (*GLUE_DUTIES, *SAGEMAKER_DUTIES),
    GLUE: (*FIREHOSE_DUTIES, *SAGEMAKER_DUTIES),
    SAGEMAKER: (*FIREHOSE_DUTIES, *GLUE_DUTIES, PASSING_GLUES),
}


def programs(glue: Role, sagemaker: Role) -> list[Program]:
    """Return the pipeline with the account before and after it."""
    return [
        Program("account", prepare),
        Program("firehose", partial(deliver, others=OTHERS[FIREHOSE]), role=firehose),
        Program("glue", partial(curate, others=OTHERS[GLUE]), role=glue),
        Program(
            "sagemaker",
            partial(train_and_deploy, others=OTHERS[SAGEMAKER]),
            role=sagemaker,
        ),
        Program("account-afterwards", clear_away, moment="after_load"),
    ]


def its_work_is_done() -> list[Expectation]:
    """Return that each role did what it is there for."""
    rows = ENGINES * CYCLES
    return [
        result("firehose", "objects").equals(ENGINES, "one for each engine"),
        result("glue", "rows").equals(rows, "every reading in the dataset"),
        jobs("Completed").equals(1, "the training reads the dataset and leaves a model"),
        result("sagemaker", "in_service").equals(1, "the endpoint that the role makes"),
    ]


def is_denied(role: Role, attempt: Attempt) -> Expectation:
    """Return that *role* is denied what is the business of another."""
    return denied(role, attempt.action, attempt.on).equals(1, "the business of another role")


def nothing_else(role: Role) -> list[Expectation]:
    """Return that *role* was denied each call of the others, and nothing else, and holds no more."""
    others = OTHERS[role.name]
    return [
        *(is_denied(role, attempt) for attempt in others),
        refused_calls(role).equals(len(others), "what it tried beside its own work"),
        grants_only_what_it_uses(role),
    ]


# What the policies of the consoles let through: Glue forges raw data and models, SageMaker looks at raw data,
# starts Glue's job and trains under Glue's role.
LET_THROUGH = [
    *((glue, attempt) for attempt in (*FIREHOSE_DUTIES, *SAGEMAKER_DUTIES[:2])),
    *((sagemaker, attempt) for attempt in (GLUE_DUTIES[0], GLUE_DUTIES[-1], PASSING_GLUES)),
]
TOO_MUCH = tuple(
    one.name for role in (glue, sagemaker) for one in (refused_calls(role), grants_only_what_it_uses(role))
)

expectations = [
    *its_work_is_done(),
    *nothing_else(firehose),
    *nothing_else(glue),
    *nothing_else(sagemaker),
]

scenario = Scenario(
    name="least-privilege-roles",
    description=(
        "Firehose writes raw data, Glue makes datasets of them, SageMaker trains and deploys; each under a "
        "role that holds just that, and each tries the others' work and is refused."
    ),
    resources=[RAW, CURATED, Image(IMAGE, fit)],
    programs=programs(glue, sagemaker),
    expectations=expectations,
    clock="compressed:240",
    as_written=Variant(
        defect=(
            "The text gives each role its own work and nothing else; attached are the policies that the "
            "consoles offer: AmazonS3FullAccess and AWSGlueServiceRole for Glue, AmazonSageMakerFullAccess. "
            "Glue may forge raw data and models; SageMaker may start Glue's job and train under its role."
        ),
        must_fail=(*(is_denied(*one).name for one in LET_THROUGH), *TOO_MUCH),
        programs=programs(glue_as_written, sagemaker_as_written),
    ),
)
