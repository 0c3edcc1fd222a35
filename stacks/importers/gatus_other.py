"""Endpoints of Gatus that speak another protocol than HTTP, as steps; and the look at a page's certificate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.importers.account import one_line
from stacks.importers.address import go_duration_ms
from stacks.importers.draft import StepDraft
from stacks.importers.protocols import Peer, peer, put_protocol

if TYPE_CHECKING:
    from stacks.importers.account import Entry

_RECORDS = {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR"}
_CERTIFICATE = re.compile(r"\[CERTIFICATE_EXPIRATION\]\s*>=?\s*(?P<limit>[0-9.a-z]+)")
DAY_MS = 86_400_000


def protocol_of(entry: Entry, url: str) -> str:
    """Name what the endpoint speaks, "" for HTTP."""
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if entry.get("dns"):
        return "dns"
    if entry.get("ssh") or scheme == "ssh":
        return "ssh"
    return {"http": "", "https": "", "grpcs": "grpc", "wss": "ws"}.get(scheme, scheme or "unknown")


def put_other(entry: Entry, url: Entry, protocol: str, step: StepDraft) -> str:
    """Fill the step; return the address of its service, "" where it has no form here, which is told."""
    place = peer(
        url.text.partition(
            "/",
        )[0]
        if "://" not in url.text
        else re.sub(r"(?<=[^/:])/.*", "", url.text)
    )
    made = place is not None and _FILL.get(protocol, _none)(entry, url, place, step)
    if place is None or not made:
        entry.lost(
            f"an endpoint of the protocol {one_line(protocol, most=20)}", "no step says the same", "write one by hand"
        )
        return ""
    url.carry()
    conditions = entry.get("conditions")
    for condition in conditions.items() if conditions else []:
        _condition(condition, step, protocol)
    return place.url


def _none(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:  # noqa: ARG001 - one of several forms
    return False


def _dns(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:
    query = entry.get("dns")
    name, kind = (query.get("query-name"), query.get("query-type")) if query else (None, None)
    if name is None or kind is None or kind.text.upper() not in _RECORDS:
        return False
    keys: dict[str, object] = {"name": name.text.rstrip("."), "record": kind.text.upper()}
    name.carry()
    kind.carry()
    keys["server"] = place.host if place.port in {0, 53} else f"{place.host}:{place.port}"
    put_protocol(step, "dns", keys, url)
    return True


def _tcp(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:  # noqa: ARG001 - one of several forms
    put_protocol(step, "tcp", place.keys(), url)
    return bool(place.port)


def _tls(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:  # noqa: ARG001 - one of several forms
    security = {"security": "smtp"} if url.text.lower().startswith("starttls") else {}
    put_protocol(step, "tls", {**place.keys(), **security}, url)
    return bool(place.port)


def _icmp(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:  # noqa: ARG001 - one of several forms
    put_protocol(step, "icmp", {"host": place.host}, url)
    return True


def _grpc(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:
    part = entry.get("grpc")
    service = part.get("service") if part else None
    keys = place.keys()
    if service and service.text and not service.text.startswith("grpc.health."):
        keys["service"] = service.take()
    keys["tls"] = url.text.lower().startswith("grpcs")
    put_protocol(step, "grpc", keys, url)
    return True


def _websocket(entry: Entry, url: Entry, place: Peer, step: StepDraft) -> bool:  # noqa: ARG001 - one of several forms
    keys: dict[str, object] = {"url": url.text}
    body = entry.get("body")
    if body and body.text:
        keys["send"] = body.take()
    put_protocol(step, "websocket", keys, url)
    return True


_FILL = {
    "dns": _dns,
    "tcp": _tcp,
    "tls": _tls,
    "starttls": _tls,
    "icmp": _icmp,
    "grpc": _grpc,
    "ws": _websocket,
}


def _condition(condition: Entry, step: StepDraft, protocol: str) -> None:
    """Carry a condition of an endpoint that does not speak HTTP, or tell it."""
    text = " ".join(condition.text.split())
    keys = next(value for key, value in step.keys.items() if isinstance(value, dict) and key != "expect")
    found = re.fullmatch(r"\[RESPONSE_TIME\] <=? (?P<ms>[1-9][0-9]{0,5})", text)
    body = re.fullmatch(r"\[BODY\] == (?P<value>[^()*]+)", text)
    if text in {"[CONNECTED] == true", "[DNS_RCODE] == NOERROR"} or (
        protocol == "grpc" and text == "[BODY].status == SERVING"
    ):
        condition.carry()
    elif found:
        step.expect("latency", f"{found['ms']}ms", condition)
        condition.changed(
            f"{one_line(text, most=60)} makes a run degraded",
            "a slow answer is a shortfall of its own here, and no outage",
            "shorten the deadline where slow means down",
        )
    elif body and protocol == "dns":
        keys["answers"], keys["match"] = [body["value"].strip()], "any"
        condition.carry()
    elif body and protocol == "ws":
        keys["matches"] = rf"\A{re.escape(body['value'].strip())}\Z"
        condition.carry()
    elif protocol in {"tls", "starttls"} and (days := certificate_days(text)) is not None:
        keys["min_days"] = days
        _tell_certificate(condition, days)
    else:
        condition.lost(
            f"the condition {one_line(text, most=80)}", "a step of this protocol makes no such claim", "leave it out"
        )


def certificate_days(text: str) -> int | None:
    """Return the whole days that a condition asks a certificate to be good for, None where it asks otherwise."""
    found = _CERTIFICATE.fullmatch(text.strip())
    ms = go_duration_ms(found["limit"]) if found else None
    return -(-ms // DAY_MS) if ms is not None else None


def _tell_certificate(condition: Entry, days: int) -> None:
    condition.changed(
        f"a certificate of fewer than {days} days makes a run degraded",
        "days are whole ones, and a page with a good certificate is up",
        "nothing to do",
    )


def certificate_step(condition: Entry, source: Entry) -> StepDraft | None:
    """Make the step that looks at the certificate of a page, None where the condition is about something else."""
    days = certificate_days(condition.text)
    if days is None:
        return None
    step = StepDraft(source=source)
    step.put("name", "certificate", condition)
    put_protocol(step, "tls", {"min_days": days}, condition)
    _tell_certificate(condition, days)
    return step
