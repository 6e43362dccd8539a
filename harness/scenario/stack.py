"""A stack: what deploys a scenario's resources in the place of the plan, and what it holds, by logical id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ScenarioError

if TYPE_CHECKING:
    from harness.scenario.spec import Resource
    from harness.scenario.stack_resources import Held
    from harness.templates.model import Template


@dataclass(frozen=True)
class Stack:
    """A CloudFormation or SAM template, a `cdk.out` folder, a Terraform folder or plan, or a Pulumi program.

    *path* is the template's file or folder, *parameters* fill its parameters or variables, *name* is the
    stack's (else the file's). *code* names, by logical id, the folder or zip of a function whose template
    says a place in S3 that is not here. *assume* says by logical id what no template does: `duration` and
    `init_time` of a function, `service_time_s`, `concurrency` and `queue_limit` of an endpoint. With
    *stand_in_models* an endpoint whose artefact is not here answers with the request itself; else its
    creation fails, as on AWS. With *apply* Terraform itself applies its folder, in a copy; names that its
    provider draws are then not known to the scenario.

    `stack["Jobs"]` is the queue, topic, function, endpoint... of that logical id as a scenario declares it,
    for the load and the expectations; `stack.resources` are all. Whatever is not looked at is in `notes`.
    ScenarioError says what of the template cannot be read, with file and line.
    """

    path: str | Path
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    name: str = ""
    assume: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    code: Mapping[str, str] = field(default_factory=dict, hash=False)
    stand_in_models: bool = False
    apply: bool = False

    def template(self, *, region: str = "", account: str = "") -> "Template":
        """Return what the template declares, with the names it would have in *account* and *region*."""
        from harness.config import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
        from harness.templates.load import load

        loaded = load(
            Path(self.path),
            parameters=self.parameters,
            stack=self.name,
            region=region or DEFAULT_REGION,
            account=account or DEFAULT_ACCOUNT_ID,
        )
        for logical_id, code in self.code.items():
            if logical_id not in loaded.resources or not Path(code).exists():
                raise ScenarioError(
                    f"Stack {self.path}: code names {logical_id!r} at {code!r}; it must be a function of the "
                    "stack and a folder or zip that is there"
                )
        local = {(logical_id, "Code"): str(Path(code).resolve()) for logical_id, code in self.code.items()}
        return replace(loaded, assets={**loaded.assets, **local})

    @cached_property
    def _held(self) -> "Held":
        from harness.scenario.stack_resources import Held

        return Held(self.template(), self.assume)

    @property
    def resources(self) -> "Sequence[Resource]":
        """Everything in the stack that a scenario has a word for, in an order in which it could be made."""
        return list(dict.fromkeys(self._held.by_logical_id.values()))  # an alias stands for its function

    @property
    def by_logical_id(self) -> "Mapping[str, Resource]":
        """The same by logical id; what a bucket tells has the ids of its entries, `Bucket.Queue...[0]`."""
        return self._held.by_logical_id

    @property
    def notes(self) -> Sequence[str]:
        """What the stack has that the scenario knows nothing of, a sentence each."""
        return self._held.notes

    def __getitem__(self, logical_id: str) -> Any:
        """Return the resource of *logical_id*; raise ScenarioError naming those that there are."""
        found = self._held.by_logical_id
        if logical_id not in found:
            raise ScenarioError(
                f"Stack {self.path}: it has no {logical_id!r} that a scenario could name; it has "
                f"{', '.join(found) or 'nothing'}"
            )
        return found[logical_id]
