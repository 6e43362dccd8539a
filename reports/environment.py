"""How the pages are put together: their templates, the filters in them, and the policy of their content."""

from base64 import b64encode
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports import text

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
MOST_CHARACTERS = 4_000  # of any text from a journal; a message may carry a whole page
_most = ContextVar("most", default=MOST_CHARACTERS)


@cache
def environment() -> "Environment":
    """Return the environment of all pages: everything is escaped, and a name that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cut,
    )
    made.filters.update(
        clock=text.clock,
        span=text.span,
        short=text.short,
        steady=text.steady,
        number=text.number,
        measured=measured,
        limited=limited,
        coded=coded,
    )
    return made


def page(template: str, context: dict[str, Any], *, most: int = MOST_CHARACTERS) -> str:
    """Return the page that *template* makes of *context*, each text in it of at most *most* characters.

    What is markup already, ours or escaped by the template, is never cut.
    """
    token = _most.set(most)
    try:
        return environment().get_template(template).render(context)
    finally:
        _most.reset(token)


def _cut(value: Any) -> Any:
    """Return *value* as it is printed: the end of a long text is cut off with a mark."""
    most = _most.get()
    if not isinstance(value, str) or len(value) <= most or hasattr(value, "__html__"):
        return value
    return f"{value[: most - 1]}…"


def measured(check: dict[str, Any]) -> str:
    """Return the value of an expectation with its unit, or that there was none."""
    return "not measured" if check["value"] is None else text.with_unit(check["value"], check["unit"])


def limited(check: dict[str, Any]) -> str:
    """Return the limit of an expectation with its unit."""
    return text.limit(check["limit"], check["unit"])


def coded(words: str) -> Any:
    """Return *words* escaped, what stands between two backticks in them as code."""
    from markupsafe import Markup, escape

    parts = words.split("`")
    if len(parts) % 2 == 0:
        return escape(words)
    made = (Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts))
    return Markup("").join(made)


def own(name: str) -> Any:
    """Return the template file *name* as it is, as markup: a script or style sheet of ours."""
    from markupsafe import Markup

    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def policy(scripts: Iterable[str], *, connects: bool = False) -> str:
    """Return a content policy that lets *scripts* run and no other, and nothing be loaded.

    Each is named by its hash (CSP level 3, "Usage of hashes"); the text is what stands between the tags. With
    *connects* the page may speak to the server that it came from.
    """
    hashes = [f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts]
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(hashes) or chr(39) + 'none' + chr(39)}",
            "style-src 'unsafe-inline'",
            "img-src data:",
            *(["connect-src 'self'"] * connects),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
