"""The decorator of every compiled function: machine code, no lock on the interpreter, kept on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return *function* compiled on its first call and cached on disk beside its source.

    Floating point keeps its order and rounding (no fastmath), so that results equal those of the readable
    model to the last bit but for the order of its sums. The interpreter lock is released: threads run at once.
    """
    dispatcher = numba.njit(nogil=True, error_model="numpy")(function)
    dispatcher.enable_caching()
    _watch_all_sources(dispatcher)
    return cast(Function, dispatcher)


def inlined(function: Function) -> Function:
    """Return *function* compiled into each of its callers: for the steps of a request, a call would cost more."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy", forceinline=True)(function))


def _watch_all_sources(dispatcher: Any) -> None:
    """Let the cached code be stale when any file of this folder has changed, not only the function's own.

    numba looks at the file that a function stands in; code compiled into it from another file would
    stay as it was.
    """
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if hasattr(cache_file, "_source_stamp"):
        cache_file._source_stamp = (cache_file._source_stamp, _SOURCES)


def _stamps() -> tuple[tuple[str, int, int], ...]:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in files)


_SOURCES = _stamps()
