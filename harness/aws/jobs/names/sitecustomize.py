"""Keeps the Python of a job on this machine (harness/walls.py), and finds its instances by their names.

Python imports this file at its start, its folder being on PYTHONPATH. The names are in HARNESS_JOB_NAMES
("algo-1,algo-2"); where /etc/hosts cannot be the container's, names and addresses are in HARNESS_JOB_HOSTS
("algo-1=127.77.0.1,algo-2=127.77.0.2"). What resolves names in C does not come by here.
"""

import os
from importlib.machinery import SourceFileLoader
from types import ModuleType

_HERE = os.path.dirname(__file__)
_HOSTS, _NAMES = (os.environ.get(f"HARNESS_JOB_{one}", "") for one in ("HOSTS", "NAMES"))


def _loaded(name: str, *path: str) -> ModuleType:
    loader = SourceFileLoader(name, os.path.join(_HERE, *path))
    module = ModuleType(name)
    loader.exec_module(module)
    return module


if _HOSTS:
    _loaded("harness_job_hosts", "job_hosts.py").install(_HOSTS)
_loaded("harness_walls", "..", "..", "..", "walls.py").stay_here(*_NAMES.split(","))
