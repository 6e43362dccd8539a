"""Stacks made, updated and deleted, with what CloudFormation does when something fails on the way.

CloudFormation user guide, "Stack failure options" and "Understand update behaviors of stack resources".
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.stacks.kind import Refused, Surroundings, Unreachable
from harness.stacks.outcome import Change, Deployed, Event, Failure, Placed
from harness.stacks.registry import kind_of, replacing, why_not
from harness.stacks.schema import schema_of
from harness.stacks.working import Failed, Work, changed_properties
from harness.templates.model import Resource, Template
from harness.templates.names import generated_name
from harness.templates.order import order
from harness.templates.references import namings
from harness.templates.tokens import tokens_in

Tell = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """Tell nobody."""


def problems(template: Template) -> tuple[Failure, ...]:
    """Return what can be said against *template* before anything is made: unknown types and properties."""
    found = []
    for resource in template.resources.values():
        if reason := why_not(resource.type):
            said = f"{resource.type} is not made here: {reason}"
            found.append(Failure(resource.logical_id, resource.type, said, resource.at()))
            continue
        known = schema_of(resource.type).properties
        for name in resource.properties:
            if known and name not in known:
                said = f"Encountered unsupported property {name}"
                found.append(Failure(resource.logical_id, resource.type, said, resource.at(name)))
    return tuple(found)


def unkept(template: Template) -> tuple[Failure, ...]:
    """Return the properties that are taken and of which no emulator keeps anything."""
    return tuple(
        Failure(one.logical_id, one.type, f"{name} is taken and nothing comes of it here", one.at(name))
        for one in template.resources.values()
        if (kind := kind_of(one.type)) is not None
        for name in one.properties
        if name in kind.unused
    )


def deploy(
    template: Template, where: Surroundings, *, tell: Tell = nobody, keeps_on_failure: bool = False
) -> Deployed:
    """Return the stack that *template* makes; what was made is removed again where one resource fails.

    With *keeps_on_failure* it stays ("DO_NOTHING"). Raises ScenarioError for a circle of references. A
    backend that is away is a failure like any other.
    """
    if found := problems(template):
        return Deployed(template.stack, "ROLLBACK_COMPLETE", failure=found[0], template=template)
    work = Work(template, where, tell, {})
    try:
        for logical_id in order(template):
            work.make(template.resources[logical_id])
        work.settle_all()
        outputs = _outputs(work, template)
    except (Failed, Refused, Unreachable) as error:
        failure = _failure_of(error)
        if keeps_on_failure:
            return _deployed(work, "CREATE_FAILED", failure=failure)
        left = _remove_all(work, work.placed.values())
        status = "ROLLBACK_FAILED" if left else "ROLLBACK_COMPLETE"
        work.placed = {each.logical_id: each for each in left}
        return _deployed(work, status, failure=failure, left=left)
    return _deployed(work, "CREATE_COMPLETE", outputs=outputs)


def delete(stack: Deployed, where: Surroundings, *, tell: Tell = nobody) -> Deployed:
    """Return *stack* after its resources were removed, the last that was made first."""
    work = Work(_template_of(stack), where, tell, {})
    left = _remove_all(work, stack.resources.values())
    work.placed = {each.logical_id: each for each in left}
    failure = None
    if left:
        reasons = {each.logical_id: each.reason for each in work.events if each.status == "DELETE_FAILED"}
        names = ", ".join(each.logical_id for each in left)
        failure = Failure(left[0].logical_id, left[0].type, f"[{names}]: {reasons[left[0].logical_id]}")
    return _deployed(work, "DELETE_FAILED" if left else "DELETE_COMPLETE", failure=failure, left=left)


def update(before: Deployed, template: Template, where: Surroundings, *, tell: Tell = nobody) -> Deployed:
    """Return *before* as *template* wants it: each resource made, changed, replaced, left or removed.

    Where one fails, what was changed is changed back and what was made is removed.
    """
    if found := problems(template):
        return replace(before, status="UPDATE_ROLLBACK_COMPLETE", failure=found[0], events=())
    updating = _Updating(before, template, where, tell)
    try:
        updating.go()
        outputs = _outputs(updating.work, template)
    except (Failed, Refused, Unreachable) as error:
        return updating.back(_failure_of(error))
    left = updating.clean()
    return _deployed(updating.work, "UPDATE_COMPLETE", outputs=outputs, left=left)


def plan(before: Deployed | None, template: Template) -> tuple[Change, ...]:
    """Return what an update of *before* to *template* would do; for None, what making it would."""
    had: Mapping[str, Placed] = {} if before is None else before.resources
    changes: list[Change] = []
    replaced: dict[str, str] = {}  # with the names that their successors will not have
    for logical_id in order(template):
        resource, old = template.resources[logical_id], had.get(logical_id)
        if old is None:
            changes.append(Change("Add", logical_id, "", resource.type))
            continue
        change = _planned(old, resource, replaced)
        if change is not None:
            changes.append(change)
            if change.replacement in ("True", "Conditional"):
                replaced[logical_id] = _chosen(resource)
    for logical_id, old in reversed(list(had.items())):
        if logical_id not in template.resources:
            changes.append(Change("Remove", logical_id, old.physical_id, old.type))
    return tuple(changes)


def _planned(old: Placed, resource: Resource, replaced: Mapping[str, str]) -> Change | None:
    names = changed_properties(old.declared, resource.properties)
    by_reference = tuple(
        name for name, value in resource.properties.items() if name not in names and _refers(value, replaced)
    )
    if not names and not by_reference and old.type == resource.type:
        return None
    certain = old.type != resource.type or bool(set(names) & replacing(resource.type)) or _only_anew(resource)
    maybe = bool(set(by_reference) & replacing(resource.type))
    verdict: Any = "True" if certain else "Conditional" if maybe else "False"
    return Change("Modify", old.logical_id, old.physical_id, resource.type, verdict, (*names, *by_reference))


def _refers(value: Any, replaced: Mapping[str, str]) -> bool:
    """Return whether *value* refers to one of *replaced*, by token or by its chosen name."""
    if any(logical_id in replaced for logical_id, _ in tokens_in(value)):
        return True
    text = json.dumps(value, default=str)
    return any(name and name in text for name in replaced.values())


def _only_anew(resource: Resource) -> bool:
    kind = kind_of(resource.type)
    return kind is not None and kind.change is None


class _Updating:
    """An update under way: what was changed, what was made, and what is to be removed at its end."""

    def __init__(self, before: Deployed, template: Template, where: Surroundings, tell: Tell) -> None:
        renames = {
            name: placed.kept_name
            for logical_id, placed in before.resources.items()
            if placed.kept_name and (name := _chosen(template.resources.get(logical_id)))
        }
        self.before = before
        self.work = Work(template, where, tell, renames)
        self._changed: list[Placed] = []  # as they were
        self._made: list[str] = []
        self._old: list[Placed] = []  # replaced
        self.work.placed |= before.resources

    def go(self) -> None:
        """Make, change and replace; raise Failed where that is refused."""
        template = self.work.template
        for logical_id in order(template):
            self._one(template.resources[logical_id], self.before.resources.get(logical_id))
        self.work.settle_all()

    def _one(self, resource: Resource, old: Placed | None) -> None:
        work = self.work
        if old is None:
            self._made.append(resource.logical_id)
            work.make(resource)
            return
        work.settle_all(resource.depends_on)
        wanted = work.properties_of(resource, old.generation)
        names = changed_properties(old.properties, wanted)
        code = resource.type == old.type and self._has_new_files(resource)
        if not names and not code and old.type == resource.type:
            work.placed[resource.logical_id] = replace(
                old, declared=resource.properties, retained=resource.retained, depends_on=resource.depends_on
            )
            return
        if (
            old.type == resource.type
            and not set(names) & replacing(resource.type)
            and not _only_anew(resource)
        ):
            self._changed.append(old)
            work.change(resource, old)
            return
        self._replace(resource, old, names)

    def _has_new_files(self, resource: Resource) -> bool:
        """Whether local files of the template are to be sent again: what they held before is not known."""
        return any(logical_id == resource.logical_id for logical_id, _ in self.work.template.assets)

    def _replace(self, resource: Resource, old: Placed, names: tuple[str, ...]) -> None:
        """Make a new one; the old one is removed when all else is done."""
        chosen = _chosen(resource)
        name = namings().get(resource.type)
        if chosen:
            kept = generated_name(
                self.work.template.stack,
                f"{resource.logical_id}{old.generation + 1}",
                longest=name.longest if name else 255,
                lower=bool(name and name.lower),
                suffix=".fifo" if chosen.endswith(".fifo") else "",
            )
            self.work.renames[chosen] = kept
        else:
            kept = ""
            fixed = old.type == resource.type and name is not None and name.name not in ("", *names)
            if fixed and name is not None and name.name in resource.properties:
                raise Failed(
                    Failure(
                        resource.logical_id,
                        resource.type,
                        "CloudFormation cannot update a stack when a custom-named resource requires "
                        f"replacing. Rename {old.physical_id} and update the stack again.",
                        resource.at(names[0] if names else ""),
                    )
                )
        self._old.append(old)
        self._made.append(resource.logical_id)
        self.work.tell(
            old, "UPDATE_IN_PROGRESS", "Requested update requires the creation of a new physical resource"
        )
        del self.work.placed[resource.logical_id]
        self.work.make(resource, old.generation + 1, kept)
        if self.work.placed[resource.logical_id].physical_id == old.physical_id:
            # The service gave back what was there, as Lambda does for a version without new code.
            self._old.remove(old)
            self._made.remove(resource.logical_id)

    def clean(self) -> tuple[Placed, ...]:
        """Remove what was replaced and what the template no longer has; return what could not be removed."""
        template = self.work.template
        gone = [
            old for logical_id, old in self.before.resources.items() if logical_id not in template.resources
        ]
        for old in gone:
            self.work.placed.pop(old.logical_id, None)
        kept = {
            logical_id
            for logical_id, resource in template.resources.items()
            if resource.extra.get("UpdateReplacePolicy") == "Retain"
        }
        replaced = [replace(each, retained=each.logical_id in kept) for each in self._old]
        return _remove_all(self.work, [*gone, *replaced])

    def back(self, failure: Failure) -> Deployed:
        """Undo what was done, and return the stack as it is then."""
        work, failed = self.work, False
        made = [work.placed[logical_id] for logical_id in self._made if logical_id in work.placed]
        for old in reversed(self._changed):
            failed = not _changed_back(work, old) or failed
        left = _remove_all(work, made)
        work.placed = dict(self.before.resources)
        status = "UPDATE_ROLLBACK_FAILED" if failed or left else "UPDATE_ROLLBACK_COMPLETE"
        done = _deployed(work, status, outputs=self.before.outputs, failure=failure, left=left)
        return replace(done, template=self.before.template)


def _changed_back(work: Work, old: Placed) -> bool:
    kind, now = kind_of(old.type), work.placed.get(old.logical_id, old)
    if kind is None or kind.change is None:
        return True
    work.tell(old, "UPDATE_IN_PROGRESS")
    try:
        kind.change(work.where, old.physical_id, now.properties, old.properties)
    except (Refused, Unreachable) as error:
        work.tell(old, "UPDATE_FAILED", str(error))
        return False
    work.tell(old, "UPDATE_COMPLETE")
    return True


def _chosen(resource: Resource | None) -> str:
    """Return the name that was chosen for *resource*, "" where the template gives one or it has none."""
    if resource is None or not resource.generated_name:
        return ""
    return str(resource.properties.get(resource.generated_name, ""))


def _remove_all(work: Work, placed: Iterable[Placed]) -> tuple[Placed, ...]:
    """Remove *placed*, the last first; return those that are still there."""
    left = [each for each in reversed(list(placed)) if not work.remove(each)]
    return tuple(reversed(left))


def _outputs(work: Work, template: Template) -> dict[str, Any]:
    return {name: _output(work, output) for name, output in template.outputs.items()}


def _output(work: Work, output: Any) -> Any:
    return work.filled(output.get("Value") if isinstance(output, Mapping) else output)


def _failure_of(error: Exception) -> Failure:
    if isinstance(error, Failed):
        return error.failure
    return Failure("", "AWS::CloudFormation::Stack", str(error))


def _deployed(work: Work, status: str, **more: Any) -> Deployed:
    return Deployed(
        work.template.stack,
        status,
        dict(work.placed),
        events=tuple(work.events),
        template=work.template,
        **more,
    )


def _template_of(stack: Deployed) -> Template:
    return stack.template or Template("live", "", stack.stack, {})
