"""Scenarios are found by their files, and a file that cannot be loaded is told in one sentence."""

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.scenario import find, names
from harness.scenario.find import folder, load_module, path_of

WHOLE = """
from declared import a_scenario
scenario = a_scenario(name="mine")
"""


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])


def written(folder: Path, text: str, name: str = "mine.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize("name", names())
def test_every_installed_scenario_is_called_like_its_file(name: str) -> None:
    """The name on the command line, in the runs folder and in the report is one name."""
    assert find(name).name == name
    assert path_of(name.replace("-", "_")) == path_of(name) == folder() / f"{name.replace('-', '_')}.py"


def test_a_scenario_is_found_by_its_path(tmp_path: Path) -> None:
    """Any file with a scenario in it will do."""
    assert find(written(tmp_path, WHOLE)).name == "mine"


def test_a_file_is_imported_once(tmp_path: Path) -> None:
    """A second look gives the same module, so that values compare equal."""
    path = Path(written(tmp_path, WHOLE))
    assert load_module(path) is load_module(path)


def test_a_file_may_import_its_neighbours(tmp_path: Path) -> None:
    """As a script could."""
    written(tmp_path, "NAME = 'neighbour'", "my_parts.py")
    text = "from declared import a_scenario\nfrom my_parts import NAME\nscenario = a_scenario(name=NAME)"
    written(tmp_path, text, "second.py")
    assert find(written(tmp_path, text)).name == "neighbour"
    assert find(str(tmp_path / "second.py")).name == "neighbour"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("turbofan-endpont", "no scenario 'turbofan-endpont': did you mean 'turbofan-endpoint'"),
        ("xyz", "no scenario 'xyz': there are .*turbofan-endpoint"),
        ("_turbofan", "no scenario '_turbofan'"),
        ("no/such", "no file no/such; name a scenario .* or its file"),
        ("none.py", "no file none.py"),
    ],
)
def test_an_unknown_scenario_is_told_with_the_way_out(name: str, sentence: str) -> None:
    """The nearest name, or all of them."""
    with pytest.raises(ScenarioError, match=sentence):
        find(name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("scenario = (", r"mine.py:1 cannot be loaded: SyntaxError: .* mend the file"),
        ("\n1 / 0", "mine.py:2 cannot be loaded: ZeroDivisionError: division by zero"),
        ("def last():\n    {}['x']\nlast()", "mine.py:2 cannot be loaded: KeyError: 'x'"),
        ("import no_such_module", "mine.py:1 cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit(1)", "mine.py:1 cannot be loaded: SystemExit: 1"),
        ("x = 1\0", "mine.py cannot be loaded: SyntaxError: source code .* null bytes"),
        ("from declared import a_scenario\na_scenario(name='-')", r"mine.py:2: Scenario '-': a name has"),
        ("x = 1", r"has no `scenario = Scenario\(...\)`; add it"),
        ("scenario = 3", r"has no `scenario = Scenario\(...\)`"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    """Which file, which line, what is wrong; and it can be loaded once it is mended."""
    path = written(tmp_path, text)
    with pytest.raises(ScenarioError, match=sentence):
        find(path)


def test_a_mended_file_loads(tmp_path: Path) -> None:
    """A file that failed is not remembered as failed."""
    path = written(tmp_path, "1 / 0")
    with pytest.raises(ScenarioError):
        find(path)
    assert find(written(tmp_path, WHOLE)).name == "mine"


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    """A template, or the folder of one, is for another command."""
    path = written(tmp_path, WHOLE, "mine.txt")
    with pytest.raises(ScenarioError, match=rf"is no Python file; .*'harness rehearse {path}'"):
        find(path)
    with pytest.raises(ScenarioError, match=r"is a folder; name a scenario or its \.py file"):
        find(str(tmp_path))


@pytest.mark.parametrize("spec", [None, ModuleSpec("scenarios", None)])
def test_without_the_package_nothing_is_found(
    monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None
) -> None:
    """A broken installation is told, not an empty list."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ScenarioError, match="'scenarios' is not installed; install"):
        names()
