"""The stacks that there are, and those that were deleted, by name and by id."""

from harness.aws.aws_json import Arguments, Refused
from harness.aws.stacks.stack import ChangeSet, Stack


class Register:
    """Stacks by name; deleted ones stay known by their ids, as they do on AWS for 90 days."""

    def __init__(self) -> None:
        self._live: dict[str, Stack] = {}
        self._deleted: dict[str, Stack] = {}

    def live(self) -> list[Stack]:
        """Return those that are not deleted, the newest first."""
        self._sort_out()
        return list(reversed(self._live.values()))

    def all(self) -> list[Stack]:
        """Return every one, deleted ones last."""
        return [*self.live(), *reversed(self._deleted.values())]

    def _sort_out(self) -> None:
        for name, stack in list(self._live.items()):
            if stack.status == "DELETE_COMPLETE":
                self._deleted[stack.identity] = self._live.pop(name)

    def add(self, stack: Stack) -> None:
        """Take in a new one."""
        self._sort_out()
        self._live[stack.name] = stack

    def find(self, name_or_id: str) -> Stack | None:
        """Return the stack of that name, or of that id, deleted or not."""
        self._sort_out()
        name = name_or_id.split("/")[1] if name_or_id.startswith("arn:") else name_or_id
        found = self._live.get(name)
        if found is not None and name_or_id in (name, found.identity):
            return found
        return self._deleted.get(name_or_id)

    def the(self, given: Arguments) -> Stack:
        """Return the stack that StackName of a call names; raise Refused where there is none."""
        name = str(given.get("StackName") or "")
        if not name:
            raise Refused("ValidationError", "1 validation error detected: Value null at 'stackName' failed")
        found = self.find(name)
        if found is None:
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return found

    def change_set(self, given: Arguments) -> tuple[Stack, ChangeSet]:
        """Return the change set that a call names, with its stack; raise Refused where there is none."""
        name = str(given.get("ChangeSetName") or "")
        for stack in self.live():
            if not name.startswith("arn:") and given.get("StackName") not in (stack.name, stack.identity):
                continue
            for one in stack.change_sets.values():
                if name in (one.name, one.identity):
                    return stack, one
        raise Refused("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)

    def exporter(self, name: str, but: Stack) -> Stack | None:
        """Return the stack that exports *name*, but for *but*."""
        for stack in self.live():
            if stack is not but and any(one["ExportName"] == name for one in stack.outputs()):
                return stack
        return None
