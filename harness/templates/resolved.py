"""The functions of one template, with what its own resources are called."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from harness.templates.functions import Unresolved
from harness.templates.intrinsics import NO_VALUE, Intrinsics
from harness.templates.model import TOKEN, token
from harness.templates.place import Place
from harness.templates.references import Naming, chosen_name, namings, reference


class Resolved:
    """The references of the *template*: to its own resources, by names that it gives or that are chosen."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, Any], place: Place) -> None:
        self._place = place
        self._used: list[str] = []
        self._open: list[str] = []
        self._told: dict[tuple[str, str], str] = {}
        self.intrinsics = Intrinsics(template, parameters, self, place.pseudo_parameters())

    @contextmanager
    def recording(self) -> Iterator[list[str]]:
        """Collect the logical ids that are referred to meanwhile."""
        outer, self._used = self._used, []
        try:
            yield self._used
        finally:
            self._used = outer

    def ref(self, logical_id: str) -> str:
        """Return what Ref gives for a resource, a token where only the service knows it."""
        return self.attribute(logical_id, "Ref")

    def attribute(self, logical_id: str, attribute: str) -> str:
        """Return an attribute of a resource, a token where only the service knows it."""
        self._used.append(logical_id)
        about = self.intrinsics.section("Resources")[logical_id]
        condition = about.get("Condition")
        if condition is not None and not self.intrinsics.holds(condition):
            raise Unresolved(f"it refers to {logical_id!r}, which the condition {condition!r} leaves out")
        kind = str(about.get("Type", ""))
        if not namings().get(kind, Naming()).text_of(attribute):
            return token(logical_id, attribute)
        if logical_id in self._open:
            raise Unresolved(f"names go round in a circle: {' -> '.join((*self._open, logical_id))}")
        told = self._told.get((logical_id, attribute))
        if told is None:
            with self._naming(logical_id):
                told = reference(
                    kind, logical_id, attribute, lambda name: self._property(logical_id, name), self._place
                )
            self._told[(logical_id, attribute)] = told
        return told

    @contextmanager
    def _naming(self, logical_id: str) -> Iterator[None]:
        """Work out what a resource is called; what its name refers to is its own matter, not its user's."""
        self._open.append(logical_id)
        try:
            with self.recording():
                yield
        finally:
            self._open.pop()

    def ref_once_known(self, logical_id: str) -> str:
        """Return what Ref gives for a resource, "" where only the service knows it."""
        with self.recording():
            found = self.ref(logical_id)
        return "" if TOKEN.fullmatch(found) else found

    def chosen_name(self, logical_id: str, kind: str, properties: Mapping[str, Any]) -> tuple[str, str]:
        """Return property and value of the name for a resource without one, twice "" where it gets none."""
        naming = namings().get(kind)
        if naming is None or naming.name in properties:
            return "", ""
        fifo = bool(naming.fifo) and str(properties.get(naming.fifo)).lower() == "true"
        chosen = chosen_name(kind, logical_id, fifo, self._place.stack)
        return (naming.name, chosen) if chosen else ("", "")

    def _property(self, logical_id: str, name: str) -> Any:
        """Return one property of a resource, its chosen name among them; None where it has none."""
        about = self.intrinsics.section("Resources")[logical_id]
        given = about.get("Properties")
        given = given if isinstance(given, Mapping) else {}
        found = self._resolved(logical_id, given, name)
        naming = namings().get(str(about.get("Type", "")))
        if found is not None or naming is None or naming.name != name:
            return found
        fifo = {naming.fifo: self._resolved(logical_id, given, naming.fifo)} if naming.fifo else {}
        return self.chosen_name(logical_id, str(about.get("Type")), fifo)[1] or None

    def _resolved(self, logical_id: str, given: Mapping[str, Any], name: str) -> Any:
        if name not in given:
            return None
        try:
            found = self.intrinsics.resolve(given[name])
        except Unresolved as error:
            raise Unresolved(f"{name} of {logical_id!r}: {error}") from error
        return None if found is NO_VALUE else found
