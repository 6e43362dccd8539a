"""Who keeps the AWS state: the backends by name, and `open_backend`, which starts one and says what it can.

To support another emulator: one file with a `recipe`, one line in `REGISTRY`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from harness.backends import ministack, moto
from harness.backends.composite import Backend, Member, close_all
from harness.backends.emulator import Emulator, Recipe
from harness.backends.url import RunningEndpoint
from harness.config import Settings, check_endpoint
from harness.errors import ScenarioError

__all__ = ["REGISTRY", "Backend", "BackendPlan", "open_backend"]

# MiniStack has these too, but not as a rehearsal needs them: its alarms decide by themselves, while here the
# scaling alarms are decided by the harness and only shown by CloudWatch (moto's never move by themselves);
# it has no spot requests, and instances, groups and load balancers must share one network.
MOTO_SERVICES = (
    "sagemaker",
    "application-autoscaling",
    "monitoring",
    "ec2",
    "autoscaling",
    "elasticloadbalancing",
)


@dataclass(frozen=True, slots=True)
class BackendPlan:
    """A backend that can be started here: the first recipe answers whatever `services` gives to no other."""

    recipes: tuple[Callable[[Settings], Recipe], ...]
    # emulator's name -> the services it answers
    services: Mapping[str, Sequence[str]]


REGISTRY: Mapping[str, BackendPlan] = MappingProxyType(
    {
        "embedded": BackendPlan((ministack.recipe, moto.recipe), {"moto": MOTO_SERVICES}),
        "moto": BackendPlan((moto.recipe,), {}),
    }
)


def open_backend(name_or_url: str, settings: Settings, log_dir: Path) -> Backend:
    """Start the named backend (or connect to the URL); return it once it answers, its probes on the way.

    Its emulators write their logs to *log_dir*. AWS_ENDPOINT_URL_<SERVICE> addresses in *settings* answer
    their own services. Raises ScenarioError for an unknown name or an address that is not allowed, and
    EnvironmentFault, with nothing left running, when an emulator does not start.
    """
    members = _start(name_or_url, settings, log_dir)
    try:
        overrides = {service: RunningEndpoint(at) for service, at in settings.service_endpoints.items()}
    except BaseException:
        close_all(members)
        raise
    table = _table(name_or_url, members) | overrides
    everyone = [*members, *overrides.values()]
    return Backend(name_or_url, everyone, default=members[0], table=table, region=settings.region)


def _start(name_or_url: str, settings: Settings, log_dir: Path) -> list[Member]:
    if "://" in name_or_url:
        return [RunningEndpoint(check_endpoint(name_or_url, settings.allowed_endpoints))]
    plan = REGISTRY.get(name_or_url)
    if plan is None:
        names = ", ".join(REGISTRY)
        raise ScenarioError(f"Unknown backend {name_or_url!r}; choose {names} or an http:// address")
    emulators = [Emulator(recipe(settings), settings, log_dir) for recipe in plan.recipes]
    try:
        for emulator in emulators:
            emulator.spawn()
        for emulator in emulators:
            emulator.await_ready()
    except BaseException:
        close_all(emulators)
        raise
    return list(emulators)


def _table(name: str, members: Sequence[Member]) -> dict[str, Member]:
    """Return service -> emulator for all that the default one does not answer."""
    plan = REGISTRY.get(name)
    if plan is None:
        return {}
    by_name = {member.name: member for member in members}
    return {service: by_name[owner] for owner, services in plan.services.items() for service in services}
