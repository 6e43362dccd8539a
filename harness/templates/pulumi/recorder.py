"""Answers a Pulumi program's questions, and keeps what it declares.

What a resource puts out is a known text where the tables know it, else something of the same look that stands
for it: programs take texts apart. What they hand on of it becomes a token again. Once the stack is deployed,
they get what is really there.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.templates.functions import as_text
from harness.templates.model import TOKEN, token
from harness.templates.place import Place
from harness.templates.provider import Declared, attribute_of, kind_of
from harness.templates.provider.convert import snake
from harness.templates.provider.table import pascal
from harness.templates.pulumi.names import (
    address_of,
    address_of_urn,
    argument_of,
    camel,
    data_type,
    provider_type,
    whole_numbers,
)
from harness.templates.terraform.data_sources import known_data
from harness.templates.terraform.drawn import drawn
from harness.templates.tokens import fill

Known = Callable[[str, str], Any]
"""Returns an attribute of a resource that is there; it may give the token back."""

# How Pulumi's protocol marks a secret: "Secrets" in its Resource Provider Protocol.
_MARK, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


class Recorder:
    """Answers for a program whose stack stands at *place*; *known* fills in tokens that are known by now."""

    def __init__(self, place: Place, known: Known = token) -> None:
        self.place, self._known = place, known
        self.declared: list[Declared] = []
        self.notes: list[str] = []
        self._standing: dict[str, str] = {}  # tokens, by the texts that stand for them
        self.written: dict[str, Mapping[str, Any]] = {}
        """Archives that are made of texts in the program, by the path that stands for them."""

    def answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to one question of the program."""
        if question["ask"] == "call":
            return {"result": self._call(str(question["token"]), question["args"])}
        return self._resource(question)

    # ---- resources -----

    def _resource(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        type_, name = str(question["type"]), str(question["name"])
        if not question["custom"] or type_.startswith("pulumi:"):
            if type_ == "pulumi:pulumi:StackReference":
                self._note(question, f"the stack {name!r} that it refers to is not looked at")
            return {"id": name, "outputs": {}}
        address = address_of(type_, name)
        own = provider_type(type_)
        inputs = {
            argument_of(own, key): self._with_tokens(value) for key, value in question["inputs"].items()
        }
        declared = self._declared(question, address, own, inputs)
        self.declared.append(declared)
        outputs = self._outputs(declared, question["outputs"])
        return {"id": outputs.pop("id"), "outputs": outputs}

    def _declared(
        self, question: Mapping[str, Any], address: str, type_: str, inputs: Mapping[str, Any]
    ) -> Declared:
        arguments = {key: self._archived(value, address, key) for key, value in inputs.items()}
        kind = kind_of(type_)
        if kind is not None and kind.name and not arguments.get(kind.named_by):
            arguments.setdefault("name_prefix", f"{question['name']}-")  # Pulumi's own names: jobs-1a2b3c4
        return Declared(
            address,
            type_,
            arguments,
            file=str(question["file"]),
            line=int(question["line"]) or None,
            references=frozenset(map(address_of_urn, question["depends_on"])) - {address},
            written=frozenset(inputs),
        )

    def _archived(self, value: Any, address: str, argument: str) -> Any:
        """Return the path behind an asset or archive; of one made of texts, a path that stands for it."""
        if not isinstance(value, Mapping):
            return value
        if "$path" in value:
            return value["$path"]
        if "$text" in value:
            return value["$text"]
        if "$files" in value:
            path = f"{address}/{argument}"
            self.written[path] = value["$files"]
            return path
        return value

    def _outputs(self, declared: Declared, texts: list[str]) -> dict[str, Any]:
        """Return id and attributes as the program gets them."""
        kind = kind_of(declared.type)
        argument = declared.arguments.get
        names = {"id", *map(snake, texts), *(kind.at if kind else ()), *([kind.named_by] if kind else ())} - {
            ""
        }
        found: dict[str, Any] = {}
        for name in sorted(names):
            own = argument_of(declared.type, name)
            value = None if kind is None else attribute_of(kind, declared.address, own, argument, self.place)
            value = argument(own) if value is None else value
            if value is None and kind is None:
                value = drawn(declared.type, name, declared.address, argument, self.place)
            found[name] = token(declared.address, pascal(name)) if value is None else value
        return {camel(name): self._shown(value, declared, name) for name, value in found.items()}

    def _shown(self, value: Any, declared: Declared, name: str) -> Any:
        """Return an output as the program gets it: what is there already, else what stands for a token."""
        if not isinstance(value, str) or not TOKEN.search(value):
            return value
        value = fill(value, self._known)
        if not isinstance(value, str):
            return value
        return TOKEN.sub(lambda found: self._standing_for(found[0], declared), value)

    def _standing_for(self, unknown: str, declared: Declared) -> str:
        kind = kind_of(declared.type)
        bits = hashlib.sha256(f"{self.place.stack}/{unknown}".encode()).hexdigest()[:17]
        text = bits
        if kind is not None and kind.type == "AWS::SQS::Queue":
            name = attribute_of(kind, declared.address, "name", declared.arguments.get, self.place)
            text = f"https://sqs.{self.place.region}.{self.place.url_suffix}/{self.place.account}/{name}"
        self._standing[text] = unknown
        return text

    def _with_tokens(self, value: Any) -> Any:
        """Return what a program hands on, with tokens in place of what stands for them."""
        return self.with_tokens(whole_numbers(value))

    def with_tokens(self, value: Any) -> Any:
        """Return *value* with tokens in place of the texts that stand for them."""
        if isinstance(value, str):
            for text in sorted(self._standing, key=len, reverse=True):
                value = value.replace(text, self._standing[text])
            return value
        if isinstance(value, Mapping):
            if value.get(_MARK) == _SECRET:
                return self.with_tokens(value.get("value"))
            return {key: self.with_tokens(each) for key, each in value.items()}
        return [self.with_tokens(each) for each in value] if isinstance(value, list) else value

    # ---- functions of the provider -----

    def _call(self, called: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
        given = {snake(key): self._with_tokens(value) for key, value in args.items()}
        known = known_data(data_type(called), given.get, self.place)
        if not known:
            self.notes.append(f"{called}: only AWS knows what it gives; it is not looked up here")
        return {**dict(args), **{camel(name): value for name, value in known.items()}}

    def _note(self, question: Mapping[str, Any], what: str) -> None:
        self.notes.append(f"{question['file']}, line {question['line']}, {question['name']}: {what}")


def texts_in(files: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files of an archive: paths of those that are there, texts of those that are not."""
    return {name: value for name, value in files.items() if isinstance(value, Mapping)}


def write_archive(files: Mapping[str, Any], folder: Path) -> None:
    """Write an archive that a program puts together into *folder*."""
    import shutil

    for name, value in texts_in(files).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if "$text" in value:
            target.write_text(as_text(value["$text"]), encoding="utf-8")
        elif "$files" in value:
            write_archive(value["$files"], target)
        else:
            source = Path(str(value["$path"]))
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, target)
