"""A scenario: one value that says what is deployed, what happens to it and what must hold afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from harness.errors import ScenarioError
from harness.scenario.expectations import Expectation
from harness.scenario.faults import Fault
from harness.scenario.programs import Program
from harness.scenario.resources import Endpoint, Model, Role, check_name
from harness.scenario.workload import OpenModel

CORRECTED = "corrected"
AS_WRITTEN = "as-written"


@dataclass(frozen=True)
class Settle:
    """How long the run goes on when the load is over: until every endpoint is back at its minimum capacity, but at
    most `at_most_s` model seconds."""

    at_most_s: float


@dataclass(frozen=True)
class Variant:
    """The pipeline as its authors wrote it: the fields that differ, the defect, and what must therefore fail.

    A field left at None is the same as in the corrected scenario. `must_fail` names the expectations that the
    defect breaks; the variant reproduces the original only if exactly these fail.
    """

    defect: str
    must_fail: tuple[str, ...]
    resources: Sequence[Endpoint] | None = None
    workload: Sequence[OpenModel] | None = None
    programs: Sequence[Program] | None = None
    faults: Sequence[Fault] | None = None
    expectations: Sequence[Expectation] | None = None


@dataclass(frozen=True)
class Scenario:
    """Everything a rehearsal needs. `resources` are endpoints; their models and roles come with them.

    `clock` is the one that suits the scenario where the command line names none. `settings` are figures of the
    scaling model by name (`harness.endpoint`), where the scenario departs from their defaults.
    """

    name: str
    description: str
    resources: Sequence[Endpoint]
    expectations: Sequence[Expectation]
    workload: Sequence[OpenModel] = ()
    programs: Sequence[Program] = ()
    faults: Sequence[Fault] = ()
    settle: Settle | None = None
    clock: str = "compressed:60"
    as_written: Variant | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    variant: str = CORRECTED
    defect: str = ""
    must_fail: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name("Scenario", self.name)
        names = [endpoint.name for endpoint in self.resources]
        if len(set(names)) != len(names):
            raise ScenarioError(f"Scenario {self.name!r}: two endpoints have one name ({', '.join(sorted(names))})")
        if not self.expectations:
            raise ScenarioError(f"Scenario {self.name!r}: expectations is empty; a rehearsal without one proves nothing")
        for load in self.workload:
            if load.endpoint_name not in names:
                raise ScenarioError(
                    f"Scenario {self.name!r}: the workload calls {load.endpoint_name!r}, which is not among its resources"
                )

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants there are, the one that must pass first."""
        return (CORRECTED, AS_WRITTEN) if self.as_written else (CORRECTED,)

    def resolve(self, variant: str) -> "Scenario":
        """Return the scenario as *variant* has it; raise ScenarioError naming the ones there are."""
        if variant == CORRECTED:
            return self
        if variant != AS_WRITTEN or self.as_written is None:
            raise ScenarioError(
                f"Scenario {self.name!r} has no variant {variant!r}; it has {' and '.join(map(repr, self.variants))}"
            )
        written = self.as_written
        shared = {f.name for f in fields(Variant)} & {f.name for f in fields(Scenario)} - {"defect", "must_fail"}
        changed = {name: getattr(written, name) for name in shared if getattr(written, name) is not None}
        return replace(self, variant=variant, defect=written.defect, must_fail=written.must_fail, **changed)

    @property
    def models(self) -> list[Model]:
        """The models of the endpoints, each once, in order."""
        return list({endpoint.model.name: endpoint.model for endpoint in self.resources}.values())

    @property
    def roles(self) -> list[Role]:
        """The roles of the models, each once, in order."""
        return list({model.role.name: model.role for model in self.models}.values())
