"""A name server that answers from a table, by UDP and TCP on one port, and that can fail in every way a real one does."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

HOST = "127.0.0.1"
# what a name leads to: lines of a zone ("A 192.0.2.1"), an rcode ("SERVFAIL"), or what is sent instead of an answer
Zone = dict[str, list[str] | str | Callable[[dns.message.Message], bytes | None]]


@dataclass(slots=True)
class NameServer:
    """A server that runs. ``asked``: ("udp", "A", "nama.example") and so on."""

    port: int
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"


def silent(_query: dns.message.Message) -> None:
    """Say nothing."""


def garbage(_query: dns.message.Message) -> bytes:
    """Answer with bytes that are no DNS."""
    return b"\xff" * 40


def another_id(query: dns.message.Message) -> bytes:
    """Answer as one does who guesses: with another question's number, and an address of his own."""
    reply = dns.message.make_response(query)
    reply.id = (query.id + 1) % 65536
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "203.0.113.66"))
    return reply.to_wire()


@contextlib.contextmanager
def name_server(zone: Zone, *, cuts_udp: bool = False) -> Iterator[NameServer]:
    """Run a name server. Names that are not in ``zone`` do not exist; ``cuts_udp``: answers by UDP are truncated."""
    def answer(wire: bytes, by: str) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        server.asked.append((by, dns.rdatatype.to_text(question.rdtype), name))
        found = zone.get(name, "NXDOMAIN")
        if callable(found):
            return found(query)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA | dns.flags.RA
        if isinstance(found, str):
            reply.set_rcode(dns.rcode.from_text(found))
        elif cuts_udp and by == "udp":
            reply.flags |= dns.flags.TC
        else:
            owner = question.name
            for line in found:
                kind, _, data = line.partition(" ")
                if kind in ("CNAME", dns.rdatatype.to_text(question.rdtype)):
                    rrset = dns.rrset.from_text(owner, 60, "IN", kind, data)
                    reply.answer.append(rrset)
                    owner = rrset[0].target if kind == "CNAME" else owner
        return reply.to_wire(max_size=65535)

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, connection = self.request
            reply = answer(wire, "udp")
            if reply is not None:
                connection.sendto(reply, self.client_address)

    class Tcp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError, struct.error):
                size = struct.unpack("!H", self.request.recv(2))[0]
                reply = answer(self.request.recv(size), "tcp")
                if reply is not None:
                    self.request.sendall(struct.pack("!H", len(reply)) + reply)

    class TcpServer(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    class UdpServer(socketserver.ThreadingUDPServer):
        daemon_threads = True
        block_on_close = False

    with TcpServer((HOST, 0), Tcp) as tcp, UdpServer((HOST, tcp.server_address[1]), Udp) as udp:
        server = NameServer(tcp.server_address[1])
        threads = [
            threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True) for each in (tcp, udp)
        ]
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            for each in (tcp, udp):
                each.shutdown()
            for thread in threads:
                thread.join()


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """Give a UDP port that takes questions and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]
