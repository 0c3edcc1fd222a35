"""Certificates for tests: an authority, intermediates and leaves, valid when and for whom a test wants."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = dt.datetime(2026, 1, 1, 5, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A certificate and its key."""

    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
        )


def make(
    name: str, *, signer: Made | None = None, hosts: tuple[str, ...] = (), is_ca: bool = False,
    start: dt.datetime = NOW - dt.timedelta(days=1), days: float = 365,
) -> Made:
    """Make a certificate called ``name``, signed by ``signer`` or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(signer.cert.subject if signer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(start).not_valid_after(start + dt.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return Made(cert=builder.sign(signer.key if signer else key, hashes.SHA256()), key=key)


def write(folder: Path, *chain: Made, key: Made | None = None) -> tuple[Path, Path]:
    """Write a chain and the first one's key (or another) to files."""
    cert_file, key_file = folder / "host.pem", folder / "host.key"
    cert_file.write_bytes(b"".join(each.pem for each in chain))
    key_file.write_bytes((key or chain[0]).key_pem)
    return cert_file, key_file
