"""Monitors of Uptime Kuma that speak another protocol than HTTP, as one step each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stacks.definition.amounts import duration_text
from stacks.importers.address import code, seconds_ms
from stacks.importers.protocols import Peer, peer, put_protocol

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

_RECORDS = {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR"}


def _place(entry: Entry, *, with_port: bool = True) -> Peer | None:
    host, port = entry.get("hostname"), entry.get("port")
    if host is None:
        return None
    number = port.text if port and with_port else ""
    found = peer(f"{host.text}:{number}" if number else host.text)
    if found:
        host.carry()
        if port and with_port:
            port.carry()
    return found


def _port(entry: Entry, step: StepDraft) -> str:
    place = _place(entry)
    if place is None or not place.port:
        return ""
    put_protocol(step, "tcp", place.keys(), entry)
    return place.url


def _ping(entry: Entry, step: StepDraft) -> str:
    place = _place(entry, with_port=False)
    if place is None:
        return ""
    put_protocol(step, "icmp", {"host": place.host}, entry)
    return place.url


def _dns(entry: Entry, step: StepDraft) -> str:
    place = _place(entry, with_port=False)
    server, kind, port = entry.get("dns_resolve_server"), entry.get("dns_resolve_type"), entry.get("port")
    if place is None or kind is None or kind.text.upper() not in _RECORDS:
        return ""
    keys: dict[str, object] = {"name": place.host, "record": kind.take().upper()}
    if server and server.text:
        keys["server"] = server.take()
        if port and port.text not in {"", "53"}:
            keys["server"] = f"{keys['server']}:{port.text}"
    if port:
        port.carry()
    put_protocol(step, "dns", keys, entry)
    return place.url


def _push(entry: Entry, step: StepDraft) -> str:
    name, interval = entry.get("name"), entry.get("interval")
    every = seconds_ms(interval.text) if interval else None
    if interval is None or every is None or every < 60_000:
        return ""
    job = code(name.text if name else "", default="pekerjaan")
    put_protocol(step, "heartbeat", {"job": job, "every": duration_text(every)}, interval.carry())
    return f"https://{job}.invalid"  # a service has an address, and this one answers nowhere


# each returns the address of the service that the step belongs to, "" where the monitor has no form here
TYPES: dict[str, Callable[[Entry, StepDraft], str]] = {"port": _port, "ping": _ping, "dns": _dns, "push": _push}
