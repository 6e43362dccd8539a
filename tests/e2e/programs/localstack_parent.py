"""Opens a LocalStack backend, says so, and waits to be killed."""

import sys
import time
from pathlib import Path

from harness.backends import open_backend
from harness.config import read_settings

with open_backend("localstack", read_settings(backend="localstack"), Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
