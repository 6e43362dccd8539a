"""The decorator of every compiled function: machine code, no lock on the interpreter, kept on disk."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

_INNER: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def compiled(function: Function) -> Function:
    """Return *function* compiled on its first call and cached on disk beside its source.

    Floating point keeps its order and rounding (no fastmath), so that results equal those of the readable
    model. The interpreter lock is released: threads run at once.
    """
    return cast(Function, _cached(numba.njit(nogil=True, error_model="numpy")(function)))


def inner(function: Function) -> Function:
    """Return *function* compiled for calls from compiled code only: half the time to compile.

    It has no wrapper for Python: called from there it ends the interpreter. Tests call its `py_func`.
    """
    return cast(Function, _cached(numba.njit(**_INNER)(function)))


def inlined(function: Function) -> Function:
    """Return *function* compiled into each of its callers: for small steps, a call would cost more."""
    return cast(Function, numba.njit(forceinline=True, **_INNER)(function))


def _cached(dispatcher: Any) -> Any:
    dispatcher.enable_caching()
    _watch_all_sources(dispatcher)
    return dispatcher


def _watch_all_sources(dispatcher: Any) -> None:
    """Let the cached code be stale when any file of this folder has changed, not only the function's own.

    numba looks at the file that a function stands in; code compiled into it from another file would
    stay as it was.
    """
    with suppress(AttributeError):
        dispatcher._cache._cache_file._source_stamp = (dispatcher._cache._cache_file._source_stamp, _SOURCES)


def _stamps() -> tuple[tuple[str, int, int], ...]:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in files)


_SOURCES = _stamps()


@inlined
def whole(value: int) -> int:
    """Return *value* as a number that numba does not take for a literal: those get code of their own."""
    return np.int64(value)  # type: ignore[return-value]


@inlined
def unsigned(value: int) -> int:
    """Return *value* as an index that need not be looked at for being negative."""
    return np.uint64(value)  # type: ignore[return-value]
