"""Check a certificate that an agency supplies before a gateway gets it: key, hosts, time left, chain.

All faults at once, a sentence each; a certificate that soon expires is told, not refused.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from stacks.authority import RENEW_DAYS, KeyPair, host_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.parts import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """What was found of a supplied certificate: ``pair`` where it can be used, else ``faults``."""

    pair: KeyPair | None
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def check_supplied(certificate: Certificate, hosts: Sequence[str], now: dt.datetime) -> Supplied:
    """Read the certificate's files and check them for ``hosts`` at ``now`` (aware UTC)."""
    faults: list[str] = []
    warnings: list[str] = []
    chain = _read_chain(certificate.cert_file, faults)
    key_pem = _read_key(certificate.key_file, chain, certificate.cert_file, faults)
    if chain:
        where = certificate.cert_file
        faults += _uncovered(where, chain[0], hosts)
        faults += _chain_faults(where, chain)
        for cert in chain:
            _check_time(where, cert, now, faults, warnings)
    if faults:
        return Supplied(pair=None, faults=tuple(faults), warnings=tuple(warnings))
    pem = "".join(cert.public_bytes(serialization.Encoding.PEM).decode() for cert in chain)
    root = chain[-1]
    # A chain that ends in its own root comes from a private authority, which no system's store knows.
    ca_pem = root.public_bytes(serialization.Encoding.PEM).decode() if root.issuer == root.subject else ""
    return Supplied(pair=KeyPair(cert_pem=pem, key_pem=key_pem, ca_pem=ca_pem), warnings=tuple(warnings))


def _read_chain(path: Path, faults: list[str]) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as exc:
        faults.append(f"{path}: the certificate cannot be read ({exc.strerror}); correct gateway/certificate/cert")
    except ValueError:
        faults.append(f"{path}: holds no PEM certificate; expected the host's certificate, then its chain")
    return []


def _read_key(path: Path, chain: Sequence[x509.Certificate], cert_file: Path, faults: list[str]) -> str:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as exc:
        faults.append(f"{path}: the private key cannot be read ({exc.strerror}); correct gateway/certificate/key")
        return ""
    except TypeError:
        faults.append(f"{path}: the private key has a password; expected one without, in a file of mode 0600")
        return ""
    except (ValueError, UnsupportedAlgorithm):
        faults.append(f"{path}: holds no PEM private key; expected the key of {cert_file}")
        return ""
    if chain and key.public_key() != chain[0].public_key():
        faults.append(
            f"{path}: the private key does not belong to the first certificate of {cert_file}; expected its pair; "
            "the host's own certificate stands first",
        )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ).decode()


def _uncovered(where: Path, cert: x509.Certificate, hosts: Sequence[str]) -> list[str]:
    names = host_names(cert)
    return [
        f"{where}: the certificate is not for {host}; it is for {', '.join(names) or 'no host'}; "
        "expected every service's host among its alternative names"
        for host in hosts if not any(_matches(name, host) for name in names)
    ]


def _matches(name: str, host: str) -> bool:
    """Compare as RFC 6125 does: a star stands for exactly the first label."""
    name, host = name.lower(), host.lower()
    if name.startswith("*."):
        return "." in host and host.split(".", 1)[1] == name[2:]
    return name == host


def _chain_faults(where: Path, chain: Sequence[x509.Certificate]) -> list[str]:
    faults = []
    for child, issuer in itertools.pairwise(chain):
        try:
            child.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            faults.append(
                f'{where}: the chain is broken: "{child.subject.rfc4514_string()}" was not signed by the next '
                f'certificate, "{issuer.subject.rfc4514_string()}"; expected each signed by the one after it',
            )
    return faults


def _check_time(
    where: Path, cert: x509.Certificate, now: dt.datetime, faults: list[str], warnings: list[str],
) -> None:
    name = cert.subject.rfc4514_string()
    left = cert.not_valid_after_utc - now
    if cert.not_valid_before_utc > now:
        faults.append(
            f'{where}: "{name}" is valid from {cert.not_valid_before_utc:%Y-%m-%d %H:%M} UTC only; '
            "use it later, or set this machine's clock",
        )
    elif left <= dt.timedelta(0):
        faults.append(f'{where}: "{name}" expired on {cert.not_valid_after_utc:%Y-%m-%d}; renew it')
    elif left < dt.timedelta(days=RENEW_DAYS):
        warnings.append(
            f'{where}: "{name}" expires on {cert.not_valid_after_utc:%Y-%m-%d}, in {left.days} days; renew it soon',
        )
