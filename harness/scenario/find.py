"""Finds scenarios by their files: each file in the package `scenarios`, or any path the user names."""

import difflib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from harness.errors import ScenarioError
from harness.scenario.spec import Scenario


def folder() -> Path:
    """Return the folder of the installed scenarios."""
    spec = importlib.util.find_spec("scenarios")
    if spec is None or not spec.submodule_search_locations:
        raise ScenarioError("The package 'scenarios' is not installed; install the project with pip")
    return Path(next(iter(spec.submodule_search_locations)))


def names() -> list[str]:
    """Return the names of the installed scenarios, sorted: their files with hyphens for underscores."""
    return sorted(path.stem.replace("_", "-") for path in folder().glob("[!_]*.py"))


def find(name: str) -> Scenario:
    """Return the scenario called *name*, or the one in the file at the path *name*.

    Raises ScenarioError when there is none (with the nearest name), or when its file cannot be loaded.
    """
    return _scenario(load_module(path_of(name)))


def path_of(name: str) -> Path:
    """Return the file of the scenario *name* (a name or a path); raise ScenarioError when there is none."""
    if name.endswith(".py") or "/" in name:
        path = Path(name)
        _refuse_place(name)
        if not path.is_file():
            raise ScenarioError(
                f"There is no file {name}; name a scenario ({', '.join(names())}) or its file"
            )
        return path
    if name.replace("_", "-") not in names():
        _refuse_place(name)
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names())}"
        raise ScenarioError(f"There is no scenario {name!r}: {hint}")
    return folder() / f"{name.replace('-', '_')}.py"


def _refuse_place(name: str) -> None:
    """Raise ScenarioError where *name* is a folder or a file that holds no Python: it may be a template."""
    path = Path(name)
    if not name or name.endswith(".py") or not path.exists():
        return
    what = "a folder" if path.is_dir() else "no Python file"
    raise ScenarioError(
        f"{name} is {what}; name a scenario or its .py file; a template is for 'harness rehearse {name}'"
    )


def load_module(path: Path) -> ModuleType:
    """Import the file at *path* under a name of its own; a second call gives the same module.

    The file may import its neighbours, as a script could. Raises ScenarioError when the import fails.
    """
    module_name = f"_scenario_{path.stem}_{abs(hash(str(path.resolve()))):x}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None  # its name ends with .py: `path_of` sees to that
    assert spec.loader is not None
    beside = str(path.resolve().parent)
    if beside not in sys.path:  # last, so that nothing installed is hidden by a file beside it
        sys.path.append(beside)
    module = sys.modules[module_name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise _not_loaded(path, error) from error
    return module


def _not_loaded(path: Path, error: BaseException) -> ScenarioError:
    """Return what to tell of *error*, with the last line of the file that led to it."""
    if isinstance(error, SyntaxError) and error.filename is not None and _is(error.filename, path):
        return ScenarioError(
            f"{path}:{error.lineno} cannot be loaded: {type(error).__name__}: {error.msg}; mend the file"
        )
    trace = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in trace if _is(frame.f_code.co_filename, path)]
    place = f"{path}:{lines[-1]}" if lines else str(path)
    if isinstance(error, ScenarioError):
        return ScenarioError(f"{place}: {error}")
    return ScenarioError(f"{place} cannot be loaded: {type(error).__name__}: {error}; mend the file")


def _is(filename: str, path: Path) -> bool:
    return Path(filename).resolve() == path.resolve()


def _scenario(module: ModuleType) -> Scenario:
    value = getattr(module, "scenario", None)
    if not isinstance(value, Scenario):
        raise ScenarioError(f"{module.__file__} has no `scenario = Scenario(...)`; add it at the top level")
    return value
