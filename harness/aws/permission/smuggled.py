"""The header by which the gateway tells an emulator that a call was judged: a client's own is refused.

It would not pass for the gateway's without the run's password, but two of them need not be read alike.
"""

from harness.gateway.chain import JUDGED, Exchange, Reply

_HEADER = b"\r\n" + JUDGED.lower() + b":"
# What the gateway answers below it asks for the run's password by itself: so an emulator posts its events.
OWN_PATHS = "/_harness/"
JUDGED_BY_CLIENT = Reply(400, b"The header X-Harness-Judged is the gateway's own; leave it out.")


def carries_judged(exchange: Exchange) -> bool:
    """Return whether the client sent the gateway's own header."""
    return _HEADER in exchange.lower_head
