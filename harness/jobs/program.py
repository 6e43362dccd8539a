"""Which command runs in a job's container: its own entry point, script mode, or what an image brings.

SageMaker developer guide, "How Amazon SageMaker AI Runs Your Training Image" (ContainerEntrypoint, the
argument `train`), and sagemaker-training-toolkit, entry_point.py (script mode).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.jobs.hyperparameters import PROGRAM, SUBMIT_DIRECTORY, as_arguments, decoded, split
from harness.jobs.layout import Layout

PYTHONS = frozenset({"python", "python3"})
TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Code:
    """What stands for a container image: a *folder* with programs, or a *function* ("module:name").

    *seconds* is how long a job takes by its number of instances (the key 0 stands for any number), model
    seconds; nothing for as long as it takes here.
    """

    folder: str = ""
    function: str = ""
    seconds: tuple[tuple[int, float], ...] = ()

    def seconds_on(self, count: int) -> float | None:
        """Return the model seconds of a job on *count* instances, None for what it takes here."""
        found = dict(self.seconds)
        return found.get(count, found.get(0))


@dataclass(frozen=True, slots=True)
class Program:
    """A command. `submitted` is where the archive of script mode is, unpacked to `folder` before it runs.

    "python" at the front of `command` stands for the interpreter, `function` for one that is called.
    """

    command: tuple[str, ...] = ()
    folder: str = ""
    submitted: str = ""
    function: str = ""


def chosen(
    code: Code | None,
    hyperparameters: Mapping[str, str],
    entrypoint: Sequence[str],
    arguments: Sequence[str],
    files: frozenset[str],
    layout: Layout,
) -> Program | None:
    """Return what runs, None where nothing here says it: an image without code.

    *files* are the names of what *code* has in its folder.
    """
    own, platform = split(decoded(hyperparameters))
    if entrypoint:
        folder = code.folder if code else ""
        return Program(tuple(layout.moved(one) for one in (*entrypoint, *arguments)), folder)
    program, submitted = str(platform.get(PROGRAM, "")), str(platform.get(SUBMIT_DIRECTORY, ""))
    if program and submitted:
        return Program(_script(program, own), layout.code, submitted)
    if code is None:
        return None
    if code.function:
        return Program(folder=code.folder, function=code.function)
    if TRAIN in files:
        return Program((f"{code.folder}/{TRAIN}", *(arguments or (TRAIN,))), code.folder)
    if program or f"{TRAIN}.py" in files:
        return Program(_script(program or f"{TRAIN}.py", own), code.folder)
    return None


def _script(program: str, own: Mapping[str, object]) -> tuple[str, ...]:
    """Return the command of a script: by its ending a Python program, or one for the shell."""
    if program.endswith(".py"):
        return ("python", program, *as_arguments(own))
    return ("/bin/sh", f"./{program}", *as_arguments(own))
