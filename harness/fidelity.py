"""What each topic of a run is worth: enforced, modelled, forwarded or not covered; shown in every report."""

from harness.journal import Fidelity

_MODEL = (
    "rules with their sources in docs/explanation/fidelity.md; unknowns are settings with stated defaults"
)


def fidelities(backend: str) -> list[Fidelity]:
    """Return the rows for a run on *backend*; what is not in them is not claimed."""
    rows = [
        ("endpoint life (Creating, InService, Updating, Failed)", "modelled", _MODEL),
        (
            "instance launch time, one join after another",
            "modelled",
            "lognormal, median 240 s, p95 600 s: three published timings",
        ),
        (
            "target tracking, step scaling, scheduled actions, alarms, cooldowns, activities",
            "modelled",
            _MODEL,
        ),
        (
            "alarms of your own that invoke a scaling policy",
            "modelled",
            "on metrics that this stage publishes of the variant; any other is an error finding",
        ),
        (
            "size of one scale-in step",
            "modelled",
            "AWS says gradual, not how much: one instance at a time by default",
        ),
        (
            "service time, concurrency and queue of an instance",
            "modelled",
            "assumed by the scenario, not measured on AWS",
        ),
        ("predictions", "enforced", "the real model answers, by onnxruntime on this machine"),
        ("invocation payload limit and 60 s time-out", "enforced", "25 MB (FAQ); 60 s (InvokeEndpoint)"),
        (
            "models, endpoint configurations, scalable targets",
            "forwarded",
            f"kept by the backend {backend!r}, probed at start",
        ),
        ("S3 objects, IAM roles", "forwarded", f"kept by the backend {backend!r}, probed at start"),
        (
            "permissions of the caller (IAM)",
            "not covered",
            "any key may call the endpoints; policies are stored only",
        ),
        ("throttling of API calls and account quotas", "not covered", "no limit is applied"),
        (
            "network time between client and endpoint",
            "not covered",
            "loopback; response times hold no network",
        ),
        (
            "provisioned concurrency of Lambda",
            "not covered",
            "stored by the backend; `harness simulate` plays its scaling in virtual time",
        ),
        (
            "metric math, percentiles and composite alarms in scaling",
            "not covered",
            "stored by the backend, with an error finding",
        ),
        ("billing", "not covered", "no cost is computed"),
    ]
    return [Fidelity(0.0, topic, how, probed) for topic, how, probed in rows]
