"""Container images of jobs as a scenario declares them: the code that stands for one, and what it takes."""

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.jobs.program import Code
from harness.scenario.checks import check_positive

# The key of a span that holds for any number of instances.
ANY_COUNT = 0


@dataclass(frozen=True, slots=True)
class Image:
    """The container image *uri* (with or without its tag), and the *code* that stands for it.

    *code* is a folder with a program `train` or `train.py`, or with what a job's ContainerEntrypoint names;
    or a function of no arguments at the top level of a file. *seconds* is how long a job takes, model
    seconds, a mapping gives it by the number of instances; None for as long as its processes take here.
    """

    uri: str
    code: str | Path | Callable[[], Any]
    seconds: float | Mapping[int, float] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        who = f"Image {self.uri!r}"
        if not self.uri or any(letter.isspace() for letter in self.uri):
            raise ScenarioError(f"{who}: a uri is a name without white space, as jobs give it")
        if isinstance(self.code, str | Path):
            if not Path(self.code).is_dir():
                raise ScenarioError(f"{who}: code is {str(self.code)!r}, and there is no such folder")
        elif not inspect.isfunction(self.code) or self.code.__qualname__ != self.code.__name__:
            raise ScenarioError(f"{who}: code is no folder and no function at the top level of a file")
        for count, span in _spans(self.seconds):
            if count < 0:
                raise ScenarioError(f"{who}: seconds has {count} instances; a job has 1 or more")
            check_positive(f"{who}: seconds", span)

    @property
    def as_code(self) -> Code:
        """What runs for it."""
        spans = tuple(_spans(self.seconds))
        if isinstance(self.code, str | Path):
            return Code(folder=str(Path(self.code).resolve()), seconds=spans)
        module = self.code.__module__
        return Code(_root_of(module), f"{module}:{self.code.__name__}", spans)


def images_of(images: Iterable[Image]) -> dict[str, Code]:
    """Return the code of each of *images*, by its uri."""
    return {one.uri: one.as_code for one in images}


def images_given(texts: Iterable[str]) -> dict[str, Code]:
    """Return the code of each image in *texts*, as the command line has them: URI=FOLDER.

    Raises ScenarioError for one that is not written so, or whose folder is not there.
    """
    found = []
    for text in texts:
        uri, equals, folder = text.partition("=")
        if not (uri and equals and folder):
            raise ScenarioError(f"--image {text!r}: write the image's URI, an equals sign and a folder")
        found.append(Image(uri, folder))
    return images_of(found)


def _spans(seconds: float | Mapping[int, float] | None) -> list[tuple[int, float]]:
    if seconds is None:
        return []
    return list(seconds.items()) if isinstance(seconds, Mapping) else [(ANY_COUNT, float(seconds))]


def _root_of(module: str) -> str:
    """Return the folder from which *module* is imported; empty where it is not in a file."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return str(Path(file).resolve().parents[module.count(".")]) if file else ""
