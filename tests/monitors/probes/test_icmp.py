"""ICMP steps by real echoes, in a network of the test's own where they can be lost or forbidden."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import Step
from monitors.core.requests import IcmpEcho
from monitors.probes.guard import Guard
from tests.probing import tried, watching

ROOT = Path(__file__).parents[3]


def in_own_network(mode: str) -> dict[str, object]:
    """Run one case of ``icmp_cases.py`` in a network namespace; skip where this machine allows none."""
    unshare = ["unshare", *([] if os.geteuid() == 0 else ["-r"]), "-n"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine allows no network namespace, in which echoes are lost and forbidden on purpose")
    done = subprocess.run(
        [*unshare, sys.executable, "-m", "tests.monitors.probes.icmp_cases", mode],
        check=False, capture_output=True, text=True, cwd=ROOT, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_host_that_answers_is_up():
    assert in_own_network("up") == {"fault": "", "steps": [[True, "", "127.0.0.1"]]}


def test_a_host_that_answers_no_echo_fails():
    found = in_own_network("lost")
    assert found == {"fault": "", "steps": [[
        False, 'step 1 of 1 "ping": 2 of 2 echoes to 127.0.0.1 were lost, expected at most 0', "127.0.0.1",
    ]]}


def test_a_loss_that_is_allowed_is_told_and_does_not_fail():
    found = in_own_network("half")
    assert found == {"fault": "", "steps": [[True, 'step 1 of 1 "ping": 1 of 2 echoes to 127.0.0.1 were lost', "127.0.0.1"]]}


def test_a_machine_without_a_way_cannot_tell():
    found = in_own_network("no-way")
    assert found["steps"] == []
    assert "this machine could not send echoes to 127.0.0.1: it has no way there" in str(found["fault"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not ping")
def test_a_monitor_that_may_not_ping_cannot_tell_and_says_what_it_needs():
    found = in_own_network("nobody")
    assert found["steps"] == []
    assert "does not permit the monitor to send echoes (ICMP); give it the capability CAP_NET_RAW" in str(found["fault"])


def test_a_guarded_host_is_refused():
    step = Step(name="ping", icmp=IcmpEcho(host="127.0.0.1"))
    attempt = tried(watching("https://layanan.example", step), guard=Guard())
    assert "an address of the monitor's own machine" in attempt.steps[0].reason


def test_a_step_that_can_never_fail_is_refused():
    with pytest.raises(UsageError, match="2 of 2 echoes may be lost, so that it can never fail"):
        tried(watching("https://layanan.example", Step(name="ping", icmp=IcmpEcho(count=2, max_lost=2))))
