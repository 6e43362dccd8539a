"""moto's server: SageMaker, Application Auto Scaling, CloudWatch and EC2 spot requests, all in memory.

Run as a module (`--fd N`) it serves moto on a listening socket that it was handed.
"""

import os
import socket
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harness.backends import moto_trust
from harness.backends.emulator import PASSWORD_VARIABLE, Recipe
from harness.config import Settings


def recipe(settings: Settings) -> Recipe:
    """Return how to run moto with the account and region of *settings*."""

    def variables(port: int, scratch: Path) -> Mapping[str, str]:
        return {
            "MOTO_PORT": str(port),
            "MOTO_ACCOUNT_ID": settings.account_id,
            "MOTO_LAMBDA_DATA_DIR": str(scratch / "lambda"),
            # AWS's managed policies exist in every account; without this, attaching one is refused.
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            # This package has imported the module already that is to run: a warning of it would be the last
            # line of the log, and be taken for the reason when moto ends.
            "PYTHONWARNINGS": "ignore::RuntimeWarning:runpy",
        }

    return Recipe(
        name="moto",
        distribution="moto",
        module="harness.backends.moto",
        ready_path="/moto-api/config",
        variables=variables,
        trusts=True,
    )


def serve(fd: int) -> None:
    """Serve moto on the listening socket *fd* until a signal ends the process."""
    import logging

    # What is behind the `moto_server` command, which has no way to be handed a socket.
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    os.set_inheritable(fd, False)
    use_todays_hosting_types()
    moto_trust.install(os.environ.pop(PASSWORD_VARIABLE, ""))
    # One line a request would be most of the log, and every request is in the journal.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    listener = socket.socket(fileno=os.dup(fd))
    host, port = listener.getsockname()[:2]
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server(host, port, application, threaded=True, request_handler=MotoRequestHandler, fd=fd)
    server.serve_forever()


def use_todays_hosting_types() -> None:
    """Let moto accept exactly the instance types that AWS's service model names for endpoints.

    moto 5.2 compares with a list of its own that ends around 2020 (no m6, m7, g5, inf2), so it refuses an
    endpoint configuration that AWS takes.
    """
    from moto.sagemaker.exceptions import ValidationError
    from moto.sagemaker.models import FakeEndpointConfig

    def validate(self: object, instance_type: str) -> None:
        allowed = hosting_types()
        if instance_type not in allowed:
            raise ValidationError(
                message=f"1 validation error detected: Value '{instance_type}' at "
                "'productionVariants.1.member.instanceType' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            )

    FakeEndpointConfig.validate_instance_type = validate  # type: ignore[method-assign]


@cache
def hosting_types() -> tuple[str, ...]:
    """Return ProductionVariantInstanceType of the SageMaker service model that botocore carries."""
    import botocore.session

    model = botocore.session.Session().get_service_model("sagemaker")
    shape: Any = model.shape_for("ProductionVariantInstanceType")  # a StringShape, which has an enum
    return tuple(shape.enum)


if __name__ == "__main__":
    serve(int(sys.argv[sys.argv.index("--fd") + 1]))
