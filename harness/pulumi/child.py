"""Runs a Pulumi program under Pulumi's mocks and asks whoever started it what each resource becomes.

It stands alone: it runs with the program's own interpreter, which has `pulumi` and not this project.
argv: the file to run, the descriptor to read answers from, the one to write questions to, what
`pulumi.runtime` needs to know (JSON). Questions and answers are one line of JSON each.
"""

import importlib
import io
import json
import os
import runpy
import sys
import threading
import traceback
from typing import Any

# By name: this project is checked without Pulumi too.
pulumi: Any = importlib.import_module("pulumi")
mocks_of_pulumi: Any = importlib.import_module("pulumi.runtime.mocks")

_asked = threading.Lock()
_own = threading.local()
_places: dict[tuple[str, str], tuple[str, int]] = {}
_outputs: dict[tuple[str, str], list[str]] = {}


class Line:
    """The two pipes to who started this."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self._answers = io.TextIOWrapper(io.FileIO(read_from, "r"), encoding="utf-8")
        self._questions = write_to

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to *question*; end the process when nobody is there any more."""
        with _asked:
            self.tell(question)
            answer = self._answers.readline()
        if not answer:
            os._exit(1)
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise RuntimeError(found["error"])
        return found

    def tell(self, message: dict[str, Any]) -> None:
        """Send *message*, to which nothing is answered."""
        data = (json.dumps(message, default=_plain) + "\n").encode()
        while data:
            data = data[os.write(self._questions, data) :]


def _plain(value: Any) -> Any:
    """Return an asset or an archive as JSON can have it; paths are absolute."""
    if isinstance(value, pulumi.FileArchive | pulumi.FileAsset):
        return {"$path": os.path.abspath(os.fspath(value.path))}
    if isinstance(value, pulumi.StringAsset):
        return {"$text": value.text}
    if isinstance(value, pulumi.AssetArchive):
        return {"$files": dict(value.assets)}
    return str(value)


class Asking:
    """Pulumi's mocks, which ask (`pulumi.runtime.Mocks` says what they have)."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def new_resource(self, args: Any) -> tuple[str | None, dict[str, Any]]:
        """Return id and outputs of a resource."""
        key = (args.typ, args.name)
        file, number = _places.get(key, ("", 0))
        answer = self._line.ask(
            {
                "ask": "resource",
                "type": args.typ,
                "name": args.name,
                "inputs": dict(args.inputs),
                "custom": args.custom is not False,
                "outputs": _outputs.get(key, []),
                "depends_on": getattr(_own, "dependencies", []),
                "file": file,
                "line": number,
            }
        )
        return answer["id"], {**dict(args.inputs), **answer["outputs"]}

    def register_transform(self, transform: Any) -> None:
        """Take note of a transform: none is carried out."""

    def register_invoke_transform(self, transform: Any) -> None:
        """Take note of a transform of calls: none is carried out."""

    def call(self, args: Any) -> tuple[dict[str, Any], list[Any]]:
        """Return what a function of the provider gives."""
        answer = self._line.ask({"ask": "call", "token": args.token, "args": dict(args.args)})
        return answer["result"], []


def _remember_places() -> None:
    """Note where in the program each resource is declared, and which texts it puts out."""
    original = pulumi.Resource.__init__
    # Pulumi's own, and those of its providers beside it: pulumi, pulumi_aws.
    packages = os.path.dirname(pulumi.__file__)

    def remembering(self: Any, t: str, name: str, *rest: Any, **options: Any) -> None:
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(packages):
            frame = frame.f_back
        if frame is not None:
            _places[(t, name)] = (frame.f_code.co_filename, frame.f_lineno)
        _outputs[(t, name)] = _texts_of(type(self))
        original(self, t, name, *rest, **options)

    pulumi.Resource.__init__ = remembering


def _texts_of(cls: type) -> list[str]:
    """Return the names of the outputs that are texts."""
    found = []
    for member in vars(cls).values():
        getter = getattr(member, "fget", None)
        kind = str(getattr(getter, "__annotations__", {}).get("return", ""))
        if getter is not None and ("[str]" in kind or "builtins.str]" in kind) and "Sequence" not in kind:
            found.append(getattr(getter, "_pulumi_name", getter.__name__))
    return found


def _remember_dependencies() -> None:
    """Keep what a registration depends on, which mocks are not told."""
    original = mocks_of_pulumi.MockMonitor.RegisterResource

    def remembering(self: Any, request: Any) -> Any:
        _own.dependencies = list(request.dependencies)
        return original(self, request)

    mocks_of_pulumi.MockMonitor.RegisterResource = remembering


def main(program: str, read_from: str, write_to: str, told: str) -> int:
    """Run *program* and send what it exports; return the exit code."""
    line, settings = Line(int(read_from), int(write_to)), json.loads(told)
    _remember_places()
    _remember_dependencies()
    pulumi.runtime.set_all_config(settings["config"])
    pulumi.runtime.set_mocks(
        Asking(line), project=settings["project"], stack=settings["stack"], preview=False
    )
    exported: dict[str, Any] = {}
    pulumi.export = exported.__setitem__
    sys.argv = [program]
    sys.path.insert(0, os.path.dirname(program))
    found: dict[str, Any] = {}

    def run() -> Any:
        runpy.run_path(program, run_name="__main__")
        return pulumi.Output.from_input(exported).apply(found.update)

    try:
        pulumi.runtime.test(run)()  # it waits for all that the program began
    except BaseException as error:
        line.tell({"ask": "failed", "error": _said(error, program), "trace": traceback.format_exc()})
        return 1
    line.tell({"ask": "done", "exports": found})
    return 0


def _said(error: BaseException, program: str) -> str:
    """Return what went wrong, with the last place in the program's own files."""
    folder = os.path.dirname(program)
    places = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)
    ]
    where = f"{places[-1].filename}, line {places[-1].lineno}: " if places else ""
    return f"{where}{type(error).__name__}: {error}"


if __name__ == "__main__":
    code = main(*sys.argv[1:5])
    sys.stdout.flush()
    os._exit(code)  # threads of Pulumi's may still wait for one another
