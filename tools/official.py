"""Pulumi's own downloads: whether its server answers, its installer script, its plugin server.

``SIAGA24_PULUMI_INSTALLER`` names another address of the script (a mirror inside a closed network), and
``SIAGA24_PULUMI_PLUGINS`` a server for ``pulumi plugin install --server``.
"""

from __future__ import annotations

import functools
import os
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path

INSTALLER = "https://get.pulumi.com/install.sh"
CONNECT_WITHIN_S = 3.0
ANSWER_WITHIN_S = 6.0  # looking up a name has no time-out of its own


def installer_address() -> str:
    """Return where the installer script is."""
    return os.environ.get("SIAGA24_PULUMI_INSTALLER") or INSTALLER


def plugin_server() -> str:
    """Return the plugin server to name to Pulumi; empty for its own."""
    return os.environ.get("SIAGA24_PULUMI_PLUGINS", "")


@functools.cache
def answers(address: str) -> bool:
    """Tell whether something answers at this address within a few seconds."""
    return fetch(address) is not None


def fetch(address: str, to: Path | None = None) -> bytes | None:
    """Return (and keep in ``to``) what lies at this address, or None where it does not answer in time."""
    if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        return None  # a script that will be run comes over TLS or from this machine
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        body = pool.submit(_get, address).result(timeout=ANSWER_WITHIN_S)
    except (OSError, TooLate, ValueError):
        return None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if to is not None:
        to.write_bytes(body)
    return body


def _get(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=CONNECT_WITHIN_S) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as exc:
        raise OSError(f"{address} answered {exc.code}") from exc
