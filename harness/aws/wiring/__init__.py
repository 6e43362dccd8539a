"""The wiring between services: what clients ask for is kept here, what AWS would honour is in the backend."""

from harness.aws.wiring.wiring import Wiring

__all__ = ["Wiring"]
