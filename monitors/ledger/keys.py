"""Ed25519 keys: made, loaded, signed with and verified with. The only user of ``cryptography`` in the ledger.

The library is loaded with the first key: a monitor whose ledger has no signed entry need not hold its 6 MB.

A private key is a file of its owner alone (mode 0600), 32 bytes in hexadecimal after a word that says what it is; what
others need is the public key, 32 bytes in hexadecimal. A key is called by its id: the first 16 hexadecimal digits of
the SHA-256 of its 32 public bytes.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from monitors.core.errors import LedgerError

if TYPE_CHECKING:
    from pathlib import Path

WORD = "siaga24-ed25519-private"
PUBLIC_BYTES = 32
# Points of small order, without the sign bit: for such a "public key" anybody can make signatures that OpenSSL takes.
WEAK = frozenset(bytes.fromhex(text) for text in (
    "00" * 32,
    "01" + "00" * 31,
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
))


class PrivateKey:
    """A key that signs. Its ``repr`` tells its id alone."""

    def __init__(self, secret: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - see above

        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw().hex()

    @property
    def id(self) -> str:
        """What the key is called."""
        return key_id(self.public)

    def sign(self, message: bytes) -> str:
        """Give the signature over ``message`` in hexadecimal."""
        return self._key.sign(message).hex()

    def __repr__(self) -> str:
        """Tell which key it is and nothing of its secret."""
        return f"PrivateKey({self.id})"


def key_id(public: str) -> str:
    """Give the id of a public key in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def generate(path: Path) -> PrivateKey:
    """Make a new key in ``path``, for its owner alone. Raises LedgerError where a file is there already."""
    secret = os.urandom(32)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise LedgerError(f"{path}: there is a file already; a key is never written over; give another name") from None
    except OSError as exc:
        raise LedgerError(f"{path}: the key cannot be written: {(exc.strerror or str(exc)).lower()}") from exc
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{WORD} {secret.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    return PrivateKey(secret)


def load(path: Path) -> PrivateKey:
    """Load a private key. Raises LedgerError where it is missing, open to others, or no key."""
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise LedgerError(f"{path}: there is no key file; expected one that only its owner may read") from None
    except (OSError, UnicodeDecodeError) as exc:
        raise LedgerError(f"{path}: the key cannot be read: {exc}") from exc
    if mode & 0o077:
        raise LedgerError(f'{path}: others may read the key (mode {mode:04o}); expected 0600; run "chmod 600 {path}"')
    word, _, digits = text.strip().partition(" ")
    try:
        secret = bytes.fromhex(digits)
    except ValueError:
        secret = b""
    if word != WORD or len(secret) != PUBLIC_BYTES:
        raise LedgerError(f'{path}: this is no private key of ours; expected a line "{WORD} ..."')
    return PrivateKey(secret)


def verify(public: str, signature: str, message: bytes) -> bool:
    """Tell whether ``signature`` over ``message`` is that of the public key; all that is malformed or weak is not."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        raw = bytes.fromhex(public)
        if raw[:-1] + bytes([raw[-1] & 0x7F] if raw else []) in WEAK:
            return False
        key = Ed25519PublicKey.from_public_bytes(raw)
        key.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
