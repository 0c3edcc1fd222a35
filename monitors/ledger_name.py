"""What a ledger is called: a file, or ``postgresql://USER@HOST:PORT/DATABASE?OPTION=VALUE``. Never a password in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from monitors.core.errors import UsageError

SCHEMES = ("postgresql", "postgres")
LIKE_A_SERVER = re.compile(r"(?:postgresql|postgres):/", re.IGNORECASE)
# what libpq understands and an operator may need; secrets are not among them
HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:/@\s]*)(?::[0-9]{1,5})?")
OPTIONS = (
    "host", "port", "user", "dbname", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl",
    "channel_binding", "gssencmode", "krbsrvname", "require_auth", "target_session_attrs",
)
WHERE_IT_GOES = (
    "a ledger's name never holds a password, which everybody on this machine could read; put it into the file that "
    "PGPASSFILE or SIAGA24_LEDGER_PASSWORD_FILE names, and leave it out here"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLedger:
    """A ledger on a PostgreSQL server. ``str`` gives a name that may be shown to anybody."""

    user: str                            # "": as libpq finds it (PGUSER, the system's user)
    hosts: str                           # as in HOST:PORT,HOST:PORT; "": the local socket, or PGHOST
    database: str                        # "": as libpq finds it
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Write it without its options."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        return f"postgresql://{user}{self.hosts}/{quote(self.database, safe='')}"

    @property
    def conninfo(self) -> str:
        """Write it as libpq reads it."""
        return f"{self}?{urlencode(self.options, quote_via=quote)}" if self.options else str(self)

    @property
    def is_near(self) -> bool:
        """Tell whether the way to it stays on this machine: a socket, or loopback."""
        hosts = dict(self.options).get("host") or self.hosts
        return all(_is_near(host) for host in hosts.split(","))


LedgerName: TypeAlias = Path | ServerLedger


def ledger_name(text: str) -> LedgerName:
    """Read a ledger's name. Raises UsageError for an address that cannot be, and never says what stands in it."""
    if not LIKE_A_SERVER.match(text):
        return Path(text)
    try:
        parts = urlsplit(text)
        options = tuple(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _wrong("it is no address") from None
    user, _, hosts = parts.netloc.rpartition("@")
    if ":" in user or any(name in {"password", "sslpassword"} for name, _ in options):
        raise UsageError(f"--ledger: {WHERE_IT_GOES}")
    if not text.lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES)) or parts.fragment:
        raise _wrong("it is no address")
    if not all(HOST.fullmatch(host) for host in hosts.split(",")):
        raise _wrong("its host or port cannot be")
    for name, _ in options:
        if name not in OPTIONS:
            raise UsageError(f'--ledger: the option "{name[:40]}" is not known; expected some of {", ".join(OPTIONS)}')
    database = parts.path.removeprefix("/")
    if "/" in database:
        raise _wrong("its database's name holds a slash")
    return ServerLedger(user=unquote(user), hosts=hosts, database=unquote(database), options=options)


def _wrong(what: str) -> UsageError:
    return UsageError(
        f"--ledger: {what}; expected postgresql://USER@HOST:PORT/DATABASE, for example "
        "postgresql://siaga24_monitor@db.example.go.id:5432/siaga24; / and @ in a name are written %2F and %40",
    )


def _is_near(host: str) -> bool:
    name = host.rpartition(":")[0] if re.search(r":[0-9]+$", host) and not host.endswith("]") else host
    name = name.strip("[]")
    return not name or name.startswith(("/", "127.")) or name in {"localhost", "::1"}
