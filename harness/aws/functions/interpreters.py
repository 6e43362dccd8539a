"""Which Python runs a function of a runtime, and what of its libraries a handler may import.

On AWS a handler finds the standard library, the runtime interface client and boto3 with what that needs, and
nothing else that is not in its package or a layer. So a folder of links to exactly these is put before the
standard library.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# What the runtime itself needs, and boto3 as AWS's Python images bring it.
RUNTIME = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_PYTHON = re.compile(r"python(3\.\d+)")
_PROBE_LIMIT_S = 20.0
_PROBE = (
    "import importlib.util as u, json, sys\n"
    f"names = {RUNTIME + BOTO3!r}\n"
    "found = {n: s.origin for n in names if (s := u.find_spec(n)) and s.origin}\n"
    "import awslambdaric.lambda_runtime_client as c\n"
    "assert c.runtime_client is not None\n"
    "print(json.dumps({'version': '%d.%d' % sys.version_info[:2], 'found': found}))\n"
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run AWS's runtime interface client: `origins` are its libraries, by import name."""

    python: str
    version: str
    origins: tuple[tuple[str, str], ...]

    def link_into(self, folder: Path) -> Path:
        """Return *folder* with a link to each library; it is made if it is not there."""
        if not folder.is_dir():
            folder.mkdir(parents=True)
            for _, origin in self.origins:
                source = Path(origin)
                source = source.parent if source.name == "__init__.py" else source
                (folder / source.name).symlink_to(source)
        return folder


def version_of(runtime: str) -> str | None:
    """Return the version of Python that *runtime* names ("3.12"), None for what is not Python."""
    found = _PYTHON.fullmatch(runtime)
    return found[1] if found else None


@lru_cache(maxsize=1)
def own_interpreter() -> Interpreter | None:
    """Return the harness's own Python, None where it has no runtime interface client (not on Linux)."""
    if any(importlib.util.find_spec(name) is None for name in RUNTIME):
        return None
    found = {name: spec.origin for name in RUNTIME + BOTO3 if (spec := importlib.util.find_spec(name))}
    origins = tuple((name, origin) for name, origin in found.items() if origin)
    return Interpreter(sys.executable, _own_version(), origins)


@lru_cache(maxsize=16)
def interpreter_for(version: str) -> Interpreter | None:
    """Return a Python of *version* on this machine that can run functions, None where there is none.

    Blocks for up to a second the first time a version is asked for.
    """
    own = own_interpreter()
    if own is not None and own.version == version:
        return own
    for python in _candidates(version):
        found = _probed(python, version)
        if found is not None:
            return found
    return None


def _own_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _candidates(version: str) -> list[str]:
    """Return the interpreters of *version* that the search path names, and those of pyenv and uv."""
    home = Path.home()
    installed = [
        *home.glob(f".pyenv/versions/{version}.*/bin/python{version}"),
        *home.glob(f".local/share/uv/python/cpython-{version}.*/bin/python{version}"),
    ]
    named = shutil.which(f"python{version}")
    return [*([named] if named else []), *(str(path) for path in sorted(installed, reverse=True))]


def _probed(python: str, version: str) -> Interpreter | None:
    try:
        said = subprocess.run(
            [python, "-c", _PROBE],
            capture_output=True,
            timeout=_PROBE_LIMIT_S,
            check=True,
            cwd=os.path.sep,
            stdin=subprocess.DEVNULL,
        ).stdout
        told = json.loads(said)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if told["version"] != version:
        return None
    return Interpreter(python, version, tuple(told["found"].items()))
