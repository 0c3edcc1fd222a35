"""Protocol and cipher floors of TLS. Pure."""

from __future__ import annotations

import ssl

from monitors.core.requests import CipherFloor, TlsVersion

VERSIONS = {
    TlsVersion.V1_0: ssl.TLSVersion.TLSv1, TlsVersion.V1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.V1_2: ssl.TLSVersion.TLSv1_2, TlsVersion.V1_3: ssl.TLSVersion.TLSv1_3,
}
_ORDER = tuple(TlsVersion)
_SPOKEN = {"SSLv3": "SSL 3", "TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
# known to be broken, or without encryption or identity
_BROKEN = ("NULL", "EXP", "RC4", "DES", "MD5", "ADH", "AECDH", "anon", "IDEA", "SEED")
_AUTHENTICATED = ("GCM", "CHACHA20", "CCM")


def spoken_version(version: str | None) -> str:
    """Write OpenSSL's name of a version as people do."""
    return _SPOKEN.get(version or "", version or "no version")


def is_below(version: str | None, floor: TlsVersion) -> bool:
    """Tell whether a version that was agreed on, in OpenSSL's name, is below ``floor``."""
    spoken = spoken_version(version).removeprefix("TLS ")
    known = [one.value for one in _ORDER]
    return spoken not in known or known.index(spoken) < _ORDER.index(floor)


def older_than(floor: TlsVersion) -> TlsVersion | None:
    """Give the newest version below ``floor``, None where there is none."""
    place = _ORDER.index(floor)
    return _ORDER[place - 1] if place else None


def cipher_problem(name: str, version: str | None, bits: int, floor: CipherFloor) -> str:
    """Say why a cipher, by OpenSSL's name, is below ``floor``, or ""."""
    if floor is CipherFloor.ANY:
        return ""
    if bits < 128 or any(word in name for word in _BROKEN):
        return f"agreed on the cipher {name} of {bits} bits, expected a strong one"
    if floor is CipherFloor.STRONG or version == "TLSv1.3":
        return ""                        # each cipher of TLS 1.3 is modern
    if not name.startswith(("ECDHE-", "DHE-")):
        return f"agreed on the cipher {name}, expected one with forward secrecy (ECDHE)"
    if not any(word in name for word in _AUTHENTICATED):
        return f"agreed on the cipher {name}, expected one with authenticated encryption (GCM, CHACHA20)"
    return ""
