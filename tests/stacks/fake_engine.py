"""An engine of plain values for tests of what is concluded from it; the real one is asked in tests/stacks/engine."""

# ruff: noqa: ARG002 - the methods have the signatures of the engine's
from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import Any

from stacks.engine_containers import Answer
from stacks.engine_facts import (
    LABEL_AGENCY,
    ContainerFacts,
    EngineFacts,
    ImageFacts,
    NetworkFacts,
    PublishedFacts,
)

BEGAN = dt.datetime(2026, 1, 1, 5, 0, tzinfo=dt.UTC)


def stamp(seconds: float) -> str:
    """Write a moment, seconds after the run began, as the engine does."""
    return (BEGAN + dt.timedelta(seconds=seconds)).isoformat()


def a_container(**given: Any) -> ContainerFacts:
    """Build a running container without a health check, made as the run began."""
    defaults: dict[str, Any] = {
        "id": "c" * 64, "name": "siaga24_dinkes_antrean_1", "image_id": "sha256:0", "status": "running", "health": "",
        "labels": {LABEL_AGENCY: "dinkes"}, "created": stamp(1), "started": stamp(1), "pids_limit": 128,
        "finished": "0001-01-01T00:00:00Z",
    }
    return ContainerFacts(**{**defaults, **given})


def an_engine(**given: Any) -> EngineFacts:
    """Build the facts of a Docker 20.10."""
    defaults: dict[str, Any] = {
        "id": "AAAA:BBBB:CCCC", "name": "vm", "version": "20.10.24", "api": (1, 41), "oldest_api": (1, 12),
        "data_root": "/", "time": BEGAN,
    }
    return EngineFacts(**{**defaults, **given})


def a_network(subnet: str, **given: Any) -> NetworkFacts:
    """Build a network of somebody else."""
    defaults: dict[str, Any] = {"id": "n1", "name": "lain", "agency": "", "subnets": (IPv4Network(subnet),)}
    return NetworkFacts(**{**defaults, **given})


@dataclass(slots=True)
class FakeEngine:
    """Answers from lists. ``looks``: what successive looks at the one watched container find; the last stays."""

    looks: list[ContainerFacts | None] = field(default_factory=list)
    test_codes: list[int] = field(default_factory=list)      # of successive health tests; the last stays
    log: tuple[str, ...] = ()
    images: dict[str, ImageFacts] = field(default_factory=dict)
    others: tuple[ContainerFacts, ...] = ()
    nets: tuple[NetworkFacts, ...] = ()
    ports: tuple[PublishedFacts, ...] = ()
    volumes_there: frozenset[str] = frozenset()
    did: list[tuple[Any, ...]] = field(default_factory=list)
    host: str = "unix:///var/run/docker.sock"
    is_local: bool = False
    tells: EngineFacts = field(default_factory=an_engine)

    def facts(self) -> EngineFacts:
        return self.tells

    def container(self, container_id: str) -> ContainerFacts | None:
        for facts in self.others:
            if container_id in {facts.id, facts.name}:
                return facts
        if not self.looks:
            return None
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def containers(self, labels: Mapping[str, str]) -> tuple[ContainerFacts, ...]:
        return tuple(facts for facts in self.others if labels.items() <= facts.labels.items())

    def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = 30) -> Answer:
        self.did.append(("run", tuple(command)))
        code = self.test_codes.pop(0) if len(self.test_codes) > 1 else self.test_codes[0]
        return Answer(code=code, out=b"", err=b"")

    def log_tail(self, container_id: str, lines: int) -> tuple[str, ...]:
        return self.log[-lines:]

    def start(self, container_id: str) -> None:
        self.did.append(("start", container_id))

    def stop(self, container_id: str) -> None:
        self.did.append(("stop", container_id))

    def limit_pids(self, container_id: str, limit: int) -> None:
        self.did.append(("limit", limit))

    def remove(self, container_id: str, *, with_anonymous_volumes: bool = False) -> None:
        self.did.append(("remove", container_id))
        self.others = tuple(facts for facts in self.others if facts.id != container_id)

    def image(self, reference: str) -> ImageFacts | None:
        return self.images.get(reference)

    def image_names(self) -> tuple[str, ...]:
        return tuple(sorted(self.images))

    def networks(self) -> tuple[NetworkFacts, ...]:
        return self.nets

    def remove_network(self, name: str) -> None:
        self.did.append(("remove network", name))

    def published(self) -> tuple[PublishedFacts, ...]:
        return self.ports

    def volume_names(self) -> frozenset[str]:
        return self.volumes_there

    @contextmanager
    def holding(self, image_id: str, mounts: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[str]:
        yield "helper"


