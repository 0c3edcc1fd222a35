"""An agency as the loader would make it, for tests that need no file."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from stacks.model import Agency, AgencyKind, Service
from stacks.parts import Gateway
from tests.factories import a_transaction


def a_service(**given: Any) -> Service:
    """Build a hosted service without a database."""
    defaults: dict[str, Any] = {
        "code": "antrean", "name": "Antrean", "transactions": (a_transaction(),), "image": "siaga24/loket:1.0.0",
        "port": 8000, "host": "antrean.dinkes.example",
    }
    return Service(**{**defaults, **given})


def an_agency(**given: Any) -> Agency:
    """Build an agency with one hosted service."""
    defaults: dict[str, Any] = {
        "code": "dinkes", "name": "Dinas Kesehatan", "kind": AgencyKind.CITY, "time_zone": "Asia/Jakarta",
        "services": (a_service(),), "subnet": IPv4Network("10.124.0.0/26"), "gateway": Gateway(https_port=21990),
    }
    return Agency(**{**defaults, **given})
