"""The first thing that runs in every child process: it dies with its parent, and takes its group along.

`processes.ChildProcess` starts this file in a session of its own, with a pipe as standard input whose other
end only the parent holds (the lifeline). However the parent ends, SIGKILL included, the kernel closes that
end; a native thread here then kills every process that carries the run's mark and its own process group.
PR_SET_PDEATHSIG is not used: it fires when the *thread* that made the child ends, and macOS has none.

Only what the interpreter has already loaded is imported at the top: this file runs before the program does,
and the program may patch the standard library (gevent), so every function used later is taken by name here.
"""

import gc
import os
import sys
from _thread import start_new_thread
from contextlib import suppress
from os import getpgrp, getpid, getppid, kill, killpg, listdir, read
from select import select
from signal import SIGKILL

MARK_VARIABLE = "HARNESS_CHILD_MARK"
# How often the parent's pid is looked at. The pipe is the rule; this catches a parent that forked, so that
# a fork of it still holds the other end.
PARENT_CHECK_S = 1.0
SWEEP_ROUNDS = 50
SWEEP_PAUSE_S = 0.002
# Python looks for garbage after 700 new objects; loading moto's catalogues makes a million that all stay, and
# a quarter of that time went into looking.
GARBAGE_AFTER = 50_000


def main(argv: list[str]) -> int:
    """Run `--parent PID --mark MARK [--scratch DIR] -- COMMAND...` and return its exit code.

    A command that begins with `-m` names a module, which is run in this process.
    """
    split = argv.index("--")
    options = dict(zip(argv[0:split:2], argv[1:split:2], strict=True))
    _hold_lifeline(int(options["--parent"]), options["--mark"], options.get("--scratch", ""))
    command = argv[split + 1 :]
    if command[0] == "-m":
        return _run_module(command[1], command[2:])
    return _run_command(command)


def _hold_lifeline(parent: int, mark: str, scratch: str) -> None:
    """Move the lifeline off standard input, which the program gets as /dev/null, and watch it."""
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # _thread and not threading: gevent's patching must not find it, and nothing waits for it at exit.
    start_new_thread(_watch, (lifeline, parent, mark, scratch))


def _watch(lifeline: int, parent: int, mark: str, scratch: str) -> None:
    while getppid() == parent:
        ready, _, _ = select([lifeline], [], [], PARENT_CHECK_S)
        if ready and not read(lifeline, 1):
            break
    _end_everything(mark, scratch)


def _end_everything(mark: str, scratch: str) -> None:
    """Kill all that descends from this process, remove its scratch directory, and die."""
    sweep(mark)
    if scratch:
        import shutil

        shutil.rmtree(scratch, ignore_errors=True)
    if getpgrp() == getpid():
        killpg(0, SIGKILL)
    kill(getpid(), SIGKILL)


def sweep(mark: str) -> int:
    """Kill every other process whose environment holds *mark* until none is left; return how many.

    This finds grandchildren that made a session of their own. It reads /proc: on a system without it
    (macOS) nothing is found, and the process group is all that is killed.
    """
    killed: set[int] = set()
    for _ in range(SWEEP_ROUNDS):
        found = marked(mark)
        if not found:
            break
        for pid in found:
            _kill_quietly(pid)
        killed.update(found)
        select([], [], [], SWEEP_PAUSE_S)
    return len(killed)


def marked(mark: str) -> list[int]:
    """Return the pids, without our own, of the living processes that were started with *mark*."""
    if not mark or not os.path.isdir("/proc/self"):
        return []
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    own = getpid()
    pids = (int(name) for name in listdir("/proc") if name.isdigit())
    return [pid for pid in pids if pid != own and wanted in _environment(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:  # it has ended, or belongs to somebody else
        return []


def _kill_quietly(pid: int) -> None:
    with suppress(OSError):
        kill(pid, SIGKILL)


def _run_module(module: str, arguments: list[str]) -> int:
    """Run *module* as `python -m` would, in this process: no second interpreter to start or to lose."""
    import runpy

    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if root not in sys.path:  # a checkout that was never installed; last, so that it shadows nothing
        sys.path.append(root)
    sys.argv = [module, *arguments]
    gc.set_threshold(GARBAGE_AFTER)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


def _run_command(command: list[str]) -> int:
    """Run another program and stay as its guard; end as it ended, by the same code or the same signal."""
    import signal
    import subprocess

    # The program is in the same group and gets the signal itself; its guard waits for what it makes of it.
    # A handler and not SIG_IGN, which the program would inherit.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.call(command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror or error}", file=sys.stderr)
        return 127 if isinstance(error, FileNotFoundError) else 126
    if code < 0:
        if -code != SIGKILL:  # which can have no handler
            signal.signal(-code, signal.SIG_DFL)
        kill(getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
