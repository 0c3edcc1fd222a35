"""Gives a seal to somebody outside: as a file in a folder, by mail, or by HTTP.

What is given is one line of JSON (``seal.seal_text``): whoever keeps it can tell later whether the history that a
ledger shows is the one that was sealed. A repeat is harmless everywhere.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import EmailMessage
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from monitors.core.errors import DeliveryError
from monitors.core.seal import Seal, seal_text

if TYPE_CHECKING:
    from http.client import HTTPMessage

PATIENCE_S = 20.0
TOLD_CHARACTERS = 200                    # of what a server answers


class Destination(Protocol):
    """Somebody who is given seals."""

    @property
    def name(self) -> str:
        """What the party is called in the ledger: it names no secret."""
        ...

    @property
    def how(self) -> str:
        """In which way: folder, mail or webhook."""
        ...

    def give(self, seal: Seal) -> None:
        """Give a seal. Raises DeliveryError with a sentence where it was not taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDestination:
    """A folder of somebody else's: a mount, or what is copied away from this machine."""

    name: str
    folder: Path
    is_mount: bool = False               # refuse while nothing is mounted there
    how: str = "folder"

    def give(self, seal: Seal) -> None:
        """Write the seal into a file of its own, synced; one that is there must be the same."""
        to = self.folder / file_name(seal)
        part = to.with_name(f".{to.name}.{os.getpid()}.part")
        text = seal_text(seal)
        try:
            if not self.folder.is_dir() or (self.is_mount and not self.folder.is_mount()):
                raise DeliveryError(f"{self.folder}: nothing is mounted there, or no such folder; mount it")
            if to.exists():
                if to.read_text(encoding="utf-8") == text:
                    return
                raise DeliveryError(
                    f"{to}: another seal of that number lies there; the ledger's history was signed anew, as after a "
                    "restored backup; keep both and tell whoever keeps that folder",
                )
            with part.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.rename(to)
        except OSError as exc:
            raise DeliveryError(f"{to}: it cannot be written: {(exc.strerror or str(exc)).lower()}") from exc
        finally:
            part.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDestination:
    """A mailbox. ``security``: starttls, tls, or none (a server on this machine or in this network)."""

    name: str
    to: str
    sender: str
    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_file: Path | None = None
    how: str = "mail"

    def give(self, seal: Seal) -> None:
        """Send the seal, in the text and attached. Certificates are checked."""
        try:
            with self._connected() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, read_secret(self.password_file))
                server.send_message(self._message(seal))
        except (OSError, smtplib.SMTPException) as exc:
            raise DeliveryError(f"{self.host}:{self.port}: the mail to {self.to} was not taken: {_told(exc)}") from exc

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE_S, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=PATIENCE_S)

    def _message(self, seal: Seal) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = f"Segel Siaga24 {seal.day} nomor {seal.number}"
        message["From"], message["To"] = self.sender, self.to
        text = seal_text(seal)
        message.set_content(
            f"Segel buku besar Siaga24 untuk {seal.day} (UTC). Mohon disimpan: dengan berkas ini siapa pun dapat "
            "memeriksa bahwa riwayat tidak diubah kemudian (siaga24 ledger verify EKSPOR --seal BERKAS).\n\n"
            f"The seal of the Siaga24 ledger for {seal.day} (UTC). Please keep it: with this file anybody can check "
            f"that the history was not changed afterwards (siaga24 ledger verify EXPORT --seal FILE).\n\n{text}",
        )
        message.add_attachment(text.encode(), maintype="application", subtype="json", filename=file_name(seal))
        return message


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is sent elsewhere would become a GET there, and look as if it had been taken."""

    def redirect_request(  # noqa: PLR0917 - as urllib calls it
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str,
    ) -> None:
        """Follow nothing: the answer is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDestination:
    """An address that takes a POST of the seal and answers with a 2xx."""

    name: str
    url: str
    token_file: Path | None = None       # sent as a bearer token
    how: str = "webhook"

    def give(self, seal: Seal) -> None:
        """Post the seal. Certificates are checked, nothing is followed."""
        headers = {"Content-Type": "application/json", "User-Agent": "siaga24"}
        if self.token_file is not None:
            headers["Authorization"] = f"Bearer {read_secret(self.token_file)}"
        request = urllib.request.Request(  # noqa: S310 - the settings take http and https alone
            self.url, data=seal_text(seal).encode(), headers=headers, method="POST",
        )
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=PATIENCE_S):
                return
        except urllib.error.HTTPError as exc:
            with exc:
                raise DeliveryError(f"{self.name}: the webhook answered {exc.code}; expected a 2xx") from exc
        except (OSError, HTTPException, ValueError) as exc:
            raise DeliveryError(f"{self.name}: the webhook did not take it: {_told(exc)}") from exc


def file_name(seal: Seal) -> str:
    """Give the name of a seal's file."""
    return f"seal-{seal.number:06}-{seal.day}.json"


def read_secret(path: Path | None) -> str:
    """Read a secret of one line. Raises DeliveryError where it is missing or open to others."""
    if path is None:
        return ""
    try:
        if path.stat().st_mode & 0o077:
            raise DeliveryError(f'{path}: others may read this secret; expected mode 0600; run "chmod 600 {path}"')
        return path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise DeliveryError(f"{path}: the secret cannot be read: {(exc.strerror or str(exc)).lower()}") from exc


def _told(exc: Exception) -> str:
    """Say what went wrong in one short line: what a server answers may be long."""
    return " ".join(str(getattr(exc, "reason", "") or exc).split())[:TOLD_CHARACTERS] or type(exc).__name__
