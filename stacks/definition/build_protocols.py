"""Steps of other protocols: from a definition's record to the monitor's values, and back to plain values."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from monitors.core.model import OTHER_PROTOCOLS
from monitors.core.requests import (
    BrowserJourney,
    CipherFloor,
    DnsMatch,
    DnsQuery,
    DnsRecord,
    DnsTransport,
    GrpcHealth,
    Heartbeat,
    IcmpEcho,
    Security,
    SqlQuery,
    SqlTls,
    TcpDialogue,
    TcpTurn,
    TlsCheck,
    TlsVersion,
    WebSocketTalk,
)
from stacks.definition.amounts import duration_text, size_text
from stacks.definition.build_browser import browser_title, build_actions, shown_actions
from stacks.definition.grammar_protocols import PROTOCOLS

if TYPE_CHECKING:
    from monitors.core.model import Step
    from monitors.core.requests import Request
    from stacks.definition.shapes import Record

_KINDS: dict[str, type[Request]] = {
    "dns": DnsQuery, "tcp": TcpDialogue, "tls": TlsCheck, "grpc": GrpcHealth, "sql": SqlQuery,
    "websocket": WebSocketTalk, "icmp": IcmpEcho, "heartbeat": Heartbeat,
    "browser": BrowserJourney,
}
_CHOICES: dict[tuple[str, str], Any] = {
    ("dns", "record"): DnsRecord, ("dns", "transport"): DnsTransport, ("dns", "match"): DnsMatch,
    ("tcp", "security"): Security, ("tls", "security"): Security, ("tls", "min_version"): TlsVersion,
    ("tls", "ciphers"): CipherFloor, ("sql", "tls"): SqlTls,
}
# in a definition: in the value; a step's own "expect" is another thing
_RENAMED = {"equals": "expected", "every": "every_ms", "grace": "grace_ms", "patience": "patience_ms"}
_SECRET = "${secret:"  # noqa: S105 - how a reference begins


def protocol_of(step: Record) -> str:
    """Return the protocol that a step's record names beside HTTP, "" if none."""
    return next((name for name in PROTOCOLS if step[name] is not None), "")


def protocol_title(step: Record) -> str:
    """Return how a step without a name is called, such as ``DNS MX contoh.example``."""
    protocol = protocol_of(step)
    record: Record = step[protocol]
    place = ":".join(str(record[key]) for key in ("host", "port") if record[key])
    told = {
        "dns": f"{record['record'] or 'A'} {record['name'] or ''}", "grpc": f"{place} {record['service'] or ''}",
        "sql": f"{place} {record['database'] or ''}", "websocket": record["url"] or "/",
        "heartbeat": record["job"] or "", "browser": browser_title(record) if protocol == "browser" else "",
    }.get(protocol, place)
    return f"{protocol.upper()} {told}".strip()


def build_protocol(step: Record) -> dict[str, Any]:
    """Make the one field of the ``Step``; {} for an HTTP step."""
    protocol = protocol_of(step)
    if not protocol:
        return {}
    given = {_RENAMED.get(key, key): _value(protocol, key, value) for key, value in step[protocol].values.items()}
    if protocol == "icmp" and "max_lost" not in given:
        given["max_lost"] = min(IcmpEcho().max_lost, given.get("count", IcmpEcho().count) - 1)
    if protocol == "heartbeat" and "grace_ms" not in given:
        given["grace_ms"] = given["every_ms"] // 10
    return {protocol: _KINDS[protocol](**given)}


def _value(protocol: str, key: str, value: Any) -> Any:
    if (protocol, key) in _CHOICES:
        return _CHOICES[protocol, key](value)
    if key == "answers":
        return tuple(text for _, text in value)
    if key == "actions":
        return build_actions(value)
    if key == "turns":
        return tuple(TcpTurn(send=turn["send"] or "", expect=turn["expect"] or "") for _, turn in value)
    if key == "password":
        return value.removeprefix(_SECRET).removesuffix("}")
    return value


def shown_protocol(step: Step) -> dict[str, Any]:
    """Return a step's other protocol as plain values that read back as the same; {} for an HTTP step."""
    protocol = step.protocol
    if protocol not in OTHER_PROTOCOLS:
        return {}
    request = getattr(step, protocol)
    renamed = {new: old for old, new in _RENAMED.items()}
    shown: dict[str, Any] = {}
    for part in fields(request):
        value = getattr(request, part.name)
        is_open = value == "" and part.name != "expected"
        if part.name == "match" and not request.answers:
            continue
        if is_open or value in (None, ()) or (part.name == "port" and value == 0):
            continue
        shown[renamed.get(part.name, part.name)] = _plain(part.name, value)
    return {protocol: shown}


def _plain(name: str, value: Any) -> Any:
    if name == "max_bytes":
        return size_text(value)
    if name == "actions":
        return shown_actions(value)
    if name in {"every_ms", "grace_ms", "patience_ms"}:
        return duration_text(value)
    if name == "turns":
        return [{key: text for key, text in (("send", turn.send), ("expect", turn.expect)) if text} for turn in value]
    if name == "answers":
        return list(value)
    if name == "password":
        return f"{_SECRET}{value}}}"
    return value if isinstance(value, bool | int) else str(value)
