"""How calls name functions, and what the paths of Lambda's calls mean."""

import pytest

from harness.aws.functions.names import Place, Reference, arn_of, place_of, reference_of

ARN = "arn:aws:lambda:us-east-1:123456789012:function:resize"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("resize", Reference("resize")),
        ("resize:live", Reference("resize", "live")),
        ("resize:$LATEST", Reference("resize")),
        ("function:resize", Reference("resize")),
        ("123456789012:function:resize", Reference("resize", "", "123456789012")),
        (ARN, Reference("resize", "", "123456789012", "us-east-1")),
        (f"{ARN}:7", Reference("resize", "7", "123456789012", "us-east-1")),
    ],
)
def test_a_function_may_be_named_in_each_of_lambdas_ways(text: str, reference: Reference) -> None:
    """A name, a part of an ARN, a whole one; $LATEST is the unqualified function."""
    assert reference_of(text) == reference


@pytest.mark.parametrize("text", ["", "a b", "a:b:c", "arn:aws:sqs:us-east-1:123456789012:q", "x" * 65])
def test_what_cannot_be_a_function_is_none(text: str) -> None:
    """It is left to the backend to refuse."""
    assert reference_of(text) is None


def test_a_path_tells_function_and_what_is_asked_of_it() -> None:
    """The qualifier may stand in the path or in the query."""
    place = place_of("/2015-03-31/functions/resize%3Alive/invocations", "")
    assert place == Place(Reference("resize", "live"), ("invocations",))
    asked = place_of("/2019-09-30/functions/resize/provisioned-concurrency", "Qualifier=live")
    assert asked == Place(Reference("resize", "live"), ("provisioned-concurrency",))


def test_the_qualifier_latest_is_none() -> None:
    """$LATEST is what is meant without one."""
    assert place_of("/2015-03-31/functions/f/invocations", "Qualifier=%24LATEST") == Place(
        Reference("f"), ("invocations",)
    )


def test_the_collection_has_no_function() -> None:
    """CreateFunction and ListFunctions are about all of them."""
    assert place_of("/2015-03-31/functions", "") == Place(None, ())
    assert place_of("/2015-03-31/functions/", "") == Place(None, ())


@pytest.mark.parametrize("path", ["/", "/2015-03-31/event-source-mappings", "/2015-03-31/functions/a b"])
def test_other_paths_are_none(path: str) -> None:
    """They are somebody else's."""
    assert place_of(path, "") is None


def test_an_arn_has_its_qualifier_last() -> None:
    """Without one it ends with the name."""
    assert arn_of("resize", "us-east-1", "123456789012") == ARN
    assert arn_of("resize", "us-east-1", "123456789012", "live") == f"{ARN}:live"
