"""Annotations of GitHub Actions: what is escaped, and GitHub's limits."""

from harness.ci.annotations import MOST_OF_A_LEVEL, Annotation, commands


def test_a_command_names_level_place_and_title() -> None:
    """What GitHub shows at a line of a pull request."""
    found = Annotation("note", "rule", "text", "a.yaml", 7)
    assert list(commands([found])) == ["::notice file=a.yaml,line=7,title=rule::text"]


def test_what_would_end_a_property_is_escaped() -> None:
    """A colon, a comma, a percent sign and line ends are no markup."""
    found = Annotation("error", "a: b, 5%", "50%\r\nleft: a, b", "x,y.py", 1)
    assert list(commands([found])) == [
        "::error file=x%2Cy.py,line=1,title=a%3A b%2C 5%25::50%25%0D%0Aleft: a, b"
    ]


def test_a_line_without_a_file_is_left_out() -> None:
    """GitHub takes a line only in a file."""
    assert list(commands([Annotation("error", "t", "m", "", 3)])) == ["::error title=t::m"]


def test_errors_come_first_and_the_same_thing_once() -> None:
    """The worst are shown, whatever order they are found in."""
    error, warning = Annotation("error", "t", "e"), Annotation("warning", "t", "w")
    assert [one.split()[0] for one in commands([warning, error, warning])] == ["::error", "::warning"]


def test_ten_of_a_level_are_all_told() -> None:
    """GitHub shows ten."""
    found = [Annotation("error", "t", str(number)) for number in range(MOST_OF_A_LEVEL)]
    assert [one.rsplit("::", 1)[1] for one in commands(found)] == [str(number) for number in range(10)]


def test_the_tenth_says_what_is_left_out() -> None:
    """Of 25 errors GitHub would drop 15 in silence."""
    told = list(commands([Annotation("error", "t", str(number)) for number in range(25)]))
    assert len(told) == MOST_OF_A_LEVEL
    assert "::16 more errors: GitHub shows 10 of a step" in told[-1]
