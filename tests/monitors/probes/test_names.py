"""Names are looked up as the machine does it, off the loop, and what they lead to is judged."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from monitors.core.errors import ProbeFault
from monitors.probes import names
from monitors.probes.guard import ANYWHERE, Guard
from monitors.probes.names import NameProblem, NamesDesk


def looked_up(host: str, *, guard: Guard = ANYWHERE, is_placed: bool = False) -> list[str]:
    async def run() -> list[str]:
        return await NamesDesk(asyncio.get_running_loop(), guard).addresses(host, is_placed=is_placed)

    return asyncio.run(run())


def test_a_name_of_the_hosts_file_leads_to_its_address():
    assert "127.0.0.1" in looked_up("localhost")


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_an_address_is_not_looked_up(address):
    assert looked_up(address) == [address]


def test_a_name_that_is_none_is_told(monkeypatch):
    def fail(*_args, **_given):
        raise socket.gaierror(socket.EAI_NONAME, "x")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(NameProblem, match="the name tiada could not be resolved: there is no such name, or it has no"):
        looked_up("tiada")


def test_a_name_too_odd_to_be_looked_up_is_the_services_problem():
    with pytest.raises(NameProblem, match="it is not a name"):
        looked_up("a" * 70)


def test_what_is_guarded_is_refused_unless_the_toolkit_placed_it():
    with pytest.raises(NameProblem, match=r"localhost leads to .*--allow-network"):
        looked_up("localhost", guard=Guard())
    assert looked_up("127.0.0.1", guard=Guard(), is_placed=True) == ["127.0.0.1"]


def test_hanging_look_ups_hold_up_nothing_and_are_bounded(monkeypatch):
    """The loop goes on, and when all places are taken it is the monitor that cannot tell."""
    gate = threading.Event()
    monkeypatch.setattr(names, "AT_ONCE", 2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_given: gate.wait(10) and [])

    async def run() -> str:
        desk = NamesDesk(asyncio.get_running_loop(), ANYWHERE)
        hanging = [asyncio.create_task(desk.addresses(f"n{number}")) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ProbeFault) as error:
            await desk.addresses("n3")
        hanging[0].cancel()
        gate.set()
        with pytest.raises(NameProblem):
            await hanging[1]
        return str(error.value)

    assert asyncio.run(run()) == "2 names are being looked up already, and none of them is answered"
