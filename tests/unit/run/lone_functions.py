"""A handler whose file imports nothing, as the code of a function may."""


def nothing_at_all(event: object, _context: object) -> None:
    """Return nothing."""
