"""Transactions of several protocols: each step by its own, in order, with one deadline for all."""

from __future__ import annotations

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import SaveKind, Step
from monitors.core.requests import DnsQuery, TcpDialogue
from monitors.probes.mixed import prepare_mixed
from tests.factories import a_target, a_transaction
from tests.name_server import name_server
from tests.probing import save, tried, watching
from tests.servers import page, routes, serving


def test_steps_of_two_protocols_run_in_order_and_values_go_along():
    table = routes({"/": page('<i id="n">007</i>'), "/007": page()})
    with serving(table) as server, name_server({"layanan.example": ["A 192.0.2.1"]}) as names:
        query = DnsQuery(name="layanan.example", server=names.address)
        attempt = tried(watching(
            server.url, Step(name="buka", saves=(save("n", SaveKind.CSS, "#n"),)), Step(name="nama", dns=query),
            Step(name="lihat", url="/${n}"),
        ))
    assert [(step.name, step.reason) for step in attempt.steps] == [("buka", ""), ("nama", ""), ("lihat", "")]
    assert [step.status for step in attempt.steps] == [200, 0, 200]


def test_the_first_critical_failure_ends_the_try_and_a_step_that_may_fail_does_not():
    with serving(page()) as server, name_server({}) as names:
        gone = DnsQuery(name="tiada.example", server=names.address)
        attempt = tried(watching(
            server.url, Step(name="boleh", dns=gone, critical=False), Step(name="nama", dns=gone), Step(name="buka"),
        ))
    assert [(step.name, step.passed) for step in attempt.steps] == [("boleh", False), ("nama", False)]
    assert attempt.failed_step is not None
    assert attempt.failed_step.reason.startswith('step 2 of 3 "nama": 127.0.0.1')
    assert server.asked == []


def test_the_only_critical_step_may_speak_another_protocol():
    with serving(page()) as server, name_server({"a.example": ["A 192.0.2.1"]}) as names:
        query = DnsQuery(name="a.example", server=names.address)
        attempt = tried(watching(server.url, Step(name="buka", critical=False), Step(name="nama", dns=query)))
    assert [step.critical for step in attempt.steps] == [False, True]
    assert all(step.passed for step in attempt.steps)


def test_a_protocol_that_this_monitor_does_not_have_is_told_before_anything_runs():
    with pytest.raises(UsageError, match='dinkes/antrean: step "nama": this monitor cannot ask by dns'):
        prepare_mixed({}, a_target(), a_transaction(steps=(Step(name="nama", dns=DnsQuery()),)))


def test_a_step_asks_one_thing():
    with pytest.raises(ValueError, match="step 'x': it asks dns and tcp; make a step of each"):
        Step(name="x", dns=DnsQuery(), tcp=TcpDialogue())
