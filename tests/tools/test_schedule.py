"""Parts run side by side as far as they do not need each other, and one failure does not waste the others' work."""

from __future__ import annotations

import graphlib
import io
import threading
from collections.abc import Callable

import pytest

from tools.part import Finding, PartError, Say
from tools.progress import Board
from tools.schedule import run_parts


def noting(name: str, into: list[str]) -> Callable[[], str]:
    def work() -> str:
        into.append(name)
        return name

    return work


class Job:
    def __init__(self, name: str, work: Callable[[], str] = lambda: "done") -> None:
        self.name = name
        self.work = work

    def look(self) -> Finding:
        return Finding()

    def make(self, say: Say) -> str:  # noqa: ARG002 - the protocol has it
        return self.work()


def fail() -> str:
    raise PartError("it broke; mend it")


def test_parts_without_needs_run_at_the_same_time():
    meeting = threading.Barrier(2, timeout=20)

    def meet() -> str:
        meeting.wait()  # passes only if both are under way
        return "met"

    assert run_parts([Job("a", meet), Job("b", meet)], {}, Board(io.StringIO())) == {}


def test_a_part_begins_after_those_it_needs():
    order: list[str] = []

    parts = [Job("c", noting("c", order)), Job("b", noting("b", order)), Job("a", noting("a", order))]
    run_parts(parts, {"c": ["b"], "b": ["a", "was ready before"]}, Board(io.StringIO()))
    assert order == ["a", "b", "c"]


def test_what_needs_a_failed_part_is_not_begun_and_the_rest_goes_on():
    done: list[str] = []
    board = io.StringIO()
    parts = [Job("late", noting("late", done)), Job("middle"), Job("bad", fail), Job("other", noting("other", done))]
    failed = run_parts(parts, {"middle": ["bad"], "late": ["middle"]}, Board(board))
    assert {name: error.text for name, error in failed.items()} == {
        "bad": "it broke; mend it",
        "middle": "not begun, because bad failed",
        "late": "not begun, because middle failed",
    }
    assert done == ["other"]
    assert "failed it broke; mend it" in board.getvalue()


def test_needs_in_a_circle_are_refused_before_anything_begins():
    begun: list[str] = []
    parts = [Job("a", noting("a", begun)), Job("b")]
    with pytest.raises(graphlib.CycleError):
        run_parts(parts, {"a": ["b"], "b": ["a"]}, Board(io.StringIO()))
    assert begun == []
