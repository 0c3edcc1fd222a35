"""The demo from its start to its end on the real engine; and what it refuses."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from cli.demo import SAMPLES
from stacks.toolchain import Toolchain
from tests.scenarios.command import siaga24, start
from tests.scenarios.engine_things import containers, data_volumes, until

AGENCIES = ("dinkes-bandung", "disdukcapil-jayapura")
SERVICES = (
    "dinkes-bandung/antrean", "dinkes-bandung/vaksinasi", "dinkes-bandung/informasi",
    "disdukcapil-jayapura/adminduk", "disdukcapil-jayapura/akta-keliling",
)
MONITOR_PORT = 9924


@pytest.fixture
def demo_lock() -> Iterator[None]:
    """Hold the lock that a running demo holds."""
    path = SAMPLES / ".siaga24" / "locks" / "demo.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.fail("a demo is running on this checkout; end it, then run the tests again", pytrace=False)
        file.truncate(0)
        file.write("4321\n")
        file.flush()
        yield
        file.truncate(0)


@pytest.mark.parametrize("arguments", [["--seconds", "1"], ["--down"]])
def test_a_second_demo_is_refused_while_one_runs(demo_lock: None, arguments: list[str]) -> None:
    done = siaga24("demo", *arguments, workspace=SAMPLES, code=1)
    assert "error: a demo is running already (process 4321); expected one at a time; end it with Ctrl-C" in done.stderr


def test_down_goes_with_no_other_option() -> None:
    done = siaga24("demo", "--down", "--seconds", "5", workspace=SAMPLES, code=2)
    assert "--down removes the demo and goes with no other option" in done.stderr


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_a_demo_killed_at_its_best_leaves_nothing_that_the_next_one_cannot_take_over(
    engine: docker.DockerClient, toolchain: Toolchain,
) -> None:
    first = start("demo", workspace=SAMPLES)
    try:
        assert first.stdout is not None
        for line in first.stdout:
            if line.startswith("every service up after "):
                break
        assert first.poll() is None, first.communicate()
    finally:
        first.kill()
        first.communicate()
    until("the killed demo's monitor to end", lambda: not is_listening(MONITOR_PORT))

    second = siaga24("demo", "--seconds", "8", workspace=SAMPLES, timeout_s=600)
    assert all(service in second.stdout for service in SERVICES)
    assert "every service was up from its first run on: 5 services, " in second.stdout
    assert "--resolve antrean.dinkes-bandung.example:8443:127.0.0.1" in second.stdout
    for code in AGENCIES:
        assert containers(engine, code, stopped=True) == []
        assert data_volumes(engine, code) == []
    assert not (SAMPLES / ".siaga24" / "ledger.sqlite").exists()
    assert not is_listening(MONITOR_PORT)
    assert is_clean(SAMPLES)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_clean(folder: Path) -> bool:
    """Tell whether git sees nothing new below ``folder`` (true outside of git)."""
    done = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all", "--", "."], cwd=folder, capture_output=True, text=True,
        check=False, env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
    )
    return not [line for line in done.stdout.splitlines() if line.startswith("??")]
