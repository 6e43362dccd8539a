"""Which code stands for which container image."""

import os
from collections.abc import Mapping

from harness.jobs.program import Code


class Images:
    """The images that the scenario, or the command line, gives code for."""

    def __init__(self, images: Mapping[str, Code] | None = None) -> None:
        self._images = dict(images or {})

    def of(self, uri: str) -> Code | None:
        """Return the code of *uri*: by its whole name, or without its tag or digest."""
        found = self._images.get(uri)
        return found if found is not None else self._images.get(without_tag(uri))

    @staticmethod
    def files(code: Code | None) -> frozenset[str]:
        """Return the names of what is in the code's folder; empty where there is none. Blocks."""
        if code is None or not code.folder:
            return frozenset()
        try:
            return frozenset(os.listdir(code.folder))
        except OSError:
            return frozenset()


def without_tag(uri: str) -> str:
    """Return the name of an image without its tag or digest."""
    name = uri.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name
