"""The environment variables of an execution environment, and those that a function may not set.

Lambda developer guide, "Using Lambda environment variables", section "Defined runtime environment variables".
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.config import NO_TELEMETRY, Credentials

RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs from one environment to the next."""

    runtime_api: str
    gateway_url: str
    region: str
    credentials: Credentials
    task_root: Path
    runtime_dir: Path
    scratch: Path
    log_stream: str
    provisioned: bool


@dataclass(frozen=True, slots=True)
class Described:
    """What of a function's configuration its handler sees."""

    name: str
    version: str
    handler: str
    runtime: str
    memory_mb: int
    log_group: str
    variables: Mapping[str, str]


def variables_of(function: Described, around: Surroundings) -> dict[str, str]:
    """Return the whole environment of a process. Every AWS client in it speaks to the gateway alone."""
    signs = around.credentials
    token = {"AWS_SESSION_TOKEN": signs.session_token} if signs.session_token else {}
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": os.defpath,
        "PYTHONPATH": str(around.runtime_dir),
        **function.variables,
        **token,
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": signs.access_key,
        "AWS_SECRET_ACCESS_KEY": signs.secret_key,
        "AWS_DEFAULT_REGION": around.region,
        "AWS_REGION": around.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "provisioned-concurrency" if around.provisioned else "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": around.log_stream,
        "AWS_LAMBDA_RUNTIME_API": around.runtime_api,
        "LAMBDA_TASK_ROOT": str(around.task_root),
        "LAMBDA_RUNTIME_DIR": str(around.runtime_dir),
        # Not of Lambda: what keeps a handler on this machine, and its files apart from others'.
        "AWS_ENDPOINT_URL": around.gateway_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **NO_TELEMETRY,
        "HOME": str(around.scratch),
        "TMPDIR": str(around.scratch),
    }
