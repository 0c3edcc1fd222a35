"""The first Ctrl-C asks for an orderly end, the second ends at once; every waiting thread wakes."""

from __future__ import annotations

import signal
import threading

import pytest

from stacks.interrupts import InterruptedRunError, Interrupts, like_ctrl_c


def test_the_first_signal_asks_and_the_second_ends() -> None:
    interrupts, heard = Interrupts(), []
    before = signal.getsignal(signal.SIGTERM)
    with interrupts.guarded(lambda: heard.append("first"), lambda: heard.append("second")):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(number)
    assert heard == ["first", "second", "second"]
    assert interrupts.asked
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_wait_ends_at_once_when_a_stop_is_asked_for() -> None:
    interrupts, raised = Interrupts(), []

    def waiting() -> None:
        with pytest.raises(InterruptedRunError, match="stopped as asked"):
            interrupts.wait(3600)
        raised.append(True)

    thread = threading.Thread(target=waiting)
    thread.start()
    interrupts.ask()
    thread.join(timeout=30)
    assert raised == [True]


def test_a_run_that_failed_elsewhere_ends_waits_without_claiming_a_stop() -> None:
    interrupts = Interrupts()
    interrupts.check()
    interrupts.give_up()
    assert not interrupts.asked
    with pytest.raises(InterruptedRunError, match="another part of the run has failed"):
        interrupts.check()


def test_outside_of_the_main_thread_nothing_is_hooked() -> None:
    before = signal.getsignal(signal.SIGINT)

    def guarded() -> None:
        with Interrupts().guarded(lambda: None, lambda: None):
            assert signal.getsignal(signal.SIGINT) is before

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join(timeout=30)


def test_a_term_outside_of_an_update_is_like_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGHUP)
    for number in (signal.SIGTERM, signal.SIGHUP):
        with pytest.raises(KeyboardInterrupt), like_ctrl_c():
            signal.raise_signal(number)
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_stopped_command_has_the_exit_code_of_an_interrupt() -> None:
    assert InterruptedRunError("x").exit_code == 130
