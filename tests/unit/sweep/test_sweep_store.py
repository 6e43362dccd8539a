"""What a sweep keeps, so that the same command goes on where it was interrupted."""

import json
from pathlib import Path

import pytest
from toy_sweep import candidate, figures

from harness.errors import EnvironmentFault, ScenarioError
from harness.sweep.figures import Figures
from harness.sweep.store import Store, fingerprint


def test_what_was_kept_comes_back_bit_for_bit(tmp_path: Path) -> None:
    """Floating point included, so that a resumed sweep writes the same bytes."""
    odd = Figures(0.1 + 0.2, 1 / 3, 2, 10, 1, 3, 4)
    with Store(tmp_path / "new" / "folder", {"seed": 1}) as store:
        store.add(candidate(0.1 + 0.2), odd)
        store.add(candidate(7.0), figures())
    with Store(tmp_path / "new" / "folder", {"seed": 1}) as store:
        assert store.done == {candidate(0.1 + 0.2): odd, candidate(7.0): figures()}


def test_other_inputs_have_a_file_of_their_own(tmp_path: Path) -> None:
    """Nothing of a changed trace is mixed in."""
    with Store(tmp_path, {"trace": "one"}) as store:
        store.add(candidate(), figures())
    with Store(tmp_path, {"trace": "two"}) as other:
        assert other.done == {}
        assert other.path != store.path


def test_a_line_cut_short_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    """A machine that went down in the middle of a line costs that line alone."""
    with Store(tmp_path, {}) as store:
        store.add(candidate(1.0), figures())
        store.add(candidate(2.0), figures())
    store.path.write_bytes(store.path.read_bytes()[:-5])
    with Store(tmp_path, {}) as again:
        assert list(again.done) == [candidate(1.0)]
        again.add(candidate(3.0), figures())
    with Store(tmp_path, {}) as third:
        assert list(third.done) == [candidate(1.0), candidate(3.0)]


def test_the_file_says_what_it_belongs_to(tmp_path: Path) -> None:
    """A person who finds it can tell."""
    with Store(tmp_path, {"seed": 7}) as store:
        pass
    head = json.loads(store.path.read_text().splitlines()[0])

    assert head["inputs"] == {"seed": 7}
    assert head["fingerprint"] == fingerprint({"seed": 7})


@pytest.mark.parametrize(
    "content",
    [
        '{"version":1,"fingerprint":"other"}\n',
        "no json\n",
        "{}\n",
        '"text"\n',
    ],
)
def test_a_file_of_something_else_is_an_error(tmp_path: Path, content: str) -> None:
    """It is named, with the way out, and left as it is."""
    path = Store(tmp_path, {}).path
    path.write_text(content)
    with pytest.raises(ScenarioError, match="delete it to begin anew"), Store(tmp_path, {}):
        pass
    assert path.read_text() == content


def test_a_broken_row_is_an_error(tmp_path: Path) -> None:
    """Half of a result is none."""
    with Store(tmp_path, {}) as store:
        pass
    with store.path.open("a") as file:
        file.write('{"policy":["a"],"figures":{}}\n')
    with pytest.raises(ScenarioError, match="is not what a sweep left there"), Store(tmp_path, {}):
        pass


def test_two_sweeps_do_not_write_one_file(tmp_path: Path) -> None:
    """The second is told to wait, or to go elsewhere."""
    with Store(tmp_path, {}), pytest.raises(EnvironmentFault, match="Another sweep"), Store(tmp_path, {}):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """`--out` on a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match=r"--out .* cannot be written"), Store(tmp_path / "file", {}):
        pass


def test_the_order_of_inputs_does_not_matter() -> None:
    """The same inputs are the same inputs."""
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
