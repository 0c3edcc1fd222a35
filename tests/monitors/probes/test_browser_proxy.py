"""The one way out of a browser: asked as Chromium asks it, over a real socket, beside real servers."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from monitors.probes.browser_proxy import WayOut
from monitors.probes.guard import ANYWHERE, Guard
from tests.servers import closed_port, page, serving

SERVICE = ("antrean.example", 8443)
GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def asked(host: str, port: int, *, guard: Guard = ANYWHERE, placed=None, max_bytes: int = 1_000_000, command: int = 1):
    """Connect by the proxy and send a request; give the proxy's word, what came back, and the proxy."""
    async def ask():
        way = WayOut(asyncio.get_running_loop(), guard, service=SERVICE, placed=placed, max_bytes=max_bytes)
        reader, writer = await asyncio.open_connection("127.0.0.1", await way.open())
        writer.write(b"\5\1\0")
        assert await reader.readexactly(2) == b"\5\0"
        try:
            place = b"\1" + socket.inet_aton(host)
        except OSError:
            place = bytes((3, len(host))) + host.encode()
        writer.write(bytes((5, command, 0)) + place + struct.pack("!H", port))
        said = (await reader.readexactly(10))[1]
        writer.write(GET)
        body = await reader.read(100_000) if said == 0 else b""
        writer.close()
        await way.close()
        return said, body, way

    return asyncio.run(ask())


def test_a_service_is_reached_where_the_toolkit_placed_it_and_nothing_else_there_is():
    with serving(page("<p>halo</p>")) as server:
        placed = ("127.0.0.1", server.port)
        said, body, way = asked(*SERVICE, guard=Guard(), placed=placed)
        assert (said, body[:12], way.address) == (0, b"HTTP/1.1 200", "127.0.0.1")
        for place in (("127.0.0.1", server.port), ("localhost", server.port), ("antrean.example", 80)):
            said, _, way = asked(*place, guard=Guard(), placed=placed)
            assert said != 0
        assert server.connections == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "0.0.0.1"])
def test_what_the_guard_refuses_is_not_connected_to_and_said(host):
    said, _, way = asked(host, 80, guard=Guard())
    assert said != 0
    assert "where the monitor does not connect" in way.why[host, 80]


def test_what_chromium_asks_of_its_maker_is_not_even_looked_up():
    said, _, way = asked("update.googleapis.com", 443)
    assert (said != 0, way.why, way.faults) == (True, {}, {})


def test_a_refused_connection_is_told_in_words():
    with closed_port() as port:
        said, _, way = asked("127.0.0.1", port)
    assert said != 0
    assert way.why == {("127.0.0.1", port): f"no connection to 127.0.0.1 port {port}: 127.0.0.1: connection refused"}


def test_pages_that_send_too_much_are_cut_off():
    with serving(page(b"x" * 300_000)) as server:
        _, body, way = asked("127.0.0.1", server.port, max_bytes=100_000)
        assert way.is_flooded
        assert len(body) <= 100_000


def test_it_listens_for_nobody_and_carries_no_datagrams():
    with serving(page("x")) as server:
        assert asked("127.0.0.1", server.port, command=2)[0] == 2
        assert asked("127.0.0.1", server.port, command=3)[0] == 2
