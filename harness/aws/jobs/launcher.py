"""Becomes a program in a job's container: its own /opt/ml, its own host names, its own host name.

Run as a file, isolated (`-I -S`), with a JSON file that says what is wanted; `--probe` only tells, by its
exit code, whether this machine lets a process do so. It takes Linux's user namespaces, which need no rights
where they are switched on. The process keeps its user, its network and its view of all other files.
"""

import ctypes
import json
import os
import sys

# linux/sched.h and linux/mount.h.
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWNET = 0x20000, 0x4000000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
HOSTS, ROOT = "/etc/hosts", "/opt/ml"
SWITCH = "/etc/nsswitch.conf"


def main(argv: list[str]) -> None:
    """Enter what argv[0] says and become its command; with `--probe FOLDER` end with 0 where that works."""
    if argv[0] == "--probe":
        _probe(argv[1])
        return
    with open(argv[0], encoding="utf-8") as file:
        wanted = json.load(file)
    if wanted["contained"]:
        enter(wanted["root"], wanted["hosts"], wanted["host"], wanted["stage"], network=wanted["network"])
    os.chdir(wanted["cwd"])
    command = wanted["command"]
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def enter(root: str, hosts: str, host: str, stage: str, *, network: bool = True) -> None:
    """Have *root* at /opt/ml and the file *hosts* at /etc/hosts, be called *host*; raise OSError.

    *stage* is an empty folder that becomes /opt where that has no ml. Without *network* there is none.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | (0 if network else CLONE_NEWNET)
    _checked(libc.unshare(flags), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    _mount(libc, None, "/", MS_REC | MS_PRIVATE)
    _mount(libc, hosts, HOSTS, MS_BIND)
    if os.path.isfile(SWITCH):
        _ask_nobody_for_names(libc, os.path.join(os.path.dirname(hosts), "nsswitch.conf"))
    if os.path.isdir(ROOT):
        _mount(libc, root, ROOT, MS_BIND | MS_REC)
    else:
        _stand_in_for_opt(libc, root, stage)
    os_name = host.encode()
    _checked(libc.sethostname(os_name, len(os_name)), "sethostname")


def _ask_nobody_for_names(libc: ctypes.CDLL, switch: str) -> None:
    """Have names of hosts found in /etc/hosts and nowhere else (nsswitch.conf(5)), by the file *switch*."""
    with open(SWITCH, encoding="utf-8", errors="replace") as file:
        kept = [line for line in file if not line.lstrip().startswith("hosts:")]
    with open(switch, "w", encoding="utf-8") as made:
        made.writelines([*kept, "\nhosts: files\n"])
    _mount(libc, switch, SWITCH, MS_BIND)


def _stand_in_for_opt(libc: ctypes.CDLL, root: str, stage: str) -> None:
    """Put *stage* at /opt, with all that is there and ml beside it."""
    opt = os.path.dirname(ROOT)
    for name in os.listdir(opt):
        source, target = os.path.join(opt, name), os.path.join(stage, name)
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
            continue
        if os.path.isdir(source):
            os.mkdir(target)
        else:
            open(target, "w", encoding="ascii").close()
        _mount(libc, source, target, MS_BIND | MS_REC)
    os.mkdir(os.path.join(stage, "ml"))
    _mount(libc, root, os.path.join(stage, "ml"), MS_BIND | MS_REC)
    _mount(libc, stage, opt, MS_BIND | MS_REC)


def _mount(libc: ctypes.CDLL, source: str | None, target: str, flags: int) -> None:
    name = None if source is None else source.encode()
    _checked(libc.mount(name, target.encode(), None, ctypes.c_ulong(flags), None), f"mount at {target}")


def _checked(code: int, what: str) -> None:
    if code != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _probe(folder: str) -> None:
    root, stage, hosts = (os.path.join(folder, name) for name in ("root", "stage", "hosts"))
    os.mkdir(root)
    os.mkdir(stage)
    with open(hosts, "w", encoding="ascii") as file:
        file.write("127.0.0.1 algo-1\n")
    with open(os.path.join(root, "here"), "w", encoding="ascii") as file:
        file.write("")
    enter(root, hosts, "algo-1", stage)
    if not os.path.exists(os.path.join(ROOT, "here")):
        raise OSError(0, f"{ROOT} is not what was mounted there")


if __name__ == "__main__":
    main(sys.argv[1:])
