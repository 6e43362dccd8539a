"""botocore's service models, read when first asked for and kept: 1 to 60 ms a service.

A service is what one model describes; several sign with one name (sagemaker and sagemaker-runtime), so that a
request's credential scope names a family of them.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import ServiceModel

Shape = Any  # botocore.model.Shape and its kin: botocore has no types of its own


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """One of botocore's services: its operations by name, its protocols, what X-Amz-Target begins with."""

    name: str
    api_version: str
    target_prefix: str
    protocols: frozenset[str]
    operations: frozenset[str]
    model: "ServiceModel" = field(repr=False)

    def input_of(self, operation: str) -> Shape | None:
        """Return the shape of the operation's input, None where it has none."""
        return _input(self.name, operation)


def family(signing_name: str) -> tuple[Service, ...]:
    """Return the services that sign as *signing_name*; empty for a name that botocore does not know."""
    names = _families().get(signing_name, (signing_name,))
    return tuple(found for found in (_service(name) for name in names) if found is not None)


def family_names(signing_name: str) -> Sequence[str]:
    """Return the names of the services that sign as *signing_name*, without reading their models."""
    return _families().get(signing_name, (signing_name,))


def load(signing_names: Iterable[str]) -> None:
    """Read the models of *signing_names* now, so that no request waits for them."""
    for name in signing_names:
        family(name)


@cache
def _families() -> Mapping[str, Sequence[str]]:
    return tomllib.loads(files(__package__).joinpath("services.toml").read_text(encoding="utf-8"))


@cache
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()


@cache
def _service(name: str) -> Service | None:
    from botocore.exceptions import UnknownServiceError
    from botocore.model import ServiceModel

    try:
        model = ServiceModel(_loader().load_service_model(name, "service-2"), name)
    except UnknownServiceError:
        return None
    about = model.metadata
    protocols = frozenset(about.get("protocols", ()) or ()) | {about["protocol"]}
    return Service(
        name,
        about.get("apiVersion", ""),
        about.get("targetPrefix", ""),
        protocols,
        frozenset(model.operation_names),
        model,
    )


@cache
def _input(service: str, operation: str) -> Shape | None:
    found = _service(service)
    return None if found is None else found.model.operation_model(operation).input_shape
