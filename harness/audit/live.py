"""What is deployed at an endpoint, read back and audited."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from harness.audit.engine import Audit, audit
from harness.audit.model import Rule
from harness.audit.view import View
from harness.errors import EnvironmentFault
from harness.stacks import Surroundings, live


def audit_live(
    clients: Callable[[str], Any], url: str, region: str, account_concurrency: int, rules: Sequence[Rule]
) -> Audit:
    """Return what *rules* find in all that *clients* see in *region*, of the types that are known.

    Raises EnvironmentFault when nobody answers at *url*.
    """
    try:
        account = clients("sts").get_caller_identity()["Account"]
    except Exception as error:
        raise EnvironmentFault(f"{url} does not say whose account it is: {error}") from error
    template = live(Surroundings(clients, region, account, _nobody_waits))
    return audit(View(template, account_concurrency=account_concurrency), rules)


def _nobody_waits(_seconds: float) -> NoReturn:
    """Only what makes, changes or removes a resource ever waits for one."""
    raise RuntimeError("an audit only reads, and reading waits for nothing")
