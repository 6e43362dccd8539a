"""Capacity, and how long scaling took: the questions of `harness.scenario.expectations.scaling`, of each
resource that has a scalable target."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.journal import (
    AlarmChanged,
    CapacityChanged,
    MetricPublished,
    PhaseStarted,
    PolicyPut,
    ScalingActivity,
    TargetRegistered,
)
from harness.summary.scaling import resource_of
from harness.thresholds.found import Counted, Found, Nothing, Values
from harness.thresholds.measures.run import Follow, Following, Run, Tags, about, values

if TYPE_CHECKING:
    from harness.scenario.expectations.expectation import Question

_TEARDOWN = "teardown"
HIGH = ("high", "ALARM")


@dataclass(frozen=True, slots=True)
class Resource:
    """A scaled resource as the questions about scaling know it."""

    name: str
    resource_id: str


def _is_of(resource_id: str, name: str) -> bool:
    """Return whether *name* means the resource: an endpoint by its name, anything by its ResourceId."""
    return name == resource_id or resource_id.split("/")[1:2] == [name]


def _capacity(of: Callable[[CapacityChanged], int]) -> Following:
    def follow(tags: Tags) -> Follow:
        over = False

        def each(one: Any) -> Iterator[float]:
            nonlocal over
            if isinstance(one, PhaseStarted):
                over = over or one.phase == _TEARDOWN
            elif not over and ("endpoint" not in tags or _is_of(resource_of(one), tags["endpoint"])):
                yield float(of(one))

        return each

    return Following((CapacityChanged, PhaseStarted), follow)


IN_SERVICE = _capacity(lambda one: one.in_service)
DESIRED = _capacity(lambda one: one.desired)


def in_service(run: Run, tags: Tags) -> Found:
    """Return how many instances of each variant were in service, change by change."""
    return _changes(run, tags, IN_SERVICE, "in service")


def desired(run: Run, tags: Tags) -> Found:
    """Return how many instances of each variant were asked for, change by change."""
    return _changes(run, tags, DESIRED, "asked for")


def _changes(run: Run, tags: Tags, following: Following, what: str) -> Found:
    found = run.each(following, tags)
    said = f"{len(found)} changes of the instances {what}{about(tags)}"
    return values(said, found, f"Nothing{about(tags)} ever had a capacity")


# -- how long it took -----


def _question(name: str) -> "Callable[[Resource], Question]":
    """Return the question of the house that is called *name*; its room imports this one."""
    from harness.scenario.expectations import scaling

    found: Callable[[Resource], Question] = getattr(scaling, name)
    return found


def span(name: str) -> Callable[[Run, Tags], Found]:
    """Return the measure that answers the question *name* for each scaled resource."""
    return lambda run, tags: _asked(run, tags, _question(name))


def following(name: str) -> Following:
    """Return what is known of the question *name* on the way: its answer, once there is one.

    The records that it is asked of are few: a metric's minutes, alarms, activities.
    """

    def follow(tags: Tags) -> Follow:
        question = _question(name)
        kept: list[Any] = []
        answered: set[str] = set()

        def each(one: Any) -> Iterator[float]:
            kept.append(one)
            if not isinstance(one, ScalingActivity) or one.resource_id in answered:
                return
            if "endpoint" in tags and not _is_of(one.resource_id, tags["endpoint"]):
                return
            value, _ = question(_resource(one.resource_id)).measure(kept)
            if value is not None:
                answered.add(one.resource_id)
                yield value

        return each

    return Following((PolicyPut, MetricPublished, AlarmChanged, ScalingActivity), follow)


def _asked(run: Run, tags: Tags, question: "Callable[[Resource], Question]") -> Found:
    """Return the answers for each scaled resource that has one.

    Nothing as soon as one has none though its alarm asked for more: the others must not hide it.
    """
    resources = _resources(run, tags)
    answers = [(one, *question(one).measure(run.records)) for one in resources]
    found = [value for _, value, _ in answers if value is not None]
    missing = [said for _, value, said in answers if value is None]
    alarmed = {one.resource_id for one in run.seen.all(AlarmChanged) if (one.direction, one.after) == HIGH}
    stuck = [said for one, value, said in answers if value is None and one.resource_id in alarmed]
    if stuck or not found:
        return Nothing("; ".join(stuck or missing) or f"Nothing{about(tags)} has a scalable target")
    return Values("; ".join(said for _, value, said in answers if value is not None), found)


def _resources(run: Run, tags: Tags) -> list[Resource]:
    ids = dict.fromkeys(one.resource_id for one in run.seen.all(TargetRegistered))
    named = [each for each in ids if "endpoint" not in tags or _is_of(each, tags["endpoint"])]
    return list(map(_resource, named))


def _resource(resource_id: str) -> Resource:
    return Resource(resource_id.split("/")[1] if "/" in resource_id else resource_id, resource_id)


# -- activities -----


def scale_outs(run: Run, tags: Tags) -> Found:
    """Return how many activities asked for more."""
    return _activities(run, tags, "activities", "scale-outs", lambda one: one["to"] > one["from"])


def scale_ins(run: Run, tags: Tags) -> Found:
    """Return how many activities asked for fewer."""
    return _activities(run, tags, "activities", "scale-ins", lambda one: one["to"] < one["from"])


def not_scaled(run: Run, tags: Tags) -> Found:
    """Return how often an alarm changed nothing."""
    return _activities(run, tags, "not_scaled", "alarms without a change", lambda one: True)


def _activities(
    run: Run, tags: Tags, part: str, words: str, counts: Callable[[dict[str, Any]], bool]
) -> Found:
    targets = run.part("scaling", "targets")
    named = [each for each in targets if "endpoint" not in tags or _is_of(each, tags["endpoint"])]
    if not named:
        return Nothing(f"Nothing{about(tags)} has a scalable target")
    count = sum(counts(one) for each in named for one in targets[each].get(part, ()))
    return Counted(f"{count} {words}{about(tags)}", count, run.span_s)
