"""Ports: free, ours, somebody's container, somebody's program, an address that is not here."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from stacks.engine_facts import PortFacts, PublishedFacts
from stacks.ports import port_reasons

LOOPBACK = "127.0.0.1"
ALL = "0.0.0.0"  # noqa: S104 - compared with, never bound


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(1)
        yield listener.getsockname()[1]


def a_holder(port: int, *, agency: str = "", address: str = LOOPBACK) -> PublishedFacts:
    return PublishedFacts(name="web", agency=agency, ports=(PortFacts(address=address, port=port),))


def ask(port: int, *published: PublishedFacts, address: str = LOOPBACK, is_local: bool = True) -> list[str]:
    return port_reasons("dinkes", address, [("https_port", port)], published, is_local=is_local)


def test_a_free_port_is_no_reason(taken: int) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))        # bound and not listening: as good as free once it is closed
        port = other.getsockname()[1]
    assert ask(port) == []
    assert taken != port


def test_a_program_that_listens_is_named(taken: int) -> None:
    reason, = ask(taken)
    assert reason.startswith(f"gateway/https_port: port {taken} of 127.0.0.1 is taken by ")
    assert f"(pid {os.getpid()})" in reason
    assert reason.endswith("choose another port in gateway, or end it")


def test_a_port_that_our_own_gateway_holds_is_free_for_it(taken: int) -> None:
    assert ask(taken, a_holder(taken, agency="dinkes")) == []


@pytest.mark.parametrize(("agency", "said"), [("", "container web;"), ("disdik", 'container web of agency "disdik";')])
def test_another_container_is_named_with_its_agency(taken: int, agency: str, said: str) -> None:
    assert said in ask(taken, a_holder(taken, agency=agency))[0]


@pytest.mark.parametrize(("holds", "wants"), [(ALL, LOOPBACK), (LOOPBACK, ALL), ("::", LOOPBACK)])
def test_all_addresses_clash_with_each(holds: str, wants: str) -> None:
    assert ask(9, a_holder(9, address=holds), address=wants, is_local=False)


def test_the_same_port_of_another_address_is_no_clash() -> None:
    assert ask(9, a_holder(9, address="10.0.0.1"), is_local=False) == []


def test_an_address_of_another_machine_is_told() -> None:
    assert "192.0.2.77 is no address of this machine" in ask(21999, address="192.0.2.77")[0]


def test_the_ports_of_a_remote_engine_are_not_looked_for_here(taken: int) -> None:
    assert ask(taken, is_local=False) == []
