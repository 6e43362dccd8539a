"""How many examples each property gets: few for every change, many in `tox -e long`."""

import os

# The machines of CI have other things to do.
EXAMPLES = int(os.environ.get("HARNESS_EXAMPLES", "30"))
