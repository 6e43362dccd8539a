"""The same training in a job of SageMaker and on an instance of EC2: what each takes, and what it costs."""

from functools import partial

from harness.scenario import (
    Bucket,
    Image,
    MachineImage,
    Program,
    Role,
    Scenario,
    allow,
    billed_seconds,
    cost,
    instances,
    jobs,
    refused_calls,
    result,
)
from scenarios._training.instance import train
from scenarios._training.two_ways import (
    CONTAINER,
    EPOCHS,
    INSTANCE_TYPE,
    JOB,
    START_S,
    TRAINING_S,
    as_job,
    compare,
)

KNOWS = 0.9

models = Bucket("ec2-training-models")
job_role = Role(
    "ec2-training-job",
    "sagemaker.amazonaws.com",
    (
        allow("s3:PutObject", on=models.under("jobs/")),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    ),
)
worker = Role(
    "ec2-training-worker",
    "ec2.amazonaws.com",
    (allow("s3:GetObject", "s3:PutObject", on=models.under()), allow("s3:ListBucket", on=models)),
)
image = MachineImage(
    "ami-999844e0", partial(train, bucket=models, epochs=EPOCHS, epoch_s=0.0), seconds=START_S + TRAINING_S
)
scientist = Role(
    "ec2-training-scientist",
    "ec2.amazonaws.com",
    (
        allow("ec2:RunInstances", "ec2:DescribeInstances"),
        allow(
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeTrainingJob",
            on=f"arn:aws:sagemaker:{{region}}:{{account}}:training-job/{JOB}",
        ),
        allow("iam:PassRole", on=(job_role, worker)),
        allow("s3:GetObject", on=models.under()),
        allow("s3:ListBucket", on=models),
    ),
)

scenario = Scenario(
    name="ec2-training",
    description=(
        "A training runs as a job on an ml.m5.xlarge and, at the same time, on a t2.xlarge of EC2, which "
        "costs a fifth less by the hour; it must end itself, for nobody else does."
    ),
    resources=[models, Image(CONTAINER, as_job, TRAINING_S), image, job_role, worker],
    programs=[
        Program(
            "comparison",
            partial(compare, bucket=models, image=image, job_role=job_role, worker=worker),
            role=scientist,
        )
    ],
    expectations=[
        jobs("Completed").equals(1),
        instances("terminated").equals(1, "its last command is its own shutdown"),
        result("comparison", "instance_ended_itself").equals(1),
        result("comparison", "instance_accuracy").at_least(KNOWS),
        result("comparison", "job_accuracy").at_least(KNOWS),
        result("comparison", "less_by_the_hour").at_least(0.19, "0.1856 USD against 0.23 USD"),
        billed_seconds(INSTANCE_TYPE).at_least(TRAINING_S, "and what the system takes to start"),
        cost("ec2").below(cost("sagemaker"), "the same training, the cheaper hour"),
        refused_calls(scientist).equals(0),
        refused_calls(worker).equals(0),
    ],
    clock="compressed:60",
)
