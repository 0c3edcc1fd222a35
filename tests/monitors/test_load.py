"""Descriptors of this process, counted seldom."""

from __future__ import annotations

import gc
import json
import resource
import socket
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors import load
from monitors.core.document import to_document
from monitors.load import (
    ALL_BEATS,
    Descriptors,
    Garbage,
    allow_descriptors,
    most_descriptors,
    open_descriptors,
    possible_runs,
)
from tests.factories import a_target


def test_an_open_socket_is_counted():
    before = open_descriptors()
    with socket.socket():
        assert open_descriptors() == before + 1


def test_the_most_is_the_soft_limit():
    assert most_descriptors() == resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_it_is_counted_each_second_while_busy_and_seldom_else(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def count() -> int:
        asked.append(1)
        return len(asked)

    monkeypatch.setattr(load, "open_descriptors", count)
    descriptors = Descriptors()
    for _ in range(40):
        descriptors.beat(under_way=1, limit=100)
    assert len(asked) == 1
    for _ in range(40):
        descriptors.beat(under_way=50, limit=100)
    assert len(asked) == 11
    assert descriptors.count == 11


def test_no_more_runs_at_once_than_the_system_has_sockets_for():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        assert possible_runs(10**9) == 10**9
    else:
        assert possible_runs(10**9) == max(1, (hard - 256) // 2)
    assert possible_runs(5) == 5
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)


def test_more_file_descriptors_are_allowed_as_far_as_the_system_lets_us():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        allow_descriptors(1000)
        expected = 1256 if hard == resource.RLIM_INFINITY else min(1256, hard)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (expected, hard)
        allow_descriptors(10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (expected, hard), "never fewer than before"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_threads_share_two_reserves_of_memory(tmp_path: Path):
    """In a process of its own: the setting holds for all of it."""
    report = tmp_path / "malloc.xml"
    code = (
        "import ctypes, sys, threading\n"
        "from monitors.load import hold_little_memory\n"
        "hold_little_memory()\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p\n"
        "together = threading.Barrier(6)\n"
        "def take():\n"
        "    together.wait()\n"
        "    libc.malloc(1000)\n"
        "    together.wait()\n"
        "threads = [threading.Thread(target=take) for _ in range(6)]\n"
        "for one in threads: one.start()\n"
        "for one in threads: one.join()\n"
        "file = libc.fopen(sys.argv[1].encode(), b'w')\n"
        "libc.malloc_info(0, ctypes.c_void_p(file))\n"
        "libc.fclose(ctypes.c_void_p(file))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(report)], check=True)
    assert 1 <= report.read_text(encoding="ascii").count("<heap nr=") <= 2


@pytest.fixture
def looks() -> Iterator[list[int]]:
    """The generations that were looked through; 0 are the newest objects."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append(info["generation"])

    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.enable()


def test_while_thousands_of_runs_hang_only_what_is_new_is_looked_through_at_each_beat(looks: list[int]):
    garbage = Garbage()
    garbage.beat(under_way=5_000)
    alive = []
    for _ in range(10):
        alive += [[number] for number in range(10_000)]
        garbage.beat(under_way=5_000)
    assert looks == [0] * 11
    assert len(alive) == 100_000


def test_all_is_looked_through_every_ten_minutes_all_the_same(looks: list[int]):
    garbage = Garbage()
    for _ in range(ALL_BEATS):
        garbage.beat(under_way=5_000)
    assert looks.count(2) == 1


def test_garbage_in_cycles_goes_while_runs_hang_and_python_s_own_rule_comes_back_after(looks: list[int]):
    class Node:
        itself: object

    garbage = Garbage()
    garbage.beat(under_way=5_000)
    assert not gc.isenabled()
    node = Node()
    node.itself = node
    gone: list[int] = []
    weakref.finalize(node, gone.append, 1)
    del node
    garbage.beat(under_way=5_000)
    assert gone == [1]
    garbage.beat(under_way=10)
    assert gc.isenabled()


def test_a_plain_monitor_loads_no_library_that_its_definitions_do_not_ask_for(tmp_path: Path):
    """Each takes megabytes: they come with the first step, ledger or signature that needs them."""
    targets = tmp_path / "targets.json"
    targets.write_text(json.dumps(to_document([a_target()])), encoding="utf-8")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from monitors.settings import Listen, MonitorSettings\n"
        "from monitors.wiring import Monitor, probing\n"
        "from monitors.targets_source import TargetsFiles\n"
        "from monitors.runner import watch\n"
        "import asyncio, cli.monitor\n"
        "from monitors.clock import LifeClock\n"
        f"target, = TargetsFiles((Path({str(targets)!r}),)).read()\n"
        "async def ready():\n"
        "    with probing(asyncio.get_running_loop(), LifeClock()) as probe:\n"
        "        watch(probe, target)\n"
        "asyncio.run(ready())\n"
        "found = ('cryptography', 'dns', 'grpc', 'icmplib', 'playwright', 'psycopg', 'websockets', 'docker', 'pulumi')\n"
        "print([name for name in found if name in sys.modules])\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
