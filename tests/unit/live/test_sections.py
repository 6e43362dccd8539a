"""Which parts of a page changed, version by version."""

from harness.live.sections import Changes, parts


def page(*sections: tuple[str, str], head: str = "run") -> str:
    """Return a page with *sections* (id, text) under a masthead."""
    inner = "".join(
        f'<section id="{name}" aria-labelledby="x"><p>{text}</p></section>' for name, text in sections
    )
    return (
        f'<body data-live-version="7"><header class="masthead">{head}</header>'
        f"<main>{inner}</main><footer>end</footer></body>"
    )


def test_the_parts_of_a_page_are_its_masthead_sections_and_footer() -> None:
    """Each with its whole markup, and nothing of the version that is written on the body."""
    found = parts(page(("why", "a"), ("cost", "b")))
    assert list(found) == ["masthead", "why", "cost", "footer"]
    assert found["why"] == '<section id="why" aria-labelledby="x"><p>a</p></section>'
    assert "data-live-version" not in "".join(found.values())


def test_the_first_page_changes_everything() -> None:
    """Version 1: whoever has nothing must take all of it."""
    changes = Changes()
    assert changes.note(page(("why", "a")))
    assert (changes.version, changes.changed) == (1, {"masthead": 1, "why": 1, "footer": 1})


def test_the_same_page_is_no_new_version() -> None:
    """Nothing is sent when nothing happened."""
    changes = Changes()
    changes.note(page(("why", "a")))
    assert not changes.note(page(("why", "a")))
    assert changes.version == 1


def test_only_what_differs_has_the_new_version() -> None:
    """Also what is new, and what is gone."""
    changes = Changes()
    for each in (page(("why", "a"), ("jobs", "b")), page(("why", "c"), ("cost", "d"))):
        changes.note(each)
    assert changes.changed == {"masthead": 1, "why": 2, "jobs": 2, "cost": 2, "footer": 1}
