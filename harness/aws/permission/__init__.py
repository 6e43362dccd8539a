"""Permissions in the gateway: who calls, what they hold, whether they may, and what is kept of it.

The decisions are `harness.iam`'s; here are the callers' keys, the policies as the backend has them, the
refusals in the shape of each protocol, and the record of every use.
"""

from harness.aws.permission.held import Held, Mode, Policies

__all__ = ["Held", "Mode", "Policies"]
