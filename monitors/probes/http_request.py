"""A step's request, made ready once; filled with saved values for each try."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.core.errors import UsageError
from monitors.probes.auth import Credentials
from monitors.probes.fill import FillError, Template, authored_url, in_header, in_url
from monitors.probes.http_body import Body
from monitors.probes.redirects import SCHEMES, Hop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitors.core.model import Step, Target

USER_AGENT = "Siaga24/0.1 (synthetic transaction)"
OUR_AGENT = f"User-Agent: {USER_AGENT}".encode()
OUR_LINES = (OUR_AGENT, b"Accept: */*")  # of nearly all steps: one tuple for them all


class Request:
    """The request of one step. Raises UsageError where its address or a header cannot be used."""

    __slots__ = ("_body", "_fixed", "_has_type", "_headers", "_lines", "_method", "_url", "credentials")

    def __init__(self, target: Target, step: Step) -> None:
        self._method = step.method.upper()
        self._url = Template(absolute(target.base_url, step.url))
        self._headers = tuple((name, Template(value)) for name, value in step.headers)
        self._body = Body(step)
        self._has_type = any(name.lower() == "content-type" for name, _ in step.headers)
        self._lines = _own_lines(step, has_body=self._body.is_there)
        self.credentials = _credentials(target, step)
        # most steps have nothing to fill in: their request is the same for every try
        self._fixed: Hop | None = None
        if not self.names and (self.credentials is None or not self.credentials.token_url):
            try:
                self._fixed = self._filled({}, "")
            except FillError as exc:
                raise UsageError(f'{target.key}: step "{step.name}": {exc}') from exc

    @property
    def asks_twice(self) -> bool:
        """It asks for a token first."""
        return self.credentials is not None and self.credentials.token_url != ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The URLs that it asks, as the definition has them."""
        token_url = self.credentials.token_url if self.credentials else ""
        return (self._url.text, token_url) if token_url else (self._url.text,)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that it needs: saved ones, and those of secrets and of the run."""
        templates = [self._url, *(value for _, value in self._headers)]
        of_credentials = self.credentials.names if self.credentials else ()
        return (*(name for template in templates for name in template.names), *self._body.names, *of_credentials)

    def fill(self, saved: Mapping[str, str], token: str = "") -> Hop:
        """Give the request with ``saved`` values and a fetched ``token`` in it. Raises FillError."""
        return self._fixed or self._filled(saved, token)

    def _filled(self, saved: Mapping[str, str], token: str) -> Hop:
        body, kind = self._body.fill(saved)
        given = [f"{name}: {value.fill(saved, in_header, in_header)}".encode() for name, value in self._headers]
        if kind and not self._has_type:
            given.append(f"Content-Type: {kind}".encode())
        if self.credentials is not None:
            given.append(self.credentials.header(saved, token))
        url = self._url.fill(saved, in_url, authored_url)
        if url == self._url.text:
            url = self._url.text         # one copy of a nation's addresses
        lines = (*self._lines, *given) if given else self._lines
        return Hop(method=self._method, url=url, headers=lines, body=body)


def absolute(base_url: str, url: str) -> str:
    """Put a step's path under the target's base URL; an absolute URL stays. Raises UsageError for another scheme."""
    address = url
    if "://" not in url.partition("?")[0]:
        address = f"{base_url.rstrip('/')}/{url.lstrip('/')}"
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise UsageError(f'"{address}" cannot be probed: expected an address that begins with http:// or https://')
    return address


def _credentials(target: Target, step: Step) -> Credentials | None:
    if step.auth is None:
        return None
    return Credentials(step.auth, absolute(target.base_url, step.auth.token_url) if step.auth.token_url else "")


def _own_lines(step: Step, *, has_body: bool) -> tuple[bytes, ...]:
    given = {name.lower() for name, _ in step.headers}
    lines = []
    if "user-agent" not in given:
        lines.append(OUR_AGENT)
    if "accept" not in given:
        lines.append(b"Accept: */*")
    if has_body:
        lines.append(b"Expect:")         # a body of any size goes at once
    return OUR_LINES if tuple(lines) == OUR_LINES else tuple(lines)
