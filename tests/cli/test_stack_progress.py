"""How a running stack command looks: one line a resource, what is done to it, and how long it takes."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

from cli.stack_picture import LiveProgress
from cli.stack_progress import JsonProgress, PlainProgress
from stacks.progress import Phase, Progress, Step, StepState

STEPS = (
    ("create", StepState.STARTED, 0.0, ""),
    ("create", StepState.DONE, 1.5, ""),
    ("wait until well", StepState.STARTED, 0.0, ""),
    ("wait until well", StepState.DONE, 2.25, ""),
)


def tell(progress: Progress, name: str = "replica 1 of antrean") -> None:
    for action, state, seconds, detail in STEPS:
        progress.step(Step(
            key=f"{action} {name}", kind="container", name=name, action=action, state=state, seconds=seconds, detail=detail,
        ))


def drawn(picture: LiveProgress) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=100).print(picture)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def live() -> LiveProgress:
    return LiveProgress(Console(file=io.StringIO()), "stack up dinkes")


def test_plain_lines_tell_what_ended_and_how_long_it_took() -> None:
    out = io.StringIO()
    progress = PlainProgress(Console(file=out, width=200))
    progress.phase(Phase.PULUMI, StepState.STARTED, 0.0)
    tell(progress)
    progress.note("a sentence with [brackets]")
    progress.phase(Phase.PULUMI, StepState.DONE, 4.25)
    assert out.getvalue().splitlines() == [
        "pulumi ...",
        "  container replica 1 of antrean: created in 1.5 s",
        "  container replica 1 of antrean: well in 2.2 s",
        "  note: a sentence with [brackets]",
        "pulumi done in 4.2 s",
    ]


def test_json_lines_are_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    progress = JsonProgress()
    progress.phase(Phase.GATE, StepState.DONE, 0.12345)
    tell(progress)
    progress.note("a sentence")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"type": "phase", "phase": "gate", "state": "done", "seconds": 0.123}
    assert lines[2] == {
        "type": "step", "kind": "container", "name": "replica 1 of antrean", "action": "create", "state": "done",
        "seconds": 1.5, "detail": "",
    }
    assert lines[-1] == {"type": "note", "text": "a sentence"}
    assert all("key" not in line for line in lines)


def test_a_resource_keeps_one_line_of_the_table_with_all_the_time_spent_on_it() -> None:
    picture = live()
    tell(picture)
    picture.is_over = True
    lines = drawn(picture)
    assert lines[0] == "stack up dinkes"
    assert [line.split() for line in lines if "replica" in line] == [
        ["✓", "container", "replica", "1", "of", "antrean", "well", "3.8", "s"],
    ]


def test_a_failure_says_what_failed_and_stays() -> None:
    picture = live()
    tell(picture)
    picture.step(Step(
        key="x", kind="container", name="replica 1 of antrean", action="wait until well", state=StepState.FAILED,
        detail="ended with code 3",
    ))
    picture.is_over = True
    assert any("✗" in line and "wait until well: ended with code 3" in line for line in drawn(picture))


def test_what_was_still_under_way_at_the_end_is_marked() -> None:
    picture = live()
    picture.step(Step(key="x", kind="network", name="edge", action="create", state=StepState.STARTED))
    picture.is_over = True
    assert any(line.split()[:4] == ["-", "network", "edge", "create"] for line in drawn(picture))


def test_a_low_terminal_shows_what_runs_and_says_how_much_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "12")
    monkeypatch.setenv("COLUMNS", "100")
    picture = live()
    for n in range(20):
        tell(picture, f"replica {n} of antrean")
    picture.step(Step(key="x", kind="network", name="edge", action="create", state=StepState.STARTED))
    lines = drawn(picture)
    assert len(lines) <= 12
    assert any("edge" in line for line in lines)
    assert any("(15 more are done)" in line for line in lines)
    picture.is_over = True
    assert sum("replica" in line for line in drawn(picture)) == 20, "at the end everything stays on the screen"


def test_phases_and_notes_stand_under_the_table() -> None:
    picture = live()
    picture.phase(Phase.PREFLIGHT, StepState.DONE, 1.25)
    picture.phase(Phase.PULUMI, StepState.FAILED, 3.0)
    picture.note("a sentence")
    lines = drawn(picture)
    assert "preflight 1.2 s   pulumi 3.0 s" in lines
    assert lines[-1] == "note: a sentence"


PLANNED = (("create new", "image, labels"), ("remove old", ""), ("create", ""))


def test_a_preview_says_what_would_become_of_each_resource_and_why() -> None:
    out = io.StringIO()
    plain = PlainProgress(Console(file=out, width=200), is_preview=True)
    picture = LiveProgress(Console(file=io.StringIO()), "stack preview dinkes", is_preview=True)
    for number, (action, detail) in enumerate(PLANNED):
        step = Step(
            key=str(number), kind="container", name=f"replica {number // 2}", action=action, state=StepState.DONE,
            detail=detail,
        )
        plain.step(step)
        picture.step(step)
    assert out.getvalue().splitlines() == [
        "  container replica 0: would be made anew (image, labels)", "  container replica 1: would be created",
    ]
    assert [line.split(maxsplit=4)[4] for line in drawn(picture) if "replica" in line] == [
        "would be made anew (image, labels)", "would be created",
    ]


LEFT = """
import sys
from cli.stack_progress import JsonProgress, PlainProgress
from cli.output import error_console
sys.stdin.read()                          # until the reader of our output has left
for progress in (JsonProgress(), PlainProgress(error_console())):
    for _ in range(3):
        progress.note("x" * 100_000)
sys.exit(7)
"""


def test_a_command_goes_on_to_its_end_though_nobody_reads_its_output_any_more() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", LEFT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    child.stderr.close()
    child.stdin.close()
    assert child.wait(timeout=60) == 7
