"""One command at a time for a stack; whoever holds it is named; the dead hold nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from monitors.core.errors import StackBusyError, StackError
from stacks.lock import hold_stack
from stacks.process import start_ticks

HOLD = """
import sys, time
from pathlib import Path
from stacks.lock import hold_stack
with hold_stack(Path(sys.argv[1]), "dinkes", "stack up dinkes"):
    print("held", flush=True)
    time.sleep(60)
"""


def other_holder(state: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


def test_a_second_command_is_refused_at_once_and_told_who_holds_the_stack(tmp_path: Path) -> None:
    child = other_holder(tmp_path)
    try:
        with pytest.raises(StackBusyError) as caught, hold_stack(tmp_path, "dinkes", "stack destroy dinkes"):
            pass
    finally:
        end(child)
    text = str(caught.value)
    assert f"process {child.pid} on {socket.gethostname()}" in text
    assert '"stack up dinkes"' in text
    assert "since 20" in text


def test_another_stack_is_free(tmp_path: Path) -> None:
    with hold_stack(tmp_path, "dinkes", "up"), hold_stack(tmp_path, "disdik", "up"):
        pass


def test_the_lock_of_a_killed_process_is_harmless(tmp_path: Path) -> None:
    end(other_holder(tmp_path))
    with hold_stack(tmp_path, "dinkes", "up") as lock:
        assert lock.holder.pid == os.getpid()


def test_the_pulumi_process_of_a_killed_command_is_waited_for_and_named(tmp_path: Path) -> None:
    orphan = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        leave_behind(tmp_path, child=orphan.pid, child_ticks=start_ticks(orphan.pid))
        told: list[str] = []
        with (
            pytest.raises(StackBusyError, match=rf"its Pulumi process {orphan.pid} still works"),
            hold_stack(tmp_path, "dinkes", "up", on_wait=told.append, patience_s=0),
        ):
            pass
        assert len(told) == 1
        assert f"waiting for Pulumi (pid {orphan.pid})" in told[0]
    finally:
        orphan.communicate()
    with hold_stack(tmp_path, "dinkes", "up"):
        pass


def test_a_reused_id_of_a_dead_pulumi_process_is_not_waited_for(tmp_path: Path) -> None:
    leave_behind(tmp_path, child=os.getpid(), child_ticks=1)
    with hold_stack(tmp_path, "dinkes", "up", patience_s=0):
        pass


def test_the_text_names_the_running_child_and_is_cleared_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "dinkes.lock"
    with hold_stack(tmp_path, "dinkes", "up") as lock:
        lock.note_child(os.getpid())
        assert json.loads(path.read_text(encoding="utf-8"))["child"] == os.getpid()
        lock.note_child(0)
    assert path.read_text(encoding="utf-8") == ""


def test_a_garbled_text_does_not_keep_anybody_out(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "dinkes.lock").write_text("{half", encoding="utf-8")
    with hold_stack(tmp_path, "dinkes", "up"):
        pass


def test_a_state_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    with pytest.raises(StackError, match=r"cannot be written.*--state"), hold_stack(tmp_path / "state", "dinkes", "up"):
        pass


def leave_behind(state: Path, **child: int) -> None:
    """Write the text that a killed command leaves."""
    (state / "locks").mkdir(exist_ok=True)
    holder = {"pid": 1, "host": socket.gethostname(), "command": "stack up dinkes", "since": "2026-01-01", **child}
    (state / "locks" / "dinkes.lock").write_text(json.dumps(holder), encoding="utf-8")
