"""Whether this machine's own network works: what witnesses said, and what follows from it. Pure.

A witness (canary) is something that stands whatever becomes of the services: a router, a resolver, a site abroad. Where
most of them cannot be reached either, a failure says more of the monitor's network than of the service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:/\s]+)):(?P<port>[0-9]{1,5})")
_URL = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[^\s/:?#@\[\]]+)(:[0-9]{1,5})?([/?#]\S*)?")
EXAMPLES = "https://www.bmkg.go.id/ or 10.0.0.1:53"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Something that is asked. ``url`` is empty where only a connection to ``host:port`` is made."""

    name: str                            # as it was written
    url: str = ""
    host: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAnswer:
    """What one witness said; ``reason`` is a sentence where it could not be reached, else ""."""

    name: str
    reason: str = ""

    @property
    def works(self) -> bool:
        """It could be reached."""
        return not self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCheck:
    """All witnesses, asked at once. Times are UTC milliseconds since 1970."""

    began_ms: int
    ended_ms: int
    said: tuple[WitnessAnswer, ...]

    @property
    def works(self) -> bool:
        """Tell whether the own network works: not if more than half of the witnesses could not be reached."""
        return 2 * sum(not one.works for one in self.said) <= len(self.said)

    @property
    def summary(self) -> str:
        """Say it in words: ``2 of 3 canaries could not be reached: 10.0.0.1:53 (connection refused)``."""
        silent = [one for one in self.said if not one.works]
        if not silent:
            return f"all {len(self.said)} canaries could be reached"
        told = ", ".join(f"{one.name} ({one.reason})" for one in silent)
        return f"{len(silent)} of {len(self.said)} canaries could not be reached: {told}"


def witness(text: str) -> Witness:
    """Read ``URL`` (http or https) or ``HOST:PORT``, an IPv6 address in brackets. Raises ValueError."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        if _URL.fullmatch(text):
            return Witness(name=text, url=text)
    elif (match := _PLACE.fullmatch(text)) and 0 < int(match["port"]) <= 65535:
        return Witness(name=text, host=match["six"] or match["host"], port=int(match["port"]))
    raise ValueError(f'canary "{text}": expected a URL or HOST:PORT, for example {EXAMPLES}')


def witnesses(texts: tuple[str, ...]) -> tuple[Witness, ...]:
    """Read several. Raises ValueError, too where one is named twice: it would have two votes."""
    found = tuple(witness(text) for text in texts)
    names = [one.name for one in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f'canary "{twice}": it is named twice, and each has one vote; leave one out')
    return found
