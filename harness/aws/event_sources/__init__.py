"""What starts functions by itself: queues that are polled, and timers."""

from harness.aws.event_sources.part import EventSources
from harness.aws.event_sources.timers import Timers

__all__ = ["EventSources", "Timers"]
