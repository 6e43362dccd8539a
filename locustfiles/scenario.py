"""The traffic of a scenario as a locustfile, for `harness run` and by itself:

    locust -f locustfiles/scenario.py --headless --host http://127.0.0.1:4566 \\
        --scenario endpoint-autoscaling-5

It needs a gateway in which the scenario's endpoints exist (`harness serve`). Without `--headless` Locust's
web page shows it; `--processes N`, or `--master` and `--worker`, share the schedule out. The number of users
does not matter: the load is open, requests come by the schedule. Exit code 4: the run proves nothing.
"""

from typing import Any

import gevent
from locust import User, events, task

from locustfiles.conductor import Conductor

PAUSE_S = 0.2


class ScheduledTraffic(User):
    """Stands for the whole traffic in Locust's statistics; the process's dispatcher sends the requests."""

    @task
    def rest(self) -> None:
        """Stay, until the load ends."""
        gevent.sleep(PAUSE_S)


def _add_arguments(parser: Any, **_: Any) -> None:
    group = parser.add_argument_group("Rehearsal")
    group.add_argument("--scenario", default="", help="name of a scenario, or the path of its file")
    group.add_argument("--variant", default="corrected", help="corrected or as-written")
    group.add_argument(
        "--client", choices=["", "boto3", "lean"], default="", help="instead of the scenario's own"
    )
    group.add_argument("--clock", default="", help="wall or compressed:N instead of the scenario's own")
    group.add_argument("--seed", default="0", help="of the arrivals and bodies")
    group.add_argument(
        "--allow-endpoint", action="append", help="a host that is not this machine's and is allowed"
    )


def _attach(environment: Any, **_: Any) -> None:
    Conductor(environment).attach()


events.init_command_line_parser.add_listener(_add_arguments)  # type: ignore[no-untyped-call]
events.init.add_listener(_attach)  # type: ignore[no-untyped-call]
