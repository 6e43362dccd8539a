"""The policies of a backend, read over its own API and kept until a call changes them."""

from harness.aws.permission.store.store import PolicyStore

__all__ = ["PolicyStore"]
