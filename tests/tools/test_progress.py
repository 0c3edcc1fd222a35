"""Plain lines where nobody watches, one repainted row for each part on a terminal, and no colour where it is unwanted."""

from __future__ import annotations

import io
import re

import pytest

from tools import progress
from tools.progress import Board, elapsed


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (8.25, "8.2 s"), (60, "1 min 00 s"), (245.9, "4 min 05 s")])
def test_durations_are_written_for_people(seconds: float, text: str):
    assert elapsed(seconds) == text


def test_a_pipe_gets_a_line_for_each_phase_and_the_end_and_no_escape_codes():
    stream = io.StringIO()
    with Board(stream) as board:
        voice = board.begin("pulumi")
        voice.phase("fetching")
        voice.detail("3 of 9")
        board.finish("pulumi", "Pulumi 3")
    lines = [re.sub(r"[0-9.]+ s", "T", line) for line in stream.getvalue().splitlines()]
    assert lines == ["[     T] pulumi    fetching", "[     T] pulumi    ready  Pulumi 3 (T)"]


def test_a_long_phase_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress, "HEARTBEAT_S", 0.01)
    stream = io.StringIO()
    with Board(stream) as board:
        voice = board.begin("pulumi")
        voice.detail("812 of 1430 packages")
        while "starting: 812 of 1430 packages" not in stream.getvalue():
            pass  # pytest's own time limit ends it if the line never comes


def test_a_terminal_gets_rows_that_are_wiped_and_a_coloured_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress, "REPAINT_S", 0.01)
    stream = Terminal()
    with Board(stream) as board:
        voice = board.begin("images")
        voice.phase("building")
        while "building" not in stream.getvalue():
            pass
        board.finish("images", "5 images", failed=True)
    assert "\x1b[1F\x1b[J" in stream.getvalue()
    assert "\x1b[31mfailed \x1b[0m5 images" in stream.getvalue()
    assert stream.getvalue().endswith(")\n")


@pytest.mark.parametrize("variable", ["NO_COLOR", "CI"])
def test_colour_stays_away_where_it_is_unwanted(variable: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(variable, "1")
    stream = Terminal()
    with Board(stream) as board:
        board.begin("images")
        board.finish("images", "5 images")
    assert "\x1b[3" not in stream.getvalue()


def test_a_row_never_breaks_the_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(progress, "REPAINT_S", 0.01)
    stream = Terminal()
    with Board(stream) as board:
        board.begin("images").phase("x" * 200)
        while "xxx" not in stream.getvalue():
            pass
    assert max(len(line) for line in re.sub(r"\x1b\[[0-9]*[A-Z]", "", stream.getvalue()).splitlines()) < 40
