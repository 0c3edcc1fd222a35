"""What an importer makes: services with transactions and steps on their way to a definition, and the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks.importers.account import Account, Entry, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that stays behind. ``name``: what it is called, before its service is known; ``what``: in words."""

    name: str
    value: str = field(repr=False)
    entry: Entry
    what: str


@dataclass(slots=True, kw_only=True)
class StepDraft:
    """One step: its keys as the definition has them, and from which value of the input each came."""

    source: Entry
    keys: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Entry] = field(default_factory=dict)  # key, or key/below, to where it came from
    secrets: list[Secret] = field(default_factory=list)

    def put(self, key: str, value: Any, origin: Entry) -> None:
        """Set a key, or one of a mapping: ``put("headers/Accept", ...)``."""
        outer, slash, inner = key.partition("/")
        if slash:
            self.keys.setdefault(outer, {})[inner] = value
        else:
            self.keys[key] = value
        self.origins[key] = origin

    def expect(self, claim: str, value: Any, origin: Entry) -> None:
        """Add a claim about the answer; the same sort of claim may come several times."""
        expect = self.keys.setdefault("expect", {})
        if isinstance(value, dict):
            expect.setdefault(claim, {}).update(value)
        elif claim in {"contains", "absent", "matches"}:
            expect.setdefault(claim, []).append(value)
        else:
            expect[claim] = value
        self.origins.setdefault(f"expect/{claim}", origin)


@dataclass(slots=True, kw_only=True)
class TransactionDraft:
    """One transaction; times in milliseconds, None for the tier's."""

    name: str
    source: Entry
    steps: list[StepDraft] = field(default_factory=list)
    interval_ms: int | None = None
    deadline_ms: int | None = None
    writes: bool = False
    connection: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ServiceDraft:
    """One external service. ``url``: scheme, host and port, and nothing after them."""

    name: str
    url: str
    source: Entry
    transactions: list[TransactionDraft] = field(default_factory=list)
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that the grammar of definitions takes: its code, and its keys as the file has them."""

    code: str
    keys: dict[str, Any]
    findings: tuple[Finding, ...]  # those of the part of the input that it was made of

    @property
    def transactions(self) -> int:
        """How many transactions it has."""
        return len(self.keys["transactions"])

    @property
    def steps(self) -> int:
        """How many steps its transactions have."""
        return sum(len(one["steps"]) for one in self.keys["transactions"].values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of the files. ``carried``: values of the inputs that stand in the services."""

    services: tuple[Service, ...]
    findings: tuple[Finding, ...]
    carried: int
    title: str = ""  # the name that the input gives to all of it


@dataclass(slots=True, kw_only=True)
class Work:
    """What an importer has done before it is checked."""

    roots: list[Entry]
    services: list[ServiceDraft] = field(default_factory=list)
    title: str = ""

    @property
    def accounts(self) -> list[Account]:
        """The account of each file."""
        return [root.account for root in self.roots]


Importer = Callable[[Sequence[Path]], Work]
