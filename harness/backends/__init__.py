"""Who keeps the AWS state: the backends by name, and `open_backend`, which starts one and says what it can.

To support another emulator: one file with a `recipe`, one line in `REGISTRY`.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from harness.backends import ministack, moto
from harness.backends.composite import Backend, close_all
from harness.backends.localstack import open_localstack
from harness.backends.opening import Emulators, Opened, Opener, Opening
from harness.backends.url import RunningEndpoint
from harness.config import Settings, check_endpoint
from harness.errors import ScenarioError

__all__ = ["REGISTRY", "Backend", "open_backend"]

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

REGISTRY: Mapping[str, Opener] = MappingProxyType(
    {
        "embedded": Emulators((ministack.recipe, moto.recipe), {"moto": MOTO_SERVICES}),
        "moto": Emulators((moto.recipe,)),
        "localstack": open_localstack,
    }
)


def open_backend(
    name_or_url: str,
    settings: Settings,
    log_dir: Path,
    *,
    enforce: bool = True,
    clock_shift: Path | None = None,
) -> Backend:
    """Start the named backend (or connect to the URL); return it once it answers.

    Its emulators write their logs to *log_dir*. AWS_ENDPOINT_URL_<SERVICE> addresses in *settings* answer
    their own services. With `enforce` False the emulators that check policies let every call pass, and their
    time of day is ahead by what the file *clock_shift* says (see shifted_clock.py); both are for tests, and
    neither reaches an emulator that runs already. Raises ScenarioError for an unknown name or an address that
    is not allowed, and EnvironmentFault, with nothing left running, when an emulator does not start.
    """
    opened = _open(name_or_url, Opening(settings, log_dir, enforce, clock_shift))
    try:
        overrides = {service: RunningEndpoint(at) for service, at in settings.service_endpoints.items()}
    except BaseException:
        close_all(opened.members)
        raise
    return Backend(
        name_or_url,
        [*opened.members, *overrides.values()],
        default=opened.default,
        table={**opened.table, **overrides},
        region=settings.region,
        account_id=opened.account_id,
        lacks=opened.lacks,
    )


def _open(name_or_url: str, opening: Opening) -> Opened:
    if "://" in name_or_url:
        running = RunningEndpoint(check_endpoint(name_or_url, opening.settings.allowed_endpoints))
        account_id = running.account_id(opening.settings)
        return Opened((running,), running, {}, account_id)
    opener = REGISTRY.get(name_or_url)
    if opener is None:
        names = ", ".join(REGISTRY)
        raise ScenarioError(f"Unknown backend {name_or_url!r}; choose {names} or an http:// address")
    return opener(opening)
