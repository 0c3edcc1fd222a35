"""The home of one journey's browser: an environment without the monitor's secrets, and whom the browser trusts."""

from __future__ import annotations

import subprocess
from pathlib import Path

from monitors.core.errors import ProbeFault


def environment(home: str) -> dict[str, str | float | bool]:
    """Give Chromium nothing of the monitor's environment, which may hold secrets."""
    return {"HOME": home, "TMPDIR": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


def trust(home: str, ca_pem: str) -> None:
    """Let the browser trust the target's authorities, the only way that Chromium has: a database of NSS in its home.

    Its own authorities stay beside them. Raises ProbeFault.
    """
    folder, file = Path(home, ".pki", "nssdb"), Path(home, "ca.pem")
    folder.mkdir(parents=True)
    for number, one in enumerate(ca_pem.split("-----END CERTIFICATE-----")[:-1]):
        file.write_text(f"{one}-----END CERTIFICATE-----\n", encoding="ascii")
        made = ["certutil", "-A", "-d", f"sql:{folder}", "-t", "C,,", "-n", f"siaga24-{number}", "-i", str(file)]
        begin = [] if number else [["certutil", "-N", "-d", f"sql:{folder}", "--empty-password"]]
        for command in (*begin, made):
            try:
                subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=10)
            except FileNotFoundError:
                raise ProbeFault(
                    "the service has an authority of its own, which a browser trusts only with the program certutil; "
                    "install the package libnss3-tools (Debian, Ubuntu) or nss-tools (Fedora)",
                ) from None
            except (subprocess.SubprocessError, OSError) as exc:
                raise ProbeFault(f"the certificates to trust could not be given to Chromium: {exc}") from None
