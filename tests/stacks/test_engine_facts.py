"""The engine's JSON becomes plain values, its odd ways of saying "nothing" included."""

from __future__ import annotations

import datetime as dt
from ipaddress import IPv4Network
from typing import Any

from stacks.engine_facts import (
    PortFacts,
    api_version,
    container_facts,
    engine_facts,
    engine_time,
    network_facts,
    published_facts,
)

INSPECTED: dict[str, Any] = {
    "Id": "c1", "Name": "/siaga24_dinkes_antrean_1", "Image": "sha256:0", "RestartCount": 2,
    "Created": "2026-01-01T05:00:00.123456789Z",
    "State": {
        "Status": "running", "ExitCode": 0, "OOMKilled": False, "Error": "", "StartedAt": "2026-01-01T05:00:01Z",
        "FinishedAt": "0001-01-01T00:00:00Z", "Health": {"Status": "starting"},
    },
    "Config": {"Labels": {"siaga24.agency": "dinkes"}},
    "HostConfig": {"PidsLimit": 128},
    "Mounts": [
        {"Type": "volume", "Name": "data", "Destination": "/data"}, {"Type": "bind", "Source": "/x", "Destination": "/x"},
    ],
    "NetworkSettings": {"Networks": {"app": {"IPAddress": "10.0.0.5"}}},
}


def test_a_container_is_read_whole() -> None:
    facts = container_facts(INSPECTED)
    assert (facts.name, facts.agency, facts.status, facts.health) == (
        "siaga24_dinkes_antrean_1", "dinkes", "running", "starting",
    )
    assert (facts.restarts, facts.pids_limit) == (2, 128)
    assert facts.mounts == {"data": "/data"}
    assert facts.networks == {"app": "10.0.0.5"}


def test_what_the_engine_leaves_out_is_nothing() -> None:
    state = {**INSPECTED["State"], "Health": None}
    bare = {**INSPECTED, "State": state, "Config": {"Labels": None}, "HostConfig": {"PidsLimit": None}, "Mounts": []}
    facts = container_facts({**bare, "NetworkSettings": {"Networks": None}})
    assert (facts.agency, facts.health, facts.pids_limit, facts.mounts, facts.networks) == ("", "", 0, {}, {})
    assert container_facts({**bare, "HostConfig": {"PidsLimit": -1}}).pids_limit == 0, "minus one is no limit"
    assert container_facts({**bare, "State": {**state, "Health": {"Status": "none"}}}).health == ""


def test_published_ports_are_those_of_the_host_by_tcp_once_each() -> None:
    ports = [
        {"IP": "127.0.0.1", "PrivatePort": 8443, "PublicPort": 8443, "Type": "tcp"}, {"PrivatePort": 8405, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 1, "PublicPort": 1, "Type": "udp"},
        {"IP": "127.0.0.1", "PrivatePort": 8443, "PublicPort": 8443, "Type": "tcp"},
    ]
    facts = published_facts({"Id": "c1", "Names": ["/web"], "Labels": None, "Ports": ports})
    assert (facts.name, facts.agency, facts.ports) == ("web", "", (PortFacts(address="127.0.0.1", port=8443),))
    assert published_facts({"Id": "c" * 64, "Names": None, "Ports": None}).name == "c" * 12


def test_networks_have_their_ipv4_subnets() -> None:
    configs = [{"Subnet": "10.124.0.0/28", "Gateway": "10.124.0.1"}, {"Subnet": "fd00::/64"}, {}]
    facts = network_facts({"Id": "n", "Name": "edge", "Labels": {"siaga24.agency": "dinkes"}, "IPAM": {"Config": configs}})
    assert (facts.agency, facts.subnets) == ("dinkes", (IPv4Network("10.124.0.0/28"),))
    assert network_facts({"Id": "n", "Name": "host", "Labels": None, "IPAM": {"Config": None}}).subnets == ()


def test_the_engine_tells_its_identity_its_window_and_its_time() -> None:
    info = {"ID": "A:B", "Name": "vm", "DockerRootDir": "/var/lib/docker", "SystemTime": "2026-01-01T12:00:00.987654321+07:00"}
    facts = engine_facts(info, {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"})
    assert (facts.id, facts.api, facts.oldest_api) == ("A:B", (1, 41), (1, 12))
    assert facts.time == dt.datetime(2026, 1, 1, 5, 0, 0, 987654, tzinfo=dt.UTC)


def test_versions_compare_as_numbers_and_stamps_lose_what_no_clock_shows() -> None:
    assert api_version("1.9") < api_version("1.41") < api_version("2")
    assert engine_time("2026-01-01T05:00:00.123456789Z").microsecond == 123456
