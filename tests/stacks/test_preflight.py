"""Preflight gathers every reason at once, a sentence each, and refuses nothing that is fine."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path
from typing import cast

import pytest

from stacks import preflight
from stacks.engine import Engine
from stacks.engine_facts import PortFacts, PublishedFacts
from stacks.statefile import StackRecord
from tests.stacks.fake_engine import FakeEngine, a_container, a_network, an_engine
from tests.stacks.some_agency import an_agency

SUBNET = IPv4Network("10.124.0.0/26")


def test_a_fitting_engine_gives_no_reason() -> None:
    assert preflight.engine_reasons(an_engine(), "unix:///x") == []
    assert preflight.engine_reasons(an_engine(api=(1, 52), oldest_api=(1, 44)), "unix:///x") == []


@pytest.mark.parametrize(("facts", "said"), [
    (an_engine(version="19.03", api=(1, 40)), "version 19.03 speaks API 1.40; expected 1.41 (Docker 20.10) or newer"),
    (an_engine(version="40.0", api=(1, 60), oldest_api=(1, 50)), "no longer speaks API 1.44 (its oldest is 1.50)"),
])
def test_an_engine_outside_the_window_is_told(facts, said: str) -> None:
    reason, = preflight.engine_reasons(facts, "unix:///x")
    assert said in reason


def test_another_engine_behind_the_address_is_refused_and_a_first_one_is_not() -> None:
    facts = an_engine(id="NEWE:NGIN:E000:0000")
    assert preflight.identity_reasons("dinkes", facts, "unix:///x", StackRecord()) == []
    assert preflight.identity_reasons("dinkes", facts, "unix:///x", StackRecord(engine_id=facts.id)) == []
    record = StackRecord(engine_id="OLDE:NGIN:E000:0000", engine_name="old", engine_host="unix:///y")
    reason, = preflight.identity_reasons("dinkes", facts, "unix:///x", record)
    assert 'stack "dinkes" lives on engine OLDE:NGIN:E000 (old, unix:///y), but unix:///x is engine NEWE:NGIN:E000' in reason
    assert "--accept-loss" in reason


@pytest.mark.parametrize(("network", "clashes"), [
    (a_network("10.124.0.0/16"), True),
    (a_network("10.124.0.16/28"), True),
    (a_network("10.124.0.64/26"), False),
    (a_network("10.124.0.0/28", agency="dinkes"), False),
    (a_network("10.124.0.0/28", agency="disdik"), True),
])
def test_subnets_that_others_hold_are_refused_and_our_own_are_not(network, clashes: bool) -> None:
    reasons = preflight.subnet_reasons("dinkes", SUBNET, [network])
    assert bool(reasons) is clashes
    if clashes:
        assert f"network/subnet: {SUBNET} overlaps {network.subnets[0]} of network lain" in reasons[0]


def test_routes_of_this_machine_are_refused_but_not_those_of_the_engines_networks() -> None:
    routes = [
        ("eth0", IPv4Network("0.0.0.0/0")), ("tun0", IPv4Network("10.124.0.0/20")), ("br-1", IPv4Network("10.124.0.0/28")),
    ]
    reason, = preflight.route_reasons(SUBNET, [a_network("10.124.0.0/28")], routes)
    assert "overlaps 10.124.0.0/20, which this machine reaches by tun0" in reason


def test_a_full_disk_is_told_by_how_much(tmp_path: Path) -> None:
    assert preflight.space_reasons("the state folder", tmp_path / "not" / "yet", 1) == []
    reason, = preflight.space_reasons("the state folder", tmp_path, 1 << 60)
    assert reason.startswith(f"the state folder {tmp_path}: ")
    assert "expected 1099511627776 MiB at least" in reason


def test_containers_that_the_state_does_not_know_are_refused_and_never_touched() -> None:
    known = a_container(id="known", name="a")
    half = a_container(id="x", name="half-made")
    assert preflight.foreign_reasons("dinkes", [known, half], {"known", "half-made"}) == []
    reason, = preflight.foreign_reasons("dinkes", [known, half], {"known"})
    assert "holds 1 containers of an agency of that code which this state folder did not make (half-made)" in reason


def test_all_reasons_come_at_once(tmp_path: Path) -> None:
    agency = an_agency()
    assert agency.gateway is not None
    engine = FakeEngine(
        tells=an_engine(api=(1, 30)),
        nets=(a_network("10.124.0.0/16"),),
        ports=(PublishedFacts(
            name="web", agency="", ports=(PortFacts(address="127.0.0.1", port=agency.gateway.https_port),),
        ),),
        others=(a_container(labels={"siaga24.agency": agency.code}),),
    )
    findings = preflight.inspect(
        cast("Engine", engine), agency, ["siaga24/loket:1.0.0"], StackRecord(engine_id="other"), tmp_path, known=(),
    )
    assert [reason.partition(":")[0] for reason in findings.reasons] == [
        "Docker engine unix", "image siaga24/loket", f'stack "{agency.code}" lives on engine other (, ), but unix',
        f'stack "{agency.code}"', "gateway/https_port", "network/subnet",
    ]
    assert engine.did == [], "nothing was changed"
