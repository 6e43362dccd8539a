"""`--ui[=PORT]` on a command line."""

import argparse

import pytest

from harness.live.options import add_options, spelled_out


def parsed(*words: str) -> argparse.Namespace:
    """Return what a command with scenarios and `--ui` makes of *words*."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("scenario", nargs="*")
    add_options(parser)
    return parser.parse_args(spelled_out(words))


@pytest.mark.parametrize(
    ("words", "port"),
    [(["a", "b"], None), (["--ui", "a", "b"], 0), (["a", "b", "--ui"], 0), (["--ui=8765", "a", "b"], 8765)],
)
def test_a_bare_option_takes_no_scenario_for_its_port(words: list[str], port: int | None) -> None:
    """Wherever it stands."""
    found = parsed(*words)
    assert (found.ui, found.scenario) == (port, ["a", "b"])


@pytest.mark.parametrize("port", ["x", "-1", "65536", ""])
def test_what_is_no_port_is_refused(port: str) -> None:
    """With the form that is meant."""
    with pytest.raises(argparse.ArgumentError, match="--ui=8765"):
        parsed(f"--ui={port}")


def test_words_after_two_dashes_are_left_alone() -> None:
    """They are no options."""
    assert spelled_out(["--ui", "--", "--ui"]) == ["--ui=0", "--", "--ui"]
