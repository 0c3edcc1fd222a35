"""Questions about processes of this machine, answered from /proc: does it live, is it the same one, who listens.

Where there is no /proc, the answers are the careful ones (alive; unknown).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
from pathlib import Path

PROC = Path("/proc")
CLOCK_SLACK = dt.timedelta(seconds=5)    # the kernel's boot time is whole seconds, and clocks are set
_SESSION_FIELD = 3                       # of /proc/PID/stat, counted after the command's closing bracket
_START_TIME_FIELD = 19
_LISTEN = "0A"


def is_alive(pid: int) -> bool:
    """Tell whether a process of that id exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    fields = _stat_fields(pid)
    return not fields or fields[0] != "Z"


def start_ticks(pid: int) -> int:
    """Return when the process started (clock ticks since boot), 0 where unknown: pid and start are its identity."""
    fields = _stat_fields(pid)
    return int(fields[_START_TIME_FIELD]) if len(fields) > _START_TIME_FIELD else 0


def is_same_process(pid: int, ticks: int) -> bool:
    """Tell whether the process that started at ``ticks`` still lives; a reused pid is another process."""
    return is_alive(pid) and (not ticks or start_ticks(pid) in {0, ticks})


def began_after(pid: int, moment: dt.datetime) -> bool:
    """Tell whether the process of that id certainly began after ``moment`` (aware): then the id was given anew."""
    ticks = start_ticks(pid)
    try:
        lines = (PROC / "stat").read_text().splitlines()
    except OSError:
        return False
    booted = next((int(line.split()[1]) for line in lines if line.startswith("btime ")), None)
    if not ticks or booted is None:
        return False
    began = dt.datetime.fromtimestamp(booted + ticks / os.sysconf("SC_CLK_TCK"), dt.UTC)
    return began > moment + CLOCK_SLACK


def end_session(leader: int) -> int:
    """Kill what is left of the session that ``leader`` began; how many processes that were.

    A session's number is not given to a new process before the last one of the session has ended.
    """
    ended = 0
    for folder in PROC.iterdir() if PROC.is_dir() else ():
        if folder.name.isdigit():
            fields = _stat_fields(int(folder.name))
            if len(fields) > _SESSION_FIELD and fields[_SESSION_FIELD] == str(leader) and fields[0] != "Z":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(int(folder.name), signal.SIGKILL)
                    ended += 1
    return ended


def _stat_fields(pid: int) -> list[str]:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def listener_of(port: int) -> str:
    """Name the process that listens on TCP ``port`` (``haproxy (pid 12)``), "" where that cannot be told."""
    inodes = _listening_inodes(port)
    if not inodes:
        return ""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and wanted.intersection(_open_files(folder)):
            return f"{_name_of(folder)} (pid {folder.name})"
    return ""


def _open_files(folder: Path) -> list[str]:
    """Name what a process has open, as far as that may be seen; files close while we look."""
    names = []
    try:
        for link in os.scandir(folder / "fd"):
            with contextlib.suppress(OSError):
                names.append(os.readlink(link.path))  # noqa: PTH115 - "socket:[1]" is not a path
    except OSError:
        pass                             # it ended, or is another user's
    return names


def _name_of(folder: Path) -> str:
    try:
        return (folder / "comm").read_text().strip()
    except OSError:
        return "a process"


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes
