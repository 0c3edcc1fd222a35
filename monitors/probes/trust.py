"""Which certificates are trusted, as files, which is what libcurl keeps parsed between requests."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from monitors.core.errors import ProbeFault

# where distributions keep the system's authorities, beside what OpenSSL itself says
USUAL_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class TrustFiles:
    """Files of trusted certificates, one for each text; in memory where the kernel can, so that a crash leaves none."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._descriptors: list[int] = []
        self._files: list[Path] = []

    def path(self, ca_pem: str) -> str:
        """Path of a file with exactly the certificates of ``ca_pem``; of the system's where it is empty.

        Raises ProbeFault where the system has none.
        """
        if ca_pem not in self._paths:
            self._paths[ca_pem] = self._write(ca_pem) if ca_pem else system_roots()
        return self._paths[ca_pem]

    def close(self) -> None:
        """Remove the files."""
        for descriptor in self._descriptors:
            os.close(descriptor)
        for file in self._files:
            file.unlink(missing_ok=True)
        self._paths, self._descriptors, self._files = {}, [], []

    def _write(self, text: str) -> str:
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("siaga24-ca")
            os.write(descriptor, text.encode())
            self._descriptors.append(descriptor)
            return f"/proc/self/fd/{descriptor}"
        with tempfile.NamedTemporaryFile("w", prefix="siaga24-ca-", suffix=".pem", delete=False) as file:
            file.write(text)
        self._files.append(Path(file.name))
        return file.name


def system_roots() -> str:
    """Path of the system's certificate authorities; ProbeFault where there are none."""
    given = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    for place in (given, *USUAL_PLACES):
        if place and Path(place).is_file():
            return place
    raise ProbeFault(
        "this machine has no trusted certificate authorities; install the package ca-certificates, or name a file in "
        "SSL_CERT_FILE",
    )
