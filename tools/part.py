"""The words that all parts of getting ready share: a part, what it found, and why it failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a part found on this machine, before anything is changed.

    ``have``: what is there, in words; empty where the part is not ready. ``will``: what it is going to install, a line
    each. ``packages``: Debian packages that it needs first. ``needs``: names of parts that must be ready before.
    ``blocked``: why it cannot be made ready here and how to mend that.
    """

    have: str = ""
    will: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    blocked: str = ""


class Say(Protocol):
    """How a part tells what it does."""

    def phase(self, text: str) -> None:
        """Begin a new phase; always shown."""

    def detail(self, text: str) -> None:
        """Tell how far the phase is; shown where there is room and time."""


class Part(Protocol):
    """One thing that a machine needs."""

    name: str

    def look(self) -> Finding:
        """Say what is there and what is missing. Changes nothing and takes a few seconds at most."""

    def make(self, say: Say) -> str:
        """Make it ready and return what is now there, in words. A repeat is harmless. May raise PartError."""


class PartError(Exception):
    """A part could not be made ready: a sentence with how to mend it, and where the log lies."""

    def __init__(self, text: str, *, log: Path | None = None) -> None:
        self.text = text
        self.log = log
        super().__init__(text)


class Quiet:
    """Says nothing: for calls that nobody watches."""

    def phase(self, text: str) -> None:
        """Drop it."""

    def detail(self, text: str) -> None:
        """Drop it."""


LineSeen = Callable[[str], None]
