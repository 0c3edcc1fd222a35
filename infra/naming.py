"""Names, labels and digests of what a stack makes. Identity comes from codes alone, never from display text.

Parts of a name are joined by ``_``, which no code may hold: agency ``a`` with service ``b-c`` and agency ``a-b`` with
service ``c`` never meet on one engine.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from infra.spec import Sensitive

PREFIX = "siaga24"
DIGEST_LENGTH = 12                       # hex digits: 48 bits tell the releases of one service apart


class Component(StrEnum):
    """What a container is there for."""

    GATEWAY = "gateway"
    REPLICA = "replica"
    WORKER = "worker"
    JOB = "job"
    DATABASE = "database"


class Label(StrEnum):
    """Labels on what the toolkit makes; commands find their things on the engine by them."""

    AGENCY = "siaga24.agency"
    SERVICE = "siaga24.service"
    COMPONENT = "siaga24.component"
    NAME = "siaga24.name"                # for people: "replica 2 of antrean"
    RELEASE = "siaga24.release"          # a change of it replaces the container, whatever else the provider would do
    DATA = "siaga24.data"                # "true" on volumes that hold what nobody can make again


def joined(*parts: str | int) -> str:
    """Join codes to a name on the engine, e.g. ``siaga24_dinkes-bandung_antrean_1``."""
    return "_".join((PREFIX, *(str(part) for part in parts)))


def network_name(code: str, role: str, subnet: IPv4Network) -> str:
    """Name a network after its subnet, so that a new subnet is a new network beside the old one."""
    return joined(code, role, f"{subnet.network_address}-{subnet.prefixlen}")


def database_alias(service: str) -> str:
    """Name under which a service finds its own database. The dot keeps it apart from every service's code."""
    return f"{service}.database"


def digest(value: object) -> str:
    """Digest plain values: strings, numbers, None, and tuples, lists or string-keyed dicts of them."""
    return hashlib.sha256(_canonical(value)).hexdigest()[:DIGEST_LENGTH]


def keyed_digest(key: Sensitive, value: object) -> str:
    """Digest values that hold secrets: without the key nobody can try guesses against it."""
    return hmac.new(key.reveal().encode(), _canonical(value), hashlib.sha256).hexdigest()[:DIGEST_LENGTH]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
