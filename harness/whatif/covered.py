"""What each topic of a simulated run is worth: modelled or not covered; shown in its report."""

from harness.journal import Fidelity

_MODEL = "rules with their sources: docs/explanation/fidelity.md; the undocumented is varied for ranges"


def fidelities(functions: bool = False) -> list[Fidelity]:
    """Return the rows for a run on the virtual clock, with *functions* if they are called; nothing else is
    claimed."""
    rows = [
        ("alarms, policies, cooldowns, scheduled actions, activities", "modelled", _MODEL),
        ("endpoint life, launches, joins, scale-in", "modelled", _MODEL),
        (
            "service time, concurrency and queue of an instance",
            "modelled",
            "as given, measured by a profile, or assumed: see the model's settings",
        ),
        ("moments of scaling activities", "modelled", "each with the range that the unknown settings allow"),
        (
            "API calls, permissions, models, predictions",
            "not covered",
            "no call is made in virtual time",
        ),
        ("network time between client and endpoint", "not covered", "response times hold no network"),
        ("billing", "not covered", "no cost is computed"),
    ]
    if functions:
        rows += [
            ("functions: admission, cold starts, provisioned concurrency", "modelled", _MODEL),
            ("functions: handlers, triggers, events, queues", "not covered", "no code runs in virtual time"),
        ]
    return [Fidelity(0.0, topic, how, probed) for topic, how, probed in rows]
