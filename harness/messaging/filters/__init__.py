"""SNS subscription filter policies: refused as SNS refuses them, matched as SNS matches them.

`compile_filter` reads a policy once; the `Filter` it returns is asked for each message.
"""

from harness.messaging.filters.compiled import Filter, compile_filter
from harness.messaging.filters.refusal import FilterPolicyError

__all__ = ["Filter", "FilterPolicyError", "compile_filter"]
