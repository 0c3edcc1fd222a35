"""The ``tls_config`` of a module of blackbox_exporter, the same for every protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.importers.account import Entry


def settle_tls(below: Entry) -> bool:
    """Carry or tell one key of a ``tls_config``; False where nothing of it is known here."""
    if below.name == "insecure_skip_verify" and not below.is_true:
        below.carry()
    elif below.name == "insecure_skip_verify":
        below.lost(
            "certificates that are not verified",
            "a bad certificate is an outage to citizens",
            'name the authority as "ca" of the service if it is your own',
        )
    elif below.name in {"ca_file", "ca"}:
        below.lost("an authority of its own", "the file lies elsewhere", 'put it beside the definition as "ca"')
    else:
        return False
    return True
