"""What a step sends: form, multipart form, JSON or raw text, made ready once and filled for each try."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from monitors.probes.fill import Template, in_form, in_json, plain
from monitors.probes.typed import own_name, typed, unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitors.core.http_options import Part
    from monitors.core.model import Step

JSON, RAW = "application/json", "text/plain; charset=utf-8"


_NOTHING = Template("")                  # of nearly all steps


class Body:
    """The body of one step's request."""

    __slots__ = ("_form", "_json", "_parts", "_raw")

    def __init__(self, step: Step) -> None:
        self._form = tuple((Template(name), Template(value)) for name, value in step.form)
        self._parts = tuple((part, Template(part.value)) for part in step.parts)
        self._json = Template(unquoted(step.json_body)) if step.json_body else _NOTHING
        self._raw = Template(step.body) if step.body else _NOTHING

    @property
    def is_there(self) -> bool:
        """The step sends one."""
        return bool(self._form or self._parts or self._json.text or self._raw.text)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that it needs."""
        templates = [self._json, self._raw, *(value for _, value in self._parts)]
        templates += [part for pair in self._form for part in pair]
        return tuple(own_name(name) for template in templates for name in template.names)

    def fill(self, saved: Mapping[str, str]) -> tuple[bytes | None, str]:
        """Give the body, None for none, and its content type, "" where libcurl says it. Raises FillError."""
        if self._form:
            pairs = (
                f"{name.fill(saved, in_form, in_form)}={value.fill(saved, in_form, in_form)}"
                for name, value in self._form
            )
            # libcurl names this type itself
            return "&".join(pairs).encode(), ""
        if self._parts:
            return multipart([(part, value.fill(saved, plain)) for part, value in self._parts])
        if self._json.text:
            return self._json.fill(typed(saved, self._json.names), in_json).encode(), JSON
        return (self._raw.fill(saved, plain).encode(), RAW) if self._raw.text else (None, "")


def multipart(parts: Sequence[tuple[Part, str]]) -> tuple[bytes, str]:
    """Write parts as multipart/form-data (RFC 7578); give it and its content type with the boundary."""
    blocks = []
    for part, value in parts:
        head = f'Content-Disposition: form-data; name="{_in_quotes(part.name)}"'
        if part.file_name:
            head += f'; filename="{_in_quotes(part.file_name)}"'
        kind = part.content_type or ("application/octet-stream" if part.file_name else "")
        if kind:
            head += f"\r\nContent-Type: {kind}"
        blocks.append(f"{head}\r\n\r\n{value}\r\n".encode())
    # of the content itself: the same request is the same bytes, and no part can hold its own digest
    boundary = f"siaga24-{hashlib.sha256(b''.join(blocks)).hexdigest()[:40]}"
    opening = f"--{boundary}\r\n".encode()
    body = b"".join(opening + block for block in blocks) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _in_quotes(text: str) -> str:
    """Escape as browsers do (WHATWG HTML, multipart/form-data encoding)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
