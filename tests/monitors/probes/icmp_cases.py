"""Pings in a network of this process's own: ``unshare -n python -m tests.monitors.probes.icmp_cases MODE``.

Prints what became of the try as JSON. Modes: ``up``, ``lost`` (the kernel answers no echo), ``no-way`` (the interface
is down), ``half`` (it answers the first echo alone), ``nobody`` (without privileges, as a user whose group may not ping).
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import sys
import threading
import time
from pathlib import Path

import monitors.probes.icmp  # noqa: F401 - loaded while we still may read it
from monitors.core.model import Step
from monitors.core.requests import IcmpEcho
from tests.probing import tried, watching

IGNORE = Path("/proc/sys/net/ipv4/icmp_echo_ignore_all")
SIOCGIFFLAGS, SIOCSIFFLAGS, UP = 0x8913, 0x8914, 0x1


def interface_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        flags = struct.unpack("16xH", fcntl.ioctl(handle, SIOCGIFFLAGS, struct.pack("16s16x", b"lo"))[:18])[0]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | UP))


def go_silent_after_one() -> None:
    """Wait until the kernel has answered an echo, and forbid it to answer another."""
    while True:
        names, numbers = [line.split() for line in Path("/proc/net/snmp").read_text(encoding="ascii").splitlines() if line.startswith("Icmp:")]
        if int(numbers[names.index("OutEchoReps")]) > 0:
            IGNORE.write_text("1", encoding="ascii")
            return
        time.sleep(0.002)


def main(mode: str) -> None:
    if mode != "no-way":
        interface_up()
    if mode == "lost":
        IGNORE.write_text("1", encoding="ascii")
    if mode == "half":
        threading.Thread(target=go_silent_after_one, daemon=True).start()
    if mode == "nobody":
        Path("/proc/sys/net/ipv4/ping_group_range").write_text("1 0", encoding="ascii")
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    step = Step(name="ping", icmp=IcmpEcho(host="127.0.0.1", count=2, max_lost=1 if mode == "half" else 0))
    attempt = tried(watching("https://layanan.example", step, deadline_ms=1500 if mode == "half" else 400))
    sys.stdout.write(json.dumps({"fault": attempt.fault, "steps": [[one.passed, one.reason, one.address] for one in attempt.steps]}))


if __name__ == "__main__":
    main(sys.argv[1])
