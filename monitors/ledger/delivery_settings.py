"""Reads the settings file that says to whom seals are given (TOML), and the short form on the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from monitors.core.errors import UsageError
from monitors.ledger.delivery import Destination, FolderDestination, MailDestination, WebhookDestination

if TYPE_CHECKING:
    from collections.abc import Callable

NEAR = ("127.0.0.1", "::1", "localhost")
SECURITIES = ("starttls", "tls", "none")
WORDS = {
    "folder": ("name", "folder", "mount"),
    "mail": ("name", "mail", "from", "server", "security", "user", "password_file"),
    "webhook": ("name", "webhook", "token_file"),
}


def read_destinations(path: Path) -> tuple[Destination, ...]:
    """Read the ``[[to]]`` tables of a file. Raises UsageError with all its faults."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise UsageError(f"{path}: it cannot be read: {(exc.strerror or str(exc)).lower()}") from exc
    except ValueError as exc:
        raise UsageError(f"{path}: this is no TOML: {exc}") from exc
    tables = told.pop("to", None)
    if told or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: expected one [[to]] table for each party, and nothing else")
    faults: list[str] = []
    found: list[Destination] = []
    for number, table in enumerate(tables, 1):
        try:
            found.append(_destination(table, path.parent))
        except ValueError as exc:
            faults.append(f"{path}: party {number}: {exc}")
    faults += doubles(found, str(path))
    if faults:
        raise UsageError("\n".join(faults))
    return tuple(found)


def short_destination(text: str) -> Destination:
    """Read ``--to``: a folder, or an address that begins with https:// or http://. Raises UsageError."""
    if "://" not in text:
        return FolderDestination(name=text, folder=Path(text))
    try:
        url = _url(text, has_token=False)
    except ValueError as exc:
        raise UsageError(f"--to: {exc}") from exc
    # an address may hold what lets one in: the ledger is told its host alone
    return WebhookDestination(name=urlsplit(url).netloc, url=url)


def doubles(destinations: list[Destination], where: str) -> list[str]:
    """Say which names stand twice."""
    names = [one.name for one in destinations]
    return [f'{where}: two parties are called "{name}"; give each its own name' for name in sorted(set(names))
            if names.count(name) > 1]


def _destination(table: dict[str, Any], beside: Path) -> Destination:
    kinds = [kind for kind in WORDS if kind in table]
    if len(kinds) != 1:
        raise ValueError(f"expected one of {', '.join(WORDS)}; there are {len(kinds)}")
    kind = kinds[0]
    for word, value in table.items():
        if word not in WORDS[kind]:
            raise ValueError(f'"{word}" is no word of a {kind}; expected {", ".join(WORDS[kind])}')
        if type(value) is not (bool if word == "mount" else str) or value == "":
            raise ValueError(f'"{word}" is {value!r}; expected {"true or false" if word == "mount" else "text"}')
    if not table.get("name"):
        raise ValueError('"name" is missing; it is what the ledger calls the party')
    makers: dict[str, Callable[[dict[str, Any], Path], Destination]] = {
        "folder": _folder, "mail": _mail, "webhook": _webhook,
    }
    return makers[kind](table, beside)


def _folder(table: dict[str, Any], beside: Path) -> Destination:
    return FolderDestination(
        name=table["name"], folder=beside / table["folder"], is_mount=bool(table.get("mount", False)),
    )


def _mail(table: dict[str, Any], beside: Path) -> Destination:
    missing = [word for word in ("from", "server") if word not in table]
    if missing:
        raise ValueError(f'"{missing[0]}" is missing')
    host, _, port = table["server"].rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f'server "{table["server"]}": expected HOST:PORT, as "smtp.instansi.go.id:587"')
    security = table.get("security", "starttls")
    if security not in SECURITIES:
        raise ValueError(f'security "{security}": expected {", ".join(SECURITIES)}')
    if ("user" in table) != ("password_file" in table):
        raise ValueError('"user" and "password_file" belong together')
    if "user" in table and security == "none":
        raise ValueError("a password is not sent in the open; use starttls or tls")
    return MailDestination(
        name=table["name"], to=table["mail"], sender=table["from"], host=host.strip("[]"), port=int(port),
        security=security, user=table.get("user", ""), password_file=_beside(table, "password_file", beside),
    )


def _webhook(table: dict[str, Any], beside: Path) -> Destination:
    token = _beside(table, "token_file", beside)
    return WebhookDestination(
        name=table["name"], url=_url(table["webhook"], has_token=token is not None), token_file=token,
    )


def _url(text: str, *, has_token: bool) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'"{parts.scheme}://{parts.hostname or ""}" is no address; expected https://HOST/PATH')
    if parts.username is not None:
        raise ValueError(f"a password in the address of {parts.hostname} would show; put it into a token_file")
    if has_token and parts.scheme == "http" and parts.hostname not in NEAR:
        raise ValueError("a token is not sent in the open; use https")
    return text


def _beside(table: dict[str, Any], word: str, beside: Path) -> Path | None:
    return beside / table[word] if word in table else None
