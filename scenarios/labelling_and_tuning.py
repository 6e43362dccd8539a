"""Mechanics label engines, a tuning job learns from the labels, and its best model judges other engines."""

from functools import partial

from harness.scenario import (
    Bucket,
    Image,
    Program,
    Role,
    Scenario,
    Workteam,
    allow,
    grants_only_what_it_uses,
    jobs,
    refused_calls,
    result,
)
from scenarios._experiments.labelling import (
    IMAGE,
    IN_SERVICE,
    OBJECTS,
    SIDE_BY_SIDE,
    TRAININGS,
    judge_all,
    label,
    tune,
)
from scenarios._experiments.mechanics import WORKERS, judge
from scenarios._experiments.trainers import wear

data = Bucket("engine-labels")
mechanics = Workteam("mechanics", judge, workers=WORKERS, seconds_s=4.0)
LOGS = "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/TrainingJobs"

labelling = Role(
    "engine-labelling",
    "sagemaker.amazonaws.com",
    (allow("s3:GetObject", "s3:PutObject", on=data.under("labels/")),),
)
learning = Role(
    "engine-learning",
    "sagemaker.amazonaws.com",
    (
        allow("s3:ListBucket", on=data),
        allow("s3:GetObject", on=(data.under("tuning/"), data.under("models/"), data.under("service/"))),
        allow("s3:PutObject", on=(data.under("models/"), data.under("judged/"))),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=f"{LOGS}:*"),
    ),
)
KNOWS = 0.85

scenario = Scenario(
    name="labelling-and-tuning",
    description=(
        "A labelling job asks three of six mechanics of each engine whether it is worn; a tuning job trains "
        f"{TRAININGS} models on the labels, {SIDE_BY_SIDE} at a time, and a transform job sends engines that "
        "nobody labelled through the best of them."
    ),
    resources=[data, labelling, learning, mechanics, Image(IMAGE, wear)],
    programs=[
        Program("labels", partial(label, bucket=data.name, role=labelling.name, team=mechanics.name)),
        Program("tuning", partial(tune, bucket=data.name, role=learning.name)),
        Program("transform", partial(judge_all, bucket=data.name, role=learning.name)),
    ],
    expectations=[
        result("labels", "seen_in_progress").equals(1, "a labelling job takes its time"),
        jobs("Completed", kind="labelling").equals(1),
        result("labels", "labelled", "engines").equals(OBJECTS, "each engine has its label"),
        result("labels", "unlabelled", "engines").equals(0),
        result("labels", "right", "labels").equals(OBJECTS, "one careless mechanic is outvoted"),
        result("labels", "unsure", "labels").at_least(1, "and leaves a lower confidence"),
        jobs("Completed", kind="tuning").equals(1),
        jobs("Completed", begins_with="engines-tuned-").equals(TRAININGS, "each is a training of its own"),
        result("tuning", "objectives", "trainings").equals(TRAININGS, "each tells the objective"),
        result("tuning", "points", "points").equals(TRAININGS, "no point is tried twice"),
        result("tuning", "best_is_best").equals(1, "BestTrainingJob has the highest accuracy"),
        result("tuning", "best_accuracy", "of the engines").at_least(KNOWS, "half of them are worn"),
        jobs("Completed", kind="transform").equals(1),
        result("transform", "answers", "engines").equals(IN_SERVICE, "one answer for each row"),
        result("transform", "in_order").equals(1, "each beside its engine"),
        result("transform", "accuracy", "of the engines").at_least(KNOWS, "on engines that nobody labelled"),
        refused_calls(labelling).equals(0, "the labelling job may do what it must"),
        refused_calls(learning).equals(0, "so may trainings and transform"),
        grants_only_what_it_uses(labelling, "labels and nothing else"),
        grants_only_what_it_uses(learning, "data in, models and answers out"),
    ],
    clock="compressed:120",
)
