"""Modules of blackbox_exporter for TCP, ICMP, DNS and gRPC as one step each; what HTTP says stands in blackbox_http."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stacks.importers.account import one_line
from stacks.importers.address import masked
from stacks.importers.blackbox_tls import settle_tls
from stacks.importers.protocols import Peer, dialogue, peer, put_protocol

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

_RECORDS = {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR"}
_FAMILY = ("the choice of IPv4 or IPv6", "a step of this protocol takes what the name leads to", "name an address")


def _peer(target: Entry) -> Peer | None:
    found = peer(target.text)
    if found is None:
        target.lost(
            f'"{one_line(masked(target.text), most=60)}"',
            "it is no host, with a port or without",
            "write the step by hand",
        )
    return found


def _rest(part: Entry | None) -> None:
    """Tell what is left of the protocol's own part; nothing set is carried by saying nothing."""
    for below in part.entries() if part else []:
        if below.name in {"preferred_ip_protocol", "ip_protocol_fallback"}:
            below.lost(*_FAMILY)
        elif below.name == "tls_config":
            for key in below.entries():
                settle_tls(key)


def _tcp(module: Entry, step: StepDraft, target: Entry) -> str:
    found, part = _peer(target), module.get("tcp")
    if found is None:
        return ""
    said = dialogue(part.get("query_response") if part else None)
    if said is None:
        target.lost("a target with a dialogue that has no form here", "see the module's line", "write the step by hand")
        module.lost("a module whose dialogue has no form here", "see the line of its turn", "write the step by hand")
        return ""
    tls = part.get("tls") if part else None
    keys = found.keys()
    if tls:
        tls.carry()
        if tls.is_true:
            keys["security"] = "tls"
    if said:
        keys["turns"] = said
    put_protocol(step, "tcp", keys, target)
    _rest(part)
    return found.url


def _icmp(module: Entry, step: StepDraft, target: Entry) -> str:
    found, part = _peer(target), module.get("icmp")
    if found is None:
        return ""
    put_protocol(step, "icmp", {"host": found.host}, target)
    _rest(part)
    return found.url


def _dns(module: Entry, step: StepDraft, target: Entry) -> str:
    found, part = _peer(target), module.get("dns")
    name, kind = (part.get("query_name"), part.get("query_type")) if part else (None, None)
    if found is None:
        return ""
    if part is None or name is None or kind is None or kind.text.upper() not in _RECORDS:
        target.lost(
            "a DNS query of this type", f"one of {', '.join(sorted(_RECORDS))} is asked for", "choose one by hand"
        )
        return ""
    codes = part.get("valid_rcodes")
    if codes and [one.text for one in codes.items()] not in ([], ["NOERROR"]):
        target.lost("a query that may fail", "a step here needs an answer", "write it by hand")
        return ""
    if codes:
        codes.carry()
    keys: dict[str, object] = {"name": name.take(), "record": kind.take().upper()}
    keys["server"] = found.host if not found.port or found.port == 53 else target.text
    transport = part.get("transport_protocol")
    if transport:
        keys["transport"] = "tcp" if transport.take() == "tcp" else "udp"
    put_protocol(step, "dns", keys, target)
    _rest(part)
    return found.url


def _grpc(module: Entry, step: StepDraft, target: Entry) -> str:
    found, part = _peer(target), module.get("grpc")
    if found is None:
        return ""
    service, tls = (part.get("service"), part.get("tls")) if part else (None, None)
    keys = found.keys()
    if service and service.text:
        keys["service"] = service.take()
    keys["tls"] = tls.is_true if tls else False
    if tls:
        tls.carry()
    put_protocol(step, "grpc", keys, target)
    _rest(part)
    return found.url


# each returns the address of the service that the step belongs to, "" where it told the target instead
PROBERS: dict[str, Callable[[Entry, StepDraft, Entry], str]] = {
    "tcp": _tcp,
    "icmp": _icmp,
    "dns": _dns,
    "grpc": _grpc,
}
