"""Two projects have trained: Search finds the best model, and its lineage is traced from data to endpoint."""

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
    jobs,
    refused_calls,
    result,
)
from scenarios._experiments.searching import (
    BEST,
    DOGS,
    ENDPOINT,
    ENGINES,
    ENGINES_IMAGE,
    experiment,
    remove,
    search,
    serve,
    trace,
)
from scenarios._experiments.trainers import life

data = Bucket("experiments")
SAGEMAKER = "arn:aws:sagemaker:{region}:{account}"
LOGS = "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs"

training = Role(
    "experiments-training",
    "sagemaker.amazonaws.com",
    (
        allow("s3:ListBucket", on=data),
        allow("s3:GetObject", on=(data.under("images/"), data.under("engines/"), data.under("code/"))),
        allow("s3:PutObject", on=data.under("models/")),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=f"{LOGS}:*"),
    ),
)
# Search and lineage know no single resources: an analyst finds every job of the account, and changes none.
analyst = Role(
    "experiments-analyst",
    "ec2.amazonaws.com",
    (
        allow("sagemaker:Search", "sagemaker:QueryLineage"),
        allow("sagemaker:DescribeContext", on=f"{SAGEMAKER}:context/*"),
        allow("sagemaker:DescribeArtifact", on=f"{SAGEMAKER}:artifact/*"),
    ),
)

scenario = Scenario(
    name="experiment-search",
    description=(
        "Jobs of two projects train side by side: images of dogs, and the remaining life of engines. Search "
        "finds and ranks them by tag, metric, hyperparameter and data; the best model is served, and lineage "
        "is followed from its endpoint to its data and back."
    ),
    resources=[data, training, analyst, Image(ENGINES_IMAGE, life)],
    programs=[
        Program("experiments", partial(experiment, bucket=data.name, role=training.name)),
        Program("search", partial(search, bucket=data.name), role=analyst),
        Program("serving", partial(serve, role=training.name)),
        Program("lineage", partial(trace, bucket=data.name), role=analyst),
        Program("removal", remove, moment="after_load"),
    ],
    expectations=[
        jobs("Completed").equals(len(ENGINES) + len(DOGS), "every training ends well"),
        result("search", "engines", "jobs").equals(len(ENGINES), "by their tag, page by page"),
        result("search", "dogs", "jobs").equals(len(DOGS), "by their tag"),
        result("search", "ranked").equals(1, "by their metric"),
        result("search", "best_is_best").equals(1, f"{BEST} looks at more than the others"),
        result("search", "most_epochs_first").equals(1, "five epochs teach more than one"),
        result("search", "better_than_the_second", "jobs").equals(1, "a metric is compared as a number"),
        result("search", "trained_on_images", "jobs").equals(
            len(DOGS), "one channel holds both conditions of a nested filter"
        ),
        result("search", "with_squares", "jobs").equals(1, "by a hyperparameter"),
        job_metric(BEST, "validation:rmse", "cycles").below(50.0, "the spread of the lives is near 60"),
        result("lineage", "jobs", "jobs").equals(1, f"{ENDPOINT} serves the model of one job"),
        result("lineage", "job_is_the_best").equals(1),
        result("lineage", "data", "data sets").equals(2, "what it was trained and validated with"),
        result("lineage", "other_data", "data sets").equals(0, "the images of dogs have no part in it"),
        result("lineage", "endpoints_below_the_data", "endpoints").equals(1),
        result("lineage", "jobs_below_the_data", "jobs").equals(
            len(ENGINES), "all that learnt from the same data"
        ),
        result("removal", "still_known", "contexts").equals(1, "lineage outlives the endpoint"),
        refused_calls(training).equals(0, "the jobs may do what they must"),
        refused_calls(analyst).equals(0, "the analyst may look"),
        grants_only_what_it_uses(analyst, "and nothing else"),
    ],
    clock="compressed:120",
)
