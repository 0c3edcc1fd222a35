"""Steps of other protocols than HTTP, made of the hosts, ports and dialogues that other tools write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from stacks.definition import names
from stacks.definition.grammar_protocols import PROTOCOLS
from stacks.importers.account import one_line
from stacks.importers.request import go_regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
REQUESTS = METHODS | set(PROTOCOLS)  # a step has one of these
_CAPTURE = re.compile(r"\$\{?[0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Where a step of another protocol connects to. ``port``: 0 where the address names none."""

    host: str
    port: int = 0

    @property
    def url(self) -> str:
        """The address of the service that the step belongs to, which a definition writes as a page's."""
        try:
            host = f"[{self.host}]" if ip_address(self.host).version == 6 else self.host
        except ValueError:
            host = self.host
        return f"https://{host.lower()}" + (f":{self.port}" if self.port else "")

    def keys(self) -> dict[str, object]:
        """Host and port as the keys of a step."""
        return {"host": self.host, **({"port": self.port} if self.port else {})}


def peer(text: str) -> Peer | None:
    """Read HOST, HOST:PORT or SCHEME://HOST:PORT; None where it is none of these."""
    found = re.fullmatch(
        r"(?:[a-z+]+://)?(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?/?",
        text.strip(),
    )
    if not found or int(found["port"] or 0) > 65535:
        return None
    one = Peer(host=found["six"] or found["host"], port=int(found["port"] or 0))
    return None if names.base_url(one.url) else one


def put_protocol(step: StepDraft, protocol: str, keys: dict[str, object], origin: Entry) -> None:
    """Make the step one of ``protocol``."""
    step.put(protocol, keys, origin)


def turns(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Make a dialogue of (what, text) pairs, "send" or "expect": a turn sends first and reads then."""
    found: list[dict[str, str]] = []
    for what, text in pairs:
        if what == "send" or not found or "expect" in found[-1]:
            found.append({})
        found[-1][what] = text
    return found


def escaped(text: str) -> str:
    """Write text to send the way that a definition does."""
    plain = {"\\": "\\\\", "\r": "\\r", "\n": "\\n", "\t": "\\t"}
    return "".join(plain.get(sign) or (sign if sign >= " " else f"\\x{ord(sign):02x}") for sign in text)


def dialogue(entry: Entry | None) -> list[dict[str, str]] | None:
    """Read ``query_response`` of blackbox_exporter, carrying it; None, and told, where it has no form here."""
    pairs: list[tuple[str, str]] = []
    for one in entry.items() if entry else []:
        for below in one.entries():
            pattern = go_regex(below.text) if below.name == "expect" else ""
            if below.name == "expect" and pattern:
                # the exporter matches line by line, a step all that was read
                pairs.append(("expect", f"(?m:{pattern})"))
            elif below.name == "send" and not _CAPTURE.search(below.text) and "${" not in below.text:
                pairs.append(("send", escaped(below.text + "\n")))  # as the exporter does
            elif below.name == "expect":
                one.lost(
                    f"the pattern {one_line(below.text, most=60)}",
                    "it means something else, or nothing, in Python's regular expressions",
                    "write it anew",
                )
                return None
            else:
                one.lost(
                    f'the turn with "{one_line(below.name, most=20)}"',
                    "a turn here sends text or reads by a pattern, with nothing of what was read before",
                    "write the dialogue by hand; security: smtp or imap does STARTTLS",
                )
                return None
    if entry:
        entry.carry()
    return turns(pairs)
