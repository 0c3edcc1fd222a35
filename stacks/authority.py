"""A local certificate authority, made once for a workspace, and the certificates it signs for agencies' hosts.

It serves where no certificate is supplied: development, closed networks, the demo. A certificate is signed anew only
when less than 30 days are left, its hosts changed, or the authority did; else the same bytes come back, so that a
second ``up`` has nothing to do. Keys are files of mode 0600.
"""

from __future__ import annotations

import datetime as dt
import fcntl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from monitors.core.errors import StackError
from stacks.statefile import unwritable, write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365                          # under the 398 days that browsers accept
RENEW_DAYS = 30
CLOCK_SLACK = dt.timedelta(hours=1)      # a host whose clock is a little behind must not refuse a new certificate
PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate with what a gateway and its callers need, all PEM."""

    cert_pem: str                        # the host's certificate, then its chain
    key_pem: str = field(repr=False)
    ca_pem: str                          # what callers must trust; "" where the system's certificates do


class Authority:
    """The workspace's own authority in ``folder``, made on first use."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder`` (``<state>/ca``)."""
        self._folder = folder

    @property
    def cert_file(self) -> Path:
        """The authority's certificate, for people to import."""
        return self._folder / "ca.pem"

    def leaf(self, code: str, hosts: Sequence[str], now: dt.datetime) -> KeyPair:
        """Return the certificate of agency ``code`` for ``hosts``, signing a new one only where it must.

        ``now`` is aware UTC. Raises StackError where the folder cannot be written or holds damaged files.
        """
        if not hosts:
            raise ValueError("a certificate needs at least one host")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (self._folder / "lock").open("w")
        except OSError as exc:
            raise unwritable(self._folder, exc) from exc
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)     # two agencies' first `up` must not make two authorities
            authority, key = self._authority(now)
            wanted = sorted({host.lower() for host in hosts})
            path = self._folder / f"{code}.pem"
            kept = self._kept(path, wanted, authority, now)
            if kept is None:
                kept = _sign(wanted, authority, key, now)
                write_atomic(path, (kept.cert_pem + kept.key_pem).encode(), mode=PRIVATE)
            return kept

    def _authority(self, now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key_file = self._folder / "ca.key"
        if not self.cert_file.exists() and not key_file.exists():
            cert, key = _make_authority(now)
            write_atomic(key_file, _key_pem(key).encode(), mode=PRIVATE)
            write_atomic(self.cert_file, cert.public_bytes(serialization.Encoding.PEM))
            return cert, key
        try:
            cert = x509.load_pem_x509_certificate(self.cert_file.read_bytes())
            loaded = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        except (OSError, ValueError) as exc:
            raise StackError(
                f"{self._folder}: the local certificate authority cannot be read ({exc}); expected ca.pem and ca.key; "
                "put your copies back, or remove both to have a new authority made (callers must then trust it anew)",
            ) from exc
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.public_key() != cert.public_key():
            raise StackError(
                f"{self._folder}: ca.key does not belong to ca.pem; expected the pair that was made together; "
                "put your copies back, or remove both to have a new authority made (callers must then trust it anew)",
            )
        return cert, loaded

    def _kept(
        self, path: Path, hosts: Sequence[str], authority: x509.Certificate, now: dt.datetime,
    ) -> KeyPair | None:
        """Return the pair on disk if it still serves."""
        try:
            text = path.read_text(encoding="ascii")
            cert = x509.load_pem_x509_certificate(text.encode())
            key = serialization.load_pem_private_key(text.encode(), password=None)
            cert.verify_directly_issued_by(authority)
        except (OSError, ValueError, TypeError, InvalidSignature):
            return None
        serves = (
            key.public_key() == cert.public_key()
            and sorted(host_names(cert)) == list(hosts)
            and cert.not_valid_after_utc - now >= dt.timedelta(days=RENEW_DAYS)
        )
        if not serves:
            return None
        begin = text.index("-----BEGIN PRIVATE KEY-----")
        return KeyPair(cert_pem=text[:begin], key_pem=text[begin:], ca_pem=_pem(authority))


def host_names(cert: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names a certificate is for."""
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def _make_authority(now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Siaga24"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"Siaga24 local authority {now:%Y-%m-%d}"),
    ])
    builder = (
        _dated(now, AUTHORITY_DAYS)
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256()), key


def _sign(
    hosts: Sequence[str], authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, now: dt.datetime,
) -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _dated(now, LEAF_DAYS)
        # A common name holds at most 64 characters; callers look at the alternative names alone.
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])]))
        .issuer_name(authority.subject).public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False,
        )
    )
    cert = builder.sign(authority_key, hashes.SHA256())
    return KeyPair(cert_pem=_pem(cert), key_pem=_key_pem(key), ca_pem=_pem(authority))


def _dated(now: dt.datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )


def _pem(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ).decode()
