"""What is around a browser step, without a browser: whose fault its absence is, and that nothing outlives a journey."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitors.core.errors import ProbeFault
from monitors.core.model import Step
from monitors.core.requests import BrowserAction, BrowserDo, BrowserJourney
from monitors.probes import browser_desk
from monitors.probes.browser import _Told, is_unfair, make
from monitors.probes.browser_desk import Browsers, at_once, chromium, sandboxed
from monitors.probes.browser_words import loading_problem, shortened
from monitors.probes.coroutine import Desk
from monitors.probes.guard import ANYWHERE, Guard
from tests.factories import a_target
from tests.probing import tried, watching

STEP = Step(name="ambil", browser=BrowserJourney(actions=(BrowserAction(do=BrowserDo.OPEN, text="/"),)))
JOB = {
    "actions": [("open", "", "/")], "base_url": "http://127.0.0.1:9", "connect_to": "", "ca_pem": "", "width": 800, "height": 600,
    "patience_ms": 1000, "time_zone": "Asia/Jakarta", "guard": None, "sandbox": False, "saved": {},
}


def test_a_machine_without_the_library_is_told_what_to_install_and_the_service_is_not_blamed(monkeypatch):
    monkeypatch.setattr(browser_desk, "find_spec", lambda _name: None)
    attempt = tried(watching("http://127.0.0.1:9", STEP))
    assert attempt.steps == ()
    assert attempt.fault.endswith("browser steps need the library playwright; install the extra: pip install 'siaga24[browser]'")


def test_a_machine_without_a_browser_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProbeFault, match="this machine has no Chromium; install the package chromium, or name its path in SIAGA24_CHROMIUM"):
        chromium({})
    with pytest.raises(ProbeFault, match="SIAGA24_CHROMIUM names /tidak/ada, which is no program"):
        chromium({"SIAGA24_CHROMIUM": "/tidak/ada"})
    for name in ("google-chrome", "chromium"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        assert chromium({}) == str(tmp_path / name)


def test_root_starts_no_browser_unless_ops_say_that_a_container_holds_it():
    assert sandboxed({}, 1000)
    assert not sandboxed({"SIAGA24_CHROMIUM_SANDBOX": "off"}, 0)
    with pytest.raises(ProbeFault, match="let the monitor run as a user of its own, or set SIAGA24_CHROMIUM_SANDBOX=off"):
        sandboxed({}, 0)


@pytest.mark.parametrize("text", ["0", "65", "dua", "-1", ""])
def test_a_number_of_browsers_that_cannot_be_is_told(text):
    assert at_once({}) == 1
    assert at_once({"SIAGA24_BROWSERS": "4"}) == 4
    with pytest.raises(ProbeFault, match="expected a whole number from 1 to 64"):
        at_once({"SIAGA24_BROWSERS": text})


def test_a_program_that_is_no_browser_is_our_own_fault_and_its_place_is_free_again():
    """The whole way through the process around a journey, with or without the library."""
    async def travel() -> list[str]:
        browsers, faults = Browsers({}), []
        for _ in range(2):               # there is one place: the second waits until the first is gone
            place = await browsers.place()
            told = await place.travel(JOB | {"chromium": "/bin/false", "ends_s": time.monotonic() + 30})
            faults.append(told["fault"])
        return faults

    for fault in asyncio.run(travel()):
        assert fault.startswith(("Chromium did not start: ", "the library playwright cannot be used: "))


def test_a_journey_whose_asker_goes_away_ends_at_once_and_gives_its_place_back():
    async def give_up() -> None:
        browsers = Browsers({})
        place = await browsers.place()
        job = JOB | {"chromium": "/bin/false", "ends_s": time.monotonic() + 300}
        asker = asyncio.get_running_loop().create_task(place.travel(job))
        await asyncio.sleep(0)
        asker.cancel()
        await asyncio.wait_for(browsers.place(), 30)

    asyncio.run(give_up())


def test_whatever_is_below_a_journeys_process_is_killed_wherever_it_went():
    """A process in a session of its own, whose parent is gone, as Chromium's crash handler is."""
    script = """
import ctypes, os, subprocess, sys
from monitors.probes import browser_process as around
ctypes.CDLL(None).prctl(around.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
subprocess.run(["sh", "-c", "setsid sleep 600 & sleep 600 & exec true"])
subprocess.Popen(["setsid", "sh", "-c", "sleep 600; true"])
found = around._below(os.getpid())
around.end_all()
print(len(found), len(around._below(os.getpid())))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found, left = map(int, done.stdout.split())
    assert found >= 3
    assert left == 0


def test_the_process_around_a_journey_gets_no_secret_of_the_monitors_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SANDI_RAHASIA", "jangan")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = browser_desk._spawn(theirs)
        theirs.close()
        try:
            environ = b""
            ends_s = time.monotonic() + 10
            while b"PATH=" not in environ and time.monotonic() < ends_s:
                environ = Path("/proc", str(process.pid), "environ").read_bytes()
            assert b"PATH=" in environ
            assert b"jangan" not in environ
        finally:
            ours.close()
            assert process.wait(20) == 0


async def _question(guard: Guard):
    desk = Desk(asyncio.get_running_loop(), guard)
    try:
        return make(desk, a_target(), STEP)
    finally:
        desk.close()


def test_the_same_failure_keeps_a_picture_every_ten_minutes_only():
    question = asyncio.run(_question(ANYWHERE))
    told = _Told({"url": "https://a.example/", "picture": "Zm90bw==", "text": "isi\x1b[2J", "unreached": ["a", "b"]})
    first, second, other = (question._evidence(told, problem) for problem in ("rusak", "rusak", "lain"))
    assert (first.screenshot, second.screenshot, other.screenshot) == ("Zm90bw==", "", "Zm90bw==")
    assert (first.request, first.body, first.head) == ("GET https://a.example/", "isi [2J", "not reached: a\nnot reached: b")


@pytest.mark.parametrize(("before_first_page_s", "unfair"), [(0, False), (5, False), (6, True), (20, True)])
def test_a_time_out_is_held_against_the_service_only_where_the_browser_was_there_in_time(before_first_page_s, unfair):
    assert is_unfair(before_first_page_s * 1_000_000, 20_000_000) is unfair


def test_the_guards_rules_go_along_with_the_job_and_mean_the_same_there():
    question = asyncio.run(_question(Guard(["10.0.0.0/8"], ["203.0.113.0/24"])))
    there = Guard(*json.loads(json.dumps(question.job["guard"])))
    assert [bool(there.refusal(place)) for place in ("10.1.2.3", "127.0.0.1", "203.0.113.9", "8.8.8.8")] == [False, True, True, False]
    assert asyncio.run(_question(ANYWHERE)).job["guard"] is None


@pytest.mark.parametrize(("said", "words"), [
    ("Page.goto: net::ERR_CERT_DATE_INVALID at https://a/", "the certificate has expired or is not yet valid (ERR_CERT_DATE_INVALID)"),
    ("Page.goto: net::ERR_LUAR_BIASA at https://a/", "the page could not be loaded (ERR_LUAR_BIASA)"),
    ("Page.goto: Download is starting", "it is no page but a download"),
    ("Page.goto: lain\nCall log:\n - navigating", "Page.goto: lain"),
])
def test_what_chromium_says_is_put_in_words(said, words):
    assert loading_problem(said) == words


def test_words_of_a_page_are_made_short_and_cannot_write_to_a_terminal():
    assert shortened("a\x1b[31m\n  b") == "a [31m b"
    assert shortened("x" * 200, 10) == "x" * 9 + "…"


