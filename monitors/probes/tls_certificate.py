"""What a server's certificates say, read without trusting them. The only user of cryptography in the monitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from monitors.probes.failures import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

MS_PER_DAY = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate. ``names``: hosts that it is for; times in UTC milliseconds."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins_ms: int
    ends_ms: int
    is_authority: bool
    is_self_signed: bool

    @property
    def told(self) -> str:
        """Subject, issuer, names and end, for people."""
        names = f" for {', '.join(self.names[:5])}" if self.names else ""
        return f"{self.subject}{names}, issued by {self.issuer}"


class UnreadableError(ValueError):
    """A certificate is none."""


def read_chain(ders: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Read certificates as a server sent them, its own first. Raises UnreadableError."""
    try:
        return tuple(_read(x509.load_der_x509_certificate(der)) for der in ders)
    except (ValueError, UnsupportedAlgorithm, OverflowError) as exc:
        raise UnreadableError(str(exc)) from None


def missing_issuer(chain: Sequence[Certificate], trusted_subjects: frozenset[str]) -> str:
    """Name the authority whose certificate a server should have sent and did not; "" where none is missing.

    A chain is whole where, from one certificate to its issuer's, it comes to one that signed itself, or whose issuer
    is trusted here, or to an authority's: its root need not be sent. A lone certificate of a server is not whole.
    """
    if not chain:
        return ""
    by_subject = {one.subject: one for one in chain}
    current, seen = chain[0], {chain[0].subject}
    while not current.is_self_signed and current.issuer not in trusted_subjects:
        above = by_subject.get(current.issuer)
        if above is None:
            return "" if current.is_authority else current.issuer
        if above.subject in seen:
            return ""
        seen.add(above.subject)
        current = above
    return ""


def roots_of(pem: bytes) -> frozenset[str]:
    """Give the names of the roots in a file of certificates; none where it cannot be read.

    Authorities between are left out: a chain that only they complete is whole for us and broken for citizens.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
        return frozenset(_name(one.subject) for one in found if one.subject == one.issuer)
    except ValueError:
        return frozenset()


def _read(certificate: x509.Certificate) -> Certificate:
    try:
        certificate.verify_directly_issued_by(certificate)
        is_self_signed = True
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        is_self_signed = False
    return Certificate(
        subject=_name(certificate.subject), issuer=_name(certificate.issuer), names=_hosts(certificate),
        begins_ms=int(certificate.not_valid_before_utc.timestamp() * 1000),
        ends_ms=int(certificate.not_valid_after_utc.timestamp() * 1000),
        is_authority=_is_authority(certificate), is_self_signed=is_self_signed,
    )


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    organisation = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    parts = [str(part[0].value) for part in (common, organisation) if part]
    return quoted(", ".join(parts) or name.rfc4514_string() or "no name", 120)


def _hosts(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
    return tuple(quoted(host, 253) for host in hosts[:100])


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False
