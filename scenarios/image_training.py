"""Images are trained on by SageMaker, on one instance and on three, and an endpoint of each is asked."""

from functools import partial

from harness.scenario import (
    Bucket,
    Image,
    Program,
    Role,
    Scenario,
    allow,
    grants_only_what_it_uses,
    job_metric,
    job_seconds,
    jobs,
    refused_calls,
    result,
)
from scenarios._training.classifier import CLASSES
from scenarios._training.jobs_program import FOLDER, IMAGE, TRAIN_EACH, ask, bring, remove, serve, train

images = Bucket("dog-images")
# The code comes with each job, in script mode: for the container stands this machine's Python.
container = Image(IMAGE, FOLDER)
JOBS = {"dog-images-1": 1, "dog-images-3": 3}
SAGEMAKER = "arn:aws:sagemaker:{region}:{account}"
LOGS = "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs"

training = Role(
    "dog-images-training",
    "sagemaker.amazonaws.com",
    (
        allow("s3:ListBucket", on=images),
        allow("s3:GetObject", on=(images.under("images/"), images.under("code/"))),
        allow("s3:PutObject", on=images.under("models/")),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=f"{LOGS}:*"),
    ),
)
# What fetches an artefact for an endpoint is SageMaker's, and no call of the pipeline.
serving = Role(
    "dog-images-serving", "sagemaker.amazonaws.com", (allow("s3:GetObject", on=images.under("models/")),)
)
scientist = Role(
    "dog-images-scientist",
    "ec2.amazonaws.com",
    (
        allow("s3:PutObject", on=(images.under("images/"), images.under("code/"))),
        allow(
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeTrainingJob",
            on=f"{SAGEMAKER}:training-job/dog-images-*",
        ),
        allow("sagemaker:CreateModel", "sagemaker:DeleteModel", on=f"{SAGEMAKER}:model/dog-images-*"),
        allow(
            "sagemaker:CreateEndpoint",
            "sagemaker:DescribeEndpoint",
            "sagemaker:DeleteEndpoint",
            "sagemaker:InvokeEndpoint",
            on=f"{SAGEMAKER}:endpoint/dog-images-*",
        ),
        allow(
            "sagemaker:CreateEndpointConfig",
            "sagemaker:DeleteEndpointConfig",
            on=f"{SAGEMAKER}:endpoint-config/dog-images-*",
        ),
        allow("sagemaker:CreateEndpoint", on=f"{SAGEMAKER}:endpoint-config/dog-images-*"),
        allow(
            "iam:PassRole",
            on=(training, serving),
            when={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
    ),
)

one, three = JOBS
KNOWS = 0.9

scenario = Scenario(
    name="image-training",
    description=(
        "Generated images of 133 classes go to S3; a training job learns them on one ml.m5.xlarge, another "
        "on three, which share the images and add up what they learn; an endpoint of each is asked side by "
        "side. Guessing would be right once in 133 times."
    ),
    resources=[images, container, training, serving, scientist],
    programs=[
        Program("images", partial(bring, bucket=images.name), role=scientist),
        Program(
            "training",
            partial(train, bucket=images.name, role=training.name, jobs=JOBS),
            role=scientist,
        ),
        Program("serving", partial(serve, role=serving.name, jobs=JOBS), role=scientist),
        Program("client", partial(ask, jobs=JOBS), role=scientist),
        Program("removal", partial(remove, jobs=JOBS), role=scientist, moment="after_load"),
    ],
    expectations=[
        result("images", "images", "images").equals(CLASSES * TRAIN_EACH, "all classes alike"),
        jobs("Completed").equals(len(JOBS), "both trainings end well"),
        job_metric(one, "test accuracy").at_least(KNOWS, "it knows its classes"),
        job_metric(three, "test accuracy").at_least(KNOWS, "three that share the images know them as well"),
        job_seconds(one).at_least(1, "training takes time"),
        job_seconds(three).at_least(1, "training takes time"),
        result("serving", "in_service", "endpoints").equals(len(JOBS), "side by side"),
        result("client", f"{one}-right", "of the images").at_least(KNOWS, "what was trained is what serves"),
        result("client", f"{three}-right", "of the images").at_least(
            KNOWS, "what was trained is what serves"
        ),
        result("client", "agree", "of the images").at_least(KNOWS, "two trainings of the same images"),
        refused_calls(training).equals(0, "the jobs may do what they must"),
        grants_only_what_it_uses(training, "the images, the code, the models, and the log"),
    ],
    clock="compressed:120",
)
