"""What a running monitor prints: changes in words, every run on request, JSON for programs; and never waits for it."""

from __future__ import annotations

import io
import json
import threading
import time

import pytest
from rich.console import Console

from cli.monitor_feed import LARGEST_QUEUE, Feed
from monitors.core.model import Run, Verdict
from tests.factories import NOON_MS, a_run, a_try, some_runs


@pytest.fixture(autouse=True)
def _in_jakarta(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def printed(*runs: Run, notes: tuple[str, ...] = (), **given: bool) -> list[str]:
    out = io.StringIO()
    feed = Feed(Console(file=out, width=200, highlight=False), **given)
    feed.take(runs)
    for note in notes:
        feed.note(note)
    feed.start()
    feed.stop()
    return out.getvalue().splitlines()


def test_only_changes_are_printed():
    assert [line.split()[:3] for line in printed(*some_runs("uuuddduu"))] == [
        ["12:00:00", "up", "dinkes/antrean/ambil-nomor"],
        ["12:01:30", "down", "dinkes/antrean/ambil-nomor"],
        ["12:03:00", "up", "dinkes/antrean/ambil-nomor"],
    ]


def test_an_outage_names_the_failing_step_and_its_end_says_how_long_it_was():
    _, down, up = printed(*some_runs("uddu"))
    assert 'step 1 of 1 "buka halaman": expected status 200, got 503 after 12 ms' in down
    assert up.endswith("12 ms  recovered; it was down for 1 min")


def test_each_transaction_has_changes_of_its_own():
    runs = [a_run(), a_run(service="lain", verdict=Verdict.DOWN), a_run(sequence=1), a_run(service="lain", sequence=1)]
    assert [line.split()[1:3] for line in printed(*runs)] == [
        ["up", "dinkes/antrean/ambil-nomor"], ["down", "dinkes/lain/ambil-nomor"], ["up", "dinkes/lain/ambil-nomor"],
    ]


def test_verbose_prints_every_run():
    assert len(printed(*some_runs("uuuddd"), is_verbose=True)) == 6


def test_json_is_one_object_a_line():
    lines = [json.loads(line) for line in printed(*some_runs("ud"), notes=("targets read anew",), is_json=True)]
    assert lines[0] == {
        "at_ms": NOON_MS, "agency": "dinkes", "service": "antrean", "transaction": "ambil-nomor", "vantage": "local",
        "verdict": "up", "outcome": "done", "reason": "", "failed_step": "", "first_try_failed": False,
        "duration_us": 12_000, "before": None, "status": 200, "certificate_ends_ms": 0,
        "phases_us": {"dns": 0, "connect": 500, "tls": 2000, "first_byte": 9000, "body": 500},
    }
    assert (lines[1]["verdict"], lines[1]["before"], lines[1]["failed_step"]) == ("down", "up", "buka halaman")
    assert lines[2]["note"] == "targets read anew"


def test_a_note_is_a_line_with_the_time():
    [line] = printed(notes=("the monitor was suspended for 90 s",))
    assert line.endswith("  the monitor was suspended for 90 s")


def test_markup_in_a_stranger_s_words_is_only_text():
    [line] = printed(a_run(verdict=Verdict.UNKNOWN, reason="[red]halo[/red]", tries=(a_try(),)))
    assert "[red]halo[/red]" in line


class Stuck(io.StringIO):
    """A terminal that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait(30)
        return super().write(text)


def test_a_terminal_that_takes_nothing_holds_nobody_up_and_the_loss_is_told():
    out = Stuck()
    feed = Feed(Console(file=out, width=200, highlight=False), is_verbose=True)
    feed.start()
    feed.take([a_run(sequence=number) for number in range(LARGEST_QUEUE + 100)])
    out.free.set()
    while "lines were left out" not in out.getvalue() and feed._thread.is_alive():
        feed._thread.join(0.01)
    feed.stop()
    assert "lines were left out: this terminal is too slow; the ledger has all runs" in out.getvalue()


class Gone(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_left_ends_the_printing_and_nothing_else():
    feed = Feed(Console(file=Gone(), width=200))
    feed.start()
    feed.take(some_runs("ud"))
    feed.stop()
    feed.take(some_runs("ud"))


def test_json_is_written_as_it_is_and_not_laid_out_for_people(monkeypatch: pytest.MonkeyPatch):
    # 100,000 first runs in a minute, laid out one by one, made a monitor late that never caught up again
    monkeypatch.setattr(Console, "print", lambda *_, **__: pytest.fail("laid out"))
    lines = printed(*some_runs("ud"), notes=("catatan",), is_json=True)
    assert [json.loads(line).get("verdict", "note") for line in lines] == ["up", "down", "note"]
