"""How often the pipelines' clients try a call before they give up."""

from collections.abc import Mapping
from typing import Any

# Ours: the SDK waits longer after each try, up to a minute and a half in all, and eight tries outlast a
# service that throttles a tenth of the calls: eight refusals in a row come once in a hundred million.
PATIENT: Mapping[str, Any] = {"attempts": 8}
# The originals': what `boto3.client(...)` does where nobody says otherwise (boto3 guide, "Retries").
AS_WRITTEN: Mapping[str, Any] = {"attempts": 5, "retry_mode": "legacy"}
