"""What the environment says, checked once at the start. Secrets come from files only, never from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from loket.numbering import Counter, parse_services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MIN_KEY_LENGTH = 32

T = TypeVar("T")


class SettingsError(Exception):
    """The environment cannot be used; ``faults`` holds one sentence for each fault found."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the server; durations in seconds."""

    agency: str
    office: str
    counters: tuple[Counter, ...]
    zone: ZoneInfo
    port: int
    drain_s: float
    answer_s: float
    version: str
    release: str
    secret_key: str = field(repr=False)

    def counter(self, code: str) -> Counter | None:
        """Return the service with this code, or None where the office has no such service."""
        return next((counter for counter in self.counters if counter.code == code), None)


def read_database_url(environ: Mapping[str, str]) -> str:
    """Return the connection string from the file that DATABASE_URL_FILE names."""
    faults: list[str] = []
    url = _read_secret(environ, "DATABASE_URL_FILE", faults)
    if url and not _is_connection_url(url):
        faults.append(
            "DATABASE_URL_FILE: the file holds no connection URL; write one as in postgresql://USER:PASSWORD@HOST:5432/NAME"
        )
    if faults:
        raise SettingsError(faults)
    return url


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check everything that the server needs; raise SettingsError with all faults at once."""
    faults: list[str] = []
    settings = Settings(
        agency=environ.get("AGENCY_NAME", "").strip() or "Instansi Contoh",
        office=environ.get("OFFICE_NAME", "").strip() or "Kantor Pelayanan",
        counters=_checked(
            faults, "LAYANAN", lambda: parse_services(environ.get("LAYANAN") or "Informasi, Pendaftaran"), ()
        ),
        zone=_checked(faults, "TZ_NAME", lambda: _zone(environ.get("TZ_NAME") or "Asia/Jakarta"), ZoneInfo("UTC")),
        port=int(_checked(faults, "PORT", lambda: _number(environ.get("PORT") or "8000", 1, 65535), 0)),
        drain_s=_checked(faults, "DRAIN_SECONDS", lambda: _number(environ.get("DRAIN_SECONDS") or "3", 0, 60), 0.0),
        answer_s=_checked(
            faults, "ANSWER_SECONDS", lambda: _number(environ.get("ANSWER_SECONDS") or "2", 0.5, 30), 0.0
        ),
        version=environ.get("LOKET_VERSION") or "0.0.0",
        release=environ.get("RELEASE", ""),
        secret_key=_read_secret(environ, "SECRET_KEY_FILE", faults),
    )
    if settings.secret_key and len(settings.secret_key) < MIN_KEY_LENGTH:
        faults.append(
            f"SECRET_KEY_FILE: the key has {len(settings.secret_key)} characters; at least {MIN_KEY_LENGTH} are needed "
            "so that nobody can guess it; make a longer one at random"
        )
    if faults:
        raise SettingsError(faults)
    return settings


def _is_connection_url(url: str) -> bool:
    from psycopg import ProgrammingError, conninfo  # noqa: PLC0415 - the rest of this module needs no driver

    try:
        conninfo.conninfo_to_dict(url)
    except ProgrammingError:
        return False
    return url.startswith(("postgresql://", "postgres://"))


def _read_secret(environ: Mapping[str, str], name: str, faults: list[str]) -> str:
    path = environ.get(name, "")
    if not path:
        faults.append(f"{name}: is not set; give the path of the file that holds the secret")
        return ""
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "is not text"
        faults.append(f"{name}: {path}: {reason}; the file must be readable by the user of this process")
        return ""
    if not secret:
        faults.append(f"{name}: {path}: is empty; write the secret into it")
    return secret


def _checked(faults: list[str], name: str, read: Callable[[], T], fallback: T) -> T:
    try:
        return read()
    except ValueError as exc:
        faults.append(f"{name}: {exc}")
        return fallback


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError(f'"{name}" is not a time zone; write Asia/Jakarta, Asia/Makassar or Asia/Jayapura') from exc


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ValueError(f'"{text}" is not a number from {low} to {high}; correct it')
    return value
