"""Requests that the gateway and an emulator need not read alike: what is judged must be what is done.

The header by which the gateway tells an emulator that a call was judged is refused from a client: it would
not pass for the gateway's without the run's password, but two of them need not be read alike. Nor need two of
a header that says who calls what: the gateway reads the first, an emulator often the last.
"""

import re

from harness.gateway.chain import JUDGED, Exchange, Reply

# What the gateway answers below it asks for the run's password by itself: so an emulator posts its events.
OWN_PATHS = "/_harness/"
JUDGED_BY_CLIENT = Reply(400, b"The header X-Harness-Judged is the gateway's own; leave it out.")


_DECIDING = re.compile(
    rb"\r\n(host|authorization|content-type|content-encoding|x-amz-(?:target|date|security-token|content-sha256)):"
)


def smuggled(exchange: Exchange) -> Reply | None:
    """Return the refusal of a request that can be read in two ways, None of another."""
    if carries_judged(exchange):
        return JUDGED_BY_CLIENT
    found = _DECIDING.findall(exchange.lower_head)
    if len(found) == len(set(found)):
        return None
    twice = max(found, key=found.count).decode()
    return Reply(400, f"The header {twice} is there twice; which one counts is not known.".encode())


def carries_judged(exchange: Exchange) -> bool:
    """Return whether the client sent the gateway's own header."""
    return exchange.header(JUDGED) is not None
