"""A profile: what a load test measured of the model behind an endpoint, for simulations to start from.

`harness run` writes one (`profile.json`), `harness simulate --profile` reads it. What is measured is how long
the real model took for an answer, on the machine of the test: the profile says so, since an instance on AWS
is another machine.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.endpoint.distributions import Empirical
from harness.errors import ScenarioError
from harness.stats import percentile

SCHEMA_VERSION = 1
POINTS = 200  # equally likely service times that stand for all: the 99.75th percentile is the last
LEAST_ANSWERS = 20  # fewer say nothing about a 95th percentile


@dataclass(frozen=True, slots=True)
class Profile:
    """What was measured of one endpoint: `service_time_s` are equally likely spans, ascending.

    `max_rps` is the most requests a second that one instance can answer at these times; `saturated_rps` what
    one answered at most when the load filled it, None where it did not. `how` says where the figures are
    from; `instance_type` and `concurrency` are those the test assumed.
    """

    endpoint: str
    instance_type: str
    concurrency: int
    answers: int
    service_time_s: tuple[float, ...]
    max_rps: float
    how: str
    saturated_rps: float | None = None

    @property
    def service_time(self) -> Empirical:
        """The measured spans as a distribution."""
        return Empirical(self.service_time_s)


def profile_of(
    endpoint: str,
    instance_type: str,
    concurrency: int,
    predict_s: Sequence[float],
    saturated_rps: float | None = None,
) -> Profile | None:
    """Return the profile of the measured *predict_s* (seconds, any order), None when they are too few.

    *saturated_rps* is what one instance answered while every request waited, where the load came so far.
    """
    if len(predict_s) < LEAST_ANSWERS:
        return None
    ordered = sorted(predict_s)
    size = min(POINTS, len(ordered))
    points = tuple(percentile(ordered, (i + 0.5) / size) for i in range(size))
    mean = math.fsum(ordered) / len(ordered)
    how = (
        f"Service times: how long the model took for each of {len(ordered)} answers, on the machine that ran "
        "the test and not on an instance of AWS, without container and network. Maximum: concurrency divided "
        "by the mean of these times."
    )
    if saturated_rps is not None:
        how += " Saturated: answers a second of one modelled instance, at the scenario's own service time, "
        how += "over a minute in which every request waited."
    rate = concurrency / mean
    return Profile(endpoint, instance_type, concurrency, len(ordered), points, rate, how, saturated_rps)


def to_json(profiles: Sequence[Profile]) -> str:
    """Return the text of a `profile.json` of *profiles*."""
    rows = {
        one.endpoint: {
            "instance_type": one.instance_type,
            "concurrency": one.concurrency,
            "answers": one.answers,
            "service_time_s": list(one.service_time_s),
            "max_rps_per_instance": one.max_rps,
            "saturated_rps_per_instance": one.saturated_rps,
            "how": one.how,
        }
        for one in profiles
    }
    return json.dumps({"schema_version": SCHEMA_VERSION, "endpoints": rows}, indent=1) + "\n"


def read_profile(path: Path, endpoint: str = "") -> Profile:
    """Return the profile of *endpoint* in the file at *path*; of the only one there, whatever its name.

    A path that ends in #NAME names another endpoint of the file. Raises ScenarioError naming file and field
    when there is none or it cannot be read.
    """
    if "#" in path.name and not path.exists():
        name, _, endpoint = path.name.partition("#")
        path = path.with_name(name)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"--profile {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ScenarioError(f"--profile {path} is no JSON: {error}") from error
    rows = document.get("endpoints") if isinstance(document, dict) else None
    if not isinstance(rows, dict) or not rows or document.get("schema_version") != SCHEMA_VERSION:
        raise ScenarioError(
            f"--profile {path}: it is no profile of version {SCHEMA_VERSION}; name a profile.json that "
            "'harness run' wrote"
        )
    name = next(iter(rows)) if len(rows) == 1 else endpoint
    if name not in rows:
        raise ScenarioError(
            f"--profile {path}: it has no endpoint {name!r}, only {', '.join(rows)}; name one as {path}#NAME"
        )
    return _profile(path, name, rows[name])


def _profile(path: Path, name: str, row: Mapping[str, Any]) -> Profile:
    try:
        found = Profile(
            endpoint=name,
            instance_type=str(row["instance_type"]),
            concurrency=int(row["concurrency"]),
            answers=int(row["answers"]),
            service_time_s=tuple(map(float, row["service_time_s"])),
            max_rps=float(row["max_rps_per_instance"]),
            how=str(row["how"]),
            saturated_rps=row.get("saturated_rps_per_instance"),
        )
        _ = found.service_time
    except KeyError as error:
        raise ScenarioError(f"--profile {path}: endpoint {name!r} lacks the field {error}") from error
    except (TypeError, ValueError, ScenarioError) as error:
        raise ScenarioError(f"--profile {path}: endpoint {name!r} cannot be read: {error}") from error
    return found
