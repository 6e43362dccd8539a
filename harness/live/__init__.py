"""The live view: `harness run --ui` serves a run's report on loopback while the run goes on.

`view` is the command's side and starts a child process, nice 10, which is `server` and all the rest: it reads
the run's journal as it grows, draws the page from it at a pace that its own cost sets, and serves it.
"""
