"""How many examples each property gets: few and always the same for every change, many at random otherwise.

`tox -e long` sets HARNESS_EXAMPLES. The same few keep a change from failing for what it did not touch, and
the coverage of the pure rooms from swinging.
"""

import os

ALWAYS_THE_SAME = "HARNESS_EXAMPLES" not in os.environ
EXAMPLES = int(os.environ.get("HARNESS_EXAMPLES", "15"))
