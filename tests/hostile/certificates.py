"""Certificates with one fault each, and TLS contexts of servers that use them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "127.0.0.1"
DAY = dt.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key alone."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
        )


class Certificates:
    """An authority, one between, and leaves of every kind; made when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = issue("CA uji", is_ca=True)
        self._between = issue("CA antara uji", signer=self._root, is_ca=True)
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def ca_pem(self) -> str:
        """The authority that probes are to trust."""
        return self._root.pem.decode()

    def context(self, kind: str) -> ssl.SSLContext:
        """Give the TLS context of a server whose certificate, or whose TLS, is of this kind."""
        if kind not in self._contexts:
            self._contexts[kind] = self._make(kind)
        return self._contexts[kind]

    def _make(self, kind: str) -> ssl.SSLContext:
        signer, chain = self._root, tuple[Issued, ...]()
        match kind:
            case "expired":
                leaf = issue(HOST, signer=signer, begins=-9, ends=-1)
            case "not yet valid":
                leaf = issue(HOST, signer=signer, begins=1, ends=9)
            case "self-signed":
                leaf = issue(HOST)
            case "wrong host":
                leaf = issue("lain.example", signer=signer)
            case "incomplete chain":
                leaf = issue(HOST, signer=self._between)
            case "whole chain":
                leaf, chain = issue(HOST, signer=self._between), (self._between,)
            case "expired between":
                old = issue("CA antara lama", signer=self._root, is_ca=True, begins=-9, ends=-1)
                leaf, chain = issue(HOST, signer=old), (old,)
            case "weak key":
                weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the fault to be found
                leaf = issue(HOST, signer=signer, key=weak)
            case "SHA-1":
                leaf = self._signed_with_sha1()
            case "for clients only":
                leaf = issue(HOST, signer=signer, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
            case _:
                leaf = issue(HOST, signer=signer)
        return self._context(kind, leaf, *chain)

    def _signed_with_sha1(self) -> Issued:
        """Sign by the openssl command: the library that makes the others refuses to, rightly."""
        leaf = issue(HOST, signer=self._root)
        files = {name: self._folder / f"sha1-{name}" for name in ("root.pem", "root.key", "leaf.key", "csr", "san")}
        files["root.pem"].write_bytes(self._root.pem)
        files["root.key"].write_bytes(self._root.key_pem)
        files["leaf.key"].write_bytes(leaf.key_pem)
        files["san"].write_text(f"subjectAltName=IP:{HOST}\n", encoding="ascii")
        request: list[str | Path] = ["openssl", "req", "-new", "-key", files["leaf.key"], "-subj", f"/CN={HOST}", "-out", files["csr"]]
        subprocess.run(request, check=True, capture_output=True)
        sign: list[str | Path] = [
            "openssl", "x509", "-req", "-sha1", "-in", files["csr"], "-CA", files["root.pem"], "-CAkey", files["root.key"],
            "-CAcreateserial", "-days", "20", "-extfile", files["san"],
        ]
        made = subprocess.run(sign, check=True, capture_output=True)
        return Issued(certificate=x509.load_pem_x509_certificate(made.stdout), key=leaf.key)

    def _context(self, kind: str, leaf: Issued, *chain: Issued) -> ssl.SSLContext:
        file = self._folder / f"{kind.replace(' ', '-')}.pem"
        file.write_bytes(leaf.key_pem + leaf.pem + b"".join(one.pem for one in chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")               # a server that lets itself have weak certificates
        context.load_cert_chain(file)
        if kind == "TLS 1.1 only":
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):      # which is the point
                context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
        if kind == "weak cipher":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("eNULL:@SECLEVEL=0")
        return context


def issue(
    name: str, *, signer: Issued | None = None, is_ca: bool = False, begins: float = -1, ends: float = 20,
    key: Key | None = None, usage: x509.ObjectIdentifier | None = None,
) -> Issued:
    """Issue a certificate for ``name``, valid from ``begins`` to ``ends`` days from now, signed by itself or another."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now + begins * DAY).not_valid_after(now + ends * DAY)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if not is_ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([_place(name)]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    certificate = builder.sign(signer.key if signer else key, hashes.SHA256())
    return Issued(certificate=certificate, key=key)


def _place(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
