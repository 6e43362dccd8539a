"""Locust's side of a rehearsal: runs in its own process and meets the harness over HTTP and files."""
