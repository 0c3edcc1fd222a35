"""A step's request, made ready once; filled with saved values for each try."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.core.errors import UsageError
from monitors.probes.fill import FillError, Template, authored_url, in_form, in_header, in_json, in_url
from monitors.probes.redirects import SCHEMES, Hop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitors.core.model import Step, Target

USER_AGENT = "Siaga24/0.1 (synthetic transaction)"
# every request says that no citizen made it
MARK = b"X-Siaga24-Synthetic: 1"


class Request:
    """The request of one step. Raises UsageError where its address or a header cannot be used."""

    __slots__ = ("_body", "_fixed", "_form", "_headers", "_lines", "_method", "_url")

    def __init__(self, target: Target, step: Step) -> None:
        self._method = step.method.upper()
        self._url = Template(absolute(target.base_url, step.url))
        self._headers = tuple((name, Template(value)) for name, value in step.headers)
        self._form = tuple((Template(name), Template(value)) for name, value in step.form)
        self._body = Template(step.json_body)
        self._lines = _own_lines(step)
        # most steps have nothing to fill in: their request is the same for every try
        self._fixed: Hop | None = None
        if not self.names:
            try:
                self._fixed = self._filled({})
            except FillError as exc:
                raise UsageError(f'{target.key}: step "{step.name}": {exc}') from exc

    @property
    def address(self) -> str:
        """The URL as the definition has it."""
        return self._url.text

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the saved values that it needs."""
        templates = [self._url, self._body, *(value for _, value in self._headers)]
        templates += [part for pair in self._form for part in pair]
        return tuple(name for template in templates for name in template.names)

    def fill(self, saved: Mapping[str, str]) -> Hop:
        """Give the request with ``saved`` values in it. Raises FillError."""
        return self._fixed or self._filled(saved)

    def _filled(self, saved: Mapping[str, str]) -> Hop:
        body: bytes | None = None
        if self._form:
            pairs = (
                f"{name.fill(saved, in_form, in_form)}={value.fill(saved, in_form, in_form)}"
                for name, value in self._form
            )
            body = "&".join(pairs).encode()
        elif self._body.text:
            body = self._body.fill(saved, in_json).encode()
        given = [f"{name}: {value.fill(saved, in_header, in_header)}".encode() for name, value in self._headers]
        url = self._url.fill(saved, in_url, authored_url)
        return Hop(method=self._method, url=url, headers=(*self._lines, *given), body=body)


def absolute(base_url: str, url: str) -> str:
    """Put a step's path under the target's base URL; an absolute URL stays. Raises UsageError for another scheme."""
    address = url
    if "://" not in url.partition("?")[0]:
        address = f"{base_url.rstrip('/')}/{url.lstrip('/')}"
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise UsageError(f'"{address}" cannot be probed: expected an address that begins with http:// or https://')
    return address


def _own_lines(step: Step) -> tuple[bytes, ...]:
    given = {name.lower() for name, _ in step.headers}
    lines = [MARK]
    if "user-agent" not in given:
        lines.append(f"User-Agent: {USER_AGENT}".encode())
    if "accept" not in given:
        lines.append(b"Accept: */*")
    if step.json_body and not step.form and "content-type" not in given:
        lines.append(b"Content-Type: application/json")
    if step.form or step.json_body:
        lines.append(b"Expect:")         # a body of any size goes at once
    return tuple(lines)
