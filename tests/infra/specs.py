"""Builders of stack specs with good defaults: say in a test only what the test is about."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from infra.spec import DatabaseSpec, GatewaySpec, ImageSpec, SecretSpec, Sensitive, ServiceSpec, StackSpec

CANARY = "kenari-jangan-bocor"           # begins every secret value made here


def an_image(number: int = 1, **given: Any) -> ImageSpec:
    """Build an image of a made-up ID."""
    return ImageSpec(**{"id": f"sha256:{number:064x}", "uid": 10003, "gid": 10003, **given})


def a_service(**given: Any) -> ServiceSpec:
    """Build a service of two replicas with a secret and no database."""
    code = given.get("code", "antrean")
    defaults = {
        "code": code,
        "image": an_image(1),
        "port": 8000,
        "host": f"{code}.dinkes.example",
        "replicas": 2,
        "secrets": (SecretSpec(name="SECRET_KEY", value=Sensitive(f"{CANARY}-{code}-kunci-yang-panjang")),),
    }
    return ServiceSpec(**{**defaults, **given})


def a_database(**given: Any) -> DatabaseSpec:
    """Build a PostgreSQL."""
    defaults = {
        "image": an_image(2, uid=10002, gid=10002, volumes=("/var/lib/postgresql/data",)),
        "password": Sensitive(f"{CANARY}-password"),
    }
    return DatabaseSpec(**{**defaults, **given})


def a_gateway(**given: Any) -> GatewaySpec:
    """Build a gateway on loopback."""
    defaults = {
        "image": an_image(3, uid=10001, gid=10001),
        "bind": IPv4Address("127.0.0.1"),
        "https_port": 8443,
        "certificate_pem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "key_pem": Sensitive(f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"),
    }
    return GatewaySpec(**{**defaults, **given})


def a_spec(**given: Any) -> StackSpec:
    """Build a stack of one service."""
    defaults = {
        "code": "dinkes",
        "subnet": IPv4Network("10.124.0.0/26"),
        "gateway": a_gateway(),
        "services": (a_service(),),
        "digest_key": Sensitive(f"{CANARY}-digest-key"),
        "engine_host": "unix:///var/run/docker.sock",
    }
    return StackSpec(**{**defaults, **given})


def with_service(spec: StackSpec, **changes: Any) -> StackSpec:
    """Return the stack with its first service changed."""
    first, *others = spec.services
    return replace(spec, services=(replace(first, **changes), *others))
