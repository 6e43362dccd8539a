"""The page docs/reference/journal.md: every kind of record of a journal, from the records themselves."""

from collections.abc import Iterator
from itertools import groupby
from sys import modules

from harness.journal import SCHEMA_VERSION, TYPES
from reports.pages.declarations_page import table
from reports.pages.source import declared_fields, docstring

HEAD = f"""# Records of a journal

<!-- Made by `python -m reports.pages` from harness/journal. Do not edit. -->

`journal.jsonl.gz` is what everything else of a run derives from: one JSON object a line, its `type` one of
the names below, `RunStarted` first. Whole lines can be read, so that the journal of a run that was killed is
of use. Version {SCHEMA_VERSION}; `harness.journal.read` gives the records back as values.

Moments (`at`) are model seconds since the run began, unless the name ends in `_real_s` (seconds of this
machine) or `_epoch_s` (since 1970, in the model's calendar)."""


def page() -> str:
    """Return the page."""
    return "\n\n".join([HEAD, *_sections()]) + "\n"


def _sections() -> Iterator[str]:
    kinds = sorted(TYPES.values(), key=_module_of)
    for module, group in groupby(kinds, _module_of):
        title, _, rest = docstring(modules[module]).partition("\n\n")
        yield f"## {title.partition(':')[0].rstrip('.')}"
        yield f"{title}\n\n{rest}".strip()
        for kind in sorted(group, key=lambda kind: kind.__name__):
            yield f"### {kind.__name__}"
            yield docstring(kind)
            yield table(declared_fields(kind))


def _module_of(kind: type) -> str:
    return kind.__module__
