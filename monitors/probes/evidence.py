"""Makes the evidence of a step that failed: what was asked, what came, from where. Secrets never enter it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.evidence import Evidence
from monitors.probes.answer import text_of
from monitors.probes.charset import decode
from monitors.probes.secrets_redaction import CUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.probes.answer import Answer
    from monitors.probes.redirects import Hop
    from monitors.probes.secrets_redaction import Redactor

BODY_BYTES = 4096
HEAD_CHARACTERS = 8192
LINE_CHARACTERS = 1000
# what a stranger's answer may hold that lets somebody in
_PRIVATE = (b"set-cookie:", b"authorization:", b"proxy-authorization:", b"www-authenticate:", b"cookie:")


def evidence_of(went: Sequence[tuple[Hop, Answer]], redactor: Redactor) -> Evidence:
    """Make it from the requests of a step, the last of which failed, and their answers."""
    hop, answer = went[-1]
    window = answer.body[: 2 * BODY_BYTES]
    body = decode(window, answer.content_type) + (CUT if len(window) < len(answer.body) else "")
    return Evidence(
        request=f"{hop.method} {redactor.cut(hop.url, LINE_CHARACTERS)}",
        head=redactor.cut(shown("\n".join(_head(answer.head))), HEAD_CHARACTERS),
        body=_first_bytes(redactor.clean(shown(body)), BODY_BYTES),
        certificate=redactor.cut(shown(answer.certificate), LINE_CHARACTERS),
        hops=tuple(redactor.cut(shown(_line(*one)), LINE_CHARACTERS) for one in went) if len(went) > 1 else (),
    )


def shown(text: str) -> str:
    """Keep what is printed and line breaks: an answer must not write to a terminal."""
    lines = text.replace("\r\n", "\n")
    # which characters there are is found out fast; to ask each one takes a millisecond, and thousands may fail at once
    odd = {ord(char): " " for char in set(lines) if not (char.isprintable() or char in "\n\t")}
    return lines.translate(odd) if odd else lines


def _head(lines: Sequence[bytes]) -> list[str]:
    """Give the last answer's status line and header lines, without the values that let somebody in."""
    start = next((index for index in range(len(lines) - 1, -1, -1) if lines[index].startswith(b"HTTP/")), 0)
    told: list[str] = []
    left = 2 * HEAD_CHARACTERS           # of a flood of header lines no more is looked at than can be shown
    for line in lines[start:]:
        stripped = line[:left].rstrip(b"\r\n")
        if not stripped:
            break
        left -= len(stripped)
        name, colon, _ = stripped.partition(b":")
        is_private = (name + colon).lower().endswith(_PRIVATE)
        told.append(f"{text_of(name)}: (left out)" if is_private else text_of(stripped))
    return told


def _line(hop: Hop, answer: Answer) -> str:
    place = f" at {answer.address}" if answer.address else ""
    certificate = f"; certificate: {answer.certificate}" if answer.certificate else ""
    return f"{answer.status or 'no answer'} {hop.method} {hop.url}{place}{certificate}"


def _first_bytes(text: str, limit: int) -> str:
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore") + CUT
