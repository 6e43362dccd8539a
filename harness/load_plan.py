"""The plan of a load: a JSON file and the pools of bodies, written by the harness, read by the clients."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.config import ACCESS_KEY, DEFAULT_ACCOUNT_ID, DEFAULT_REGION, SECRET_KEY, check_endpoint
from harness.errors import ScenarioError
from harness.scenario import workload
from harness.scenario.workload import OpenModel, Payload

PLAN_FILE = "plan.json"
BEGIN_FILE = "begin.json"
ERROR_FILE = "error.json"

# InvokeEndpoint ends after 60 s by itself (SageMaker runtime API reference), so nobody need wait longer than
# that in model time; on a compressed clock real sockets still get this many real seconds.
DRAIN_MODEL_S = 60.0
DRAIN_REAL_S = 5.0
# A healthy process sends within a few milliseconds of the due moment (benchmarks/load.py measures it). Ten
# times as much means that the schedule was no longer kept and that the bursts it made are the client's own.
LAG_LIMIT_S = 0.050
# A message waits in a queue anyway, and its times count from when it was due: what matters is that the rate
# was kept from second to second.
MESSAGE_LAG_LIMIT_S = 0.500


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What a role's requests are signed with: its temporary credentials, or the account's own key."""

    access_key_id: str = ACCESS_KEY
    secret_access_key: str = SECRET_KEY
    session_token: str | None = None


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Everything the client processes need to know.

    `clock_zero` is the moment of model second 0 on `time.monotonic()`, shared by all processes of a machine.
    `start_at` is the model second of the load's start: the earliest one, since the load never begins before
    all client processes are ready. `role_keys` gives the key of each role that a model names.
    """

    gateway_url: str
    models: tuple[OpenModel, ...]
    results_dir: Path
    clock_zero: float
    seed: int | str = 0
    speed: float = 1.0
    start_at: float = 0.0
    region: str = DEFAULT_REGION
    account: str = DEFAULT_ACCOUNT_ID
    role_keys: Mapping[str, AccessKey] = field(default_factory=dict)
    drain_model_s: float = DRAIN_MODEL_S
    drain_real_s: float = DRAIN_REAL_S
    lag_limit_s: float = LAG_LIMIT_S
    allowed_endpoints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_endpoint(self.gateway_url, self.allowed_endpoints)
        if not self.models:
            raise ScenarioError("The load has no workload: models is empty; give at least one OpenModel")
        _check_unique("two models are called", [model.label for model in self.models])
        _check_unique("two different payloads are called", [pool.name for pool in _pools(self.models)])
        for name in ("speed", "drain_model_s", "drain_real_s", "lag_limit_s"):
            value = getattr(self, name)
            if not math.isfinite(value) or value <= 0.0:
                raise ScenarioError(f"The load's {name} ({value!r}) must be a finite number above 0")
        for model in self.models:
            if model.role_name is not None and model.role_name not in self.role_keys:
                raise ScenarioError(
                    f"OpenModel {model.label!r}: as_role {model.role_name!r} has no access key in role_keys"
                )

    @property
    def duration_s(self) -> float:
        """Return the model seconds from the load's start to its last possible due time."""
        return max(model.duration_s for model in self.models)

    @property
    def drain_s(self) -> float:
        """Return the real seconds that answers are waited for after the last due time."""
        return max(self.drain_model_s / self.speed, self.drain_real_s)

    def key_of(self, model: OpenModel) -> AccessKey:
        """Return what the requests of *model* are signed with."""
        return self.role_keys[model.role_name] if model.role_name is not None else AccessKey()


def write_plan(plan: LoadPlan) -> Path:
    """Write *plan* and its pools of bodies below its results directory; return the plan's file."""
    plan.results_dir.mkdir(parents=True, exist_ok=True)
    places: dict[str, str] = {}
    for number, pool in enumerate(_pools(plan.models)):
        places[pool.name] = f"payload-{number}.json"
        (plan.results_dir / places[pool.name]).write_text(json.dumps(_payload_to_json(pool)))
    values = {
        name: getattr(plan, name)
        for name in LoadPlan.__slots__
        if name not in ("models", "results_dir", "role_keys", "allowed_endpoints")
    }
    values |= {
        "results_dir": str(plan.results_dir.resolve()),
        "allowed_endpoints": list(plan.allowed_endpoints),
        "role_keys": {role: asdict(key) for role, key in plan.role_keys.items()},
        "models": [workload.to_json(one) | {"payload": places[one.payload.name]} for one in plan.models],
    }
    path = plan.results_dir / PLAN_FILE
    path.write_text(json.dumps(values, indent=1) + "\n")
    return path.resolve()


def read_plan(path: Path) -> LoadPlan:
    """Return the plan in the file at *path*; raise ScenarioError when it or a pool of it cannot be read."""
    try:
        values = json.loads(path.read_text())
        pools: dict[str, Payload] = {}
        for place in {one["payload"] for one in values["models"]}:
            pools[place] = _payload_from_json(json.loads((path.parent / place).read_text()))
        values["models"] = tuple(workload.from_json(one, pools[one["payload"]]) for one in values["models"])
        values["role_keys"] = {role: AccessKey(**key) for role, key in values["role_keys"].items()}
        values["results_dir"] = Path(values["results_dir"])
        values["allowed_endpoints"] = tuple(values["allowed_endpoints"])
        return LoadPlan(**values)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ScenarioError(
            f"The load plan {path} cannot be read ({error!r}); run the scenario anew"
        ) from error


def _pools(models: Sequence[OpenModel]) -> list[Payload]:
    """Return the payloads of *models*, each once."""
    found: list[Payload] = []
    for model in models:
        if model.payload not in found:
            found.append(model.payload)
    return found


def _check_unique(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"The load cannot be told apart: {what} {name!r}; give one another name")


def _payload_to_json(pool: Payload) -> dict[str, Any]:
    return {
        "name": pool.name,
        "content_type": pool.content_type,
        "accept": pool.accept,
        "pick": pool.pick,
        "numbered": pool.numbered,
        "attributes": list(pool.attributes),
        "groups": pool.groups,
        "bodies": [base64.b64encode(body).decode() for body in pool.bodies],
    }


def _payload_from_json(values: Mapping[str, Any]) -> Payload:
    bodies = [base64.b64decode(body, validate=True) for body in values["bodies"]]
    return Payload(**{**values, "bodies": bodies})
