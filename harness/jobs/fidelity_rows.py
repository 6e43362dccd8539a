"""What jobs, Search and lineage here are worth: (topic, how, on what)."""

# Of training and processing jobs themselves.
JOBS: tuple[tuple[str, str, str], ...] = (
    (
        "training and processing jobs: statuses, channels, artefacts, checkpoints, metrics, logs, limits",
        "enforced",
        "a local process for each instance, under the role of the job and by the contract of SageMaker's "
        "containers; what containers are made of is this machine's Python",
    ),
    (
        "launch of a job's instances, spot capacity and its price",
        "modelled",
        "AWS documents no times: settings with stated defaults (job_launch_s, spot_wait_s, spot_price_ratio)",
    ),
    (
        "speed, memory and GPUs of a job's instance types",
        "not covered",
        "a job takes what it takes here, or the seconds that its Image is given",
    ),
    (
        "Pipe and FastFile mode, heterogeneous clusters, warm pools, debugger rules, profiler, EFS and FSx",
        "not covered",
        "refused with the reason, or stored and not acted on",
    ),
)

DERIVED: tuple[tuple[str, str, str], ...] = (
    (
        "hyperparameter tuning jobs: limits, ranges and scales, early stopping, best training, counters",
        "enforced",
        "each training really runs; random, grid and hyperband choose as documented",
    ),
    (
        "Bayesian tuning: which point comes next",
        "modelled",
        "a Gaussian process with expected improvement; AWS documents no model, so that its points differ",
    ),
    (
        "Autotune, CompleteOnConvergence",
        "not covered",
        "refused with the reason",
    ),
    (
        "batch transform: splitting, batches, filters, joins, keys of the output",
        "enforced",
        "the model.onnx of the artefact answers, under the role of the model; one stream for all instances",
    ),
    ("RecordIO, TFRecord and chunked payloads in batch transform", "not covered", "refused with the reason"),
    (
        "Search: operators, nested filters, order, pages; lineage and its queries",
        "enforced",
        "over training and tuning jobs, models, endpoints, experiments, trials and their components, model "
        "packages; other kinds are refused with an error finding",
    ),
    (
        "people who label",
        "modelled",
        "answers come from the declared work teams, each worker takes the seconds declared; a classification "
        "is the majority's, where AWS weighs workers by their agreement",
    ),
    (
        "automated data labeling, streaming labeling jobs, task types other than classification",
        "not covered",
        "refused, or done by workers with a warning; functions of your own make any other label",
    ),
)
