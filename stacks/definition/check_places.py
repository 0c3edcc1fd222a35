"""Warns of addresses in a definition that a monitor will not connect to: a private one is right, and stays unwatched.

Names are not looked up: what they lead to is judged by the monitor, whenever it connects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.core.addresses import refused_as
from stacks.definition.grammar_protocols import PROTOCOLS
from stacks.definition.grammar_transaction import METHODS
from stacks.definition.shapes import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.faults import Place

KEYS = ("host", "server", "url")         # of a step that is not over HTTP
OWN_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def warn_refused(service: Record, allowed: tuple[str, ...]) -> None:
    """Warn of each address of a service's definition that is refused. ``allowed``: networks of ``siaga24.yaml``."""
    for place, text in _places(service):
        host = _host(text)
        what = "a name of the monitor's own machine" if host.lower() in OWN_NAMES else refused_as(host, allowed)
        if what:
            place.warn(
                f"{host} is {what}, and will not be watched unless ops allow it",
                "a public address or a name",
                "use one, or have ops allow it: allow_networks in siaga24.yaml, or siaga24 monitor run "
                f"--allow-network {'127.0.0.1' if host.lower() in OWN_NAMES else host}",
            )


def _places(service: Record) -> Iterator[tuple[Place, str]]:
    if service["url"]:
        yield service.place("url"), service["url"]
    for transaction in service["transactions"].values.values():
        connection = transaction["connection"]
        if isinstance(connection, Record):
            yield from ((connection.place(key), connection[key]) for key in ("address", "resolver") if connection[key])
        for _, step in transaction["steps"] or ():
            for method in METHODS:
                if step[method] and "://" in step[method].partition("?")[0]:
                    yield step.place(method), step[method]
            for protocol in PROTOCOLS:
                record = step[protocol]
                if isinstance(record, Record):
                    yield from ((record.place(key), str(record[key])) for key in KEYS if record[key])


def _host(text: str) -> str:
    """Give the host of a URL, of HOST:PORT, or a host as it is."""
    if "://" not in text and (text.count(":") > 1 and "[" not in text):
        return text                      # an IPv6 address
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:                   # brackets that hold no address: the step's own check tells of it
        return ""
