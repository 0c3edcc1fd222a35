"""What /proc says of processes: alive or not, the same one or not, who listens."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys

from stacks.process import began_after, end_session, is_alive, is_same_process, listener_of, start_ticks


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_this_process_lives_and_an_ended_one_does_not() -> None:
    assert is_alive(os.getpid())
    assert not is_alive(ended_process())


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()                  # its end: from now on it is a zombie until it is waited for
    child.stdout.close()
    while is_alive(child.pid):
        pass
    child.wait()


def test_what_outlives_the_leader_of_a_session_is_ended_whatever_its_group() -> None:
    # Keeps a child in a process group of its own, as Pulumi keeps its providers, and ends.
    leader = subprocess.Popen(
        [sys.executable, "-c", "import subprocess as s; print(s.Popen(['sleep', '60'], process_group=0, stdout=s.DEVNULL).pid)"],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )
    child = int(leader.communicate()[0])
    assert is_alive(child)
    assert end_session(leader.pid) == 1
    while is_alive(child):
        pass
    assert end_session(leader.pid) == 0


def test_a_reused_id_is_another_process() -> None:
    ticks = start_ticks(os.getpid())
    assert ticks > 0
    assert is_same_process(os.getpid(), ticks)
    assert not is_same_process(os.getpid(), ticks + 1)
    assert not is_same_process(ended_process(), 0)


def test_the_listener_of_a_port_is_named_and_nobody_is_not() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        assert f"(pid {os.getpid()})" in listener_of(port)
    assert listener_of(port) == ""


def test_a_process_began_after_an_old_moment_and_not_after_a_coming_one() -> None:
    now = dt.datetime.now(dt.UTC)
    assert began_after(os.getpid(), now - dt.timedelta(days=365))
    assert not began_after(os.getpid(), now + dt.timedelta(hours=1))
    assert not began_after(ended_process(), now - dt.timedelta(days=365)), "nothing is known of one that has ended"
