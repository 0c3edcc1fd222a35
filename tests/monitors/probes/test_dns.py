"""DNS steps against a real name server: each failure told apart, beside a name that is well."""

from __future__ import annotations

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import AssertKind, Step, StepResult
from monitors.core.requests import DnsMatch, DnsQuery, DnsRecord, DnsTransport
from monitors.probes.guard import Guard
from tests.name_server import NameServer, Zone, another_id, garbage, name_server, silent
from tests.probing import expect, tried, watching
from tests.servers import closed_port

ZONE: Zone = {
    "layanan.example": ["A 192.0.2.10", "A 192.0.2.11", "AAAA 2001:db8::10", "MX 10 mail.layanan.example.",
                        "NS ns1.layanan.example.", 'TXT "v=spf1 " "-all"', "SOA ns1.layanan.example. admin.example. 7 1 1 1 1",
                        'CAA 0 issue "letsencrypt.org"'],
    "www.layanan.example": ["CNAME layanan.example.", "A 192.0.2.10"],
    "_sip._tcp.layanan.example": ["SRV 10 5 5060 sip.layanan.example."],
    "10.2.0.192.in-addr.arpa": ["PTR layanan.example."],
    "rusak.example": "SERVFAIL", "tolak.example": "REFUSED", "diam.example": silent, "sampah.example": garbage,
    "palsu.example": another_id,
}


@pytest.fixture(scope="module")
def server():
    with name_server(ZONE) as running:
        yield running


def asked(server: NameServer, name: str = "layanan.example", *, deadline_ms: int = 2000, guard=None, claims=(), of_query=None, **given) -> StepResult:
    query = DnsQuery(**{"name": name, "server": server.address, **given, **(of_query or {})})
    target = watching("https://layanan.example", Step(name="dns", dns=query, assertions=claims), deadline_ms=deadline_ms)
    attempt = tried(target, **({"guard": guard} if guard else {}))
    assert attempt.fault == ""
    return attempt.steps[0]


@pytest.mark.parametrize(("name", "record", "answers"), [
    ("layanan.example", "A", ("192.0.2.11", "192.0.2.10")),
    ("layanan.example", "AAAA", ("2001:0DB8::0010",)),
    ("www.layanan.example", "CNAME", ("layanan.example.",)),
    ("www.layanan.example", "A", ("192.0.2.10",)),
    ("layanan.example", "MX", ("10 Mail.Layanan.example",)),
    ("layanan.example", "NS", ("ns1.layanan.example",)),
    ("layanan.example", "TXT", ("v=spf1 -all",)),
    ("layanan.example", "SOA", ("ns1.layanan.example",)),
    ("layanan.example", "CAA", ("0 issue letsencrypt.org",)),
    ("_sip._tcp.layanan.example", "SRV", ("10 5 5060 sip.layanan.example",)),
    ("192.0.2.10", "PTR", ("layanan.example",)),
])
def test_every_record_type_is_asked_for_and_compared_in_one_form(server, name, record, answers):
    step = asked(server, name, record=DnsRecord(record), answers=answers, match=DnsMatch.EXACTLY)
    assert (step.passed, step.reason) == (True, "")
    assert step.address == "127.0.0.1"
    assert step.phases.dns_us > 0


@pytest.mark.parametrize(("match", "answers", "problem"), [
    (DnsMatch.ANY, ("192.0.2.10", "192.0.2.99"), ""),
    (DnsMatch.ANY, ("192.0.2.99",), "A of layanan.example: expected one of 192.0.2.99, got 192.0.2.10, 192.0.2.11"),
    (DnsMatch.ALL, ("192.0.2.10",), ""),
    (DnsMatch.ALL, ("192.0.2.10", "192.0.2.99"), "A of layanan.example: expected 192.0.2.99 in the answer, got 192.0.2.10, 192.0.2.11"),
    (DnsMatch.EXACTLY, ("192.0.2.10",), "A of layanan.example: expected 192.0.2.10 and nothing else, got 192.0.2.11 too"),
    (DnsMatch.ALL, (), ""),
])
def test_answers_agree_as_the_step_says(server, match, answers, problem):
    step = asked(server, match=match, answers=answers)
    assert step.reason == (f'step 1 of 1 "dns": {problem}' if problem else "")
    assert step.passed is not bool(problem)


@pytest.mark.parametrize(("name", "record", "problem"), [
    ("tiada.example", "A", "says that there is no name tiada.example (NXDOMAIN)"),
    ("rusak.example", "A", "failed to answer (SERVFAIL), asked for A of rusak.example"),
    ("tolak.example", "A", "refused to answer (REFUSED), asked for A of tolak.example"),
    ("_sip._tcp.layanan.example", "A", "says that there is none (the name has other records: NOERROR without an answer)"),
])
def test_each_way_of_saying_no_has_its_own_words(server, name, record, problem):
    step = asked(server, name, record=DnsRecord(record))
    assert not step.passed
    assert problem in step.reason


@pytest.mark.parametrize("name", ["diam.example", "sampah.example", "palsu.example"])
def test_a_server_that_gives_no_right_answer_runs_into_the_deadline(server, name):
    step = asked(server, name, deadline_ms=150)
    assert not step.passed
    assert f"while waiting for 127.0.0.1:{server.port} to answer the question for A of {name}" in step.reason
    assert "timed out after 1" in step.reason


def test_a_truncated_answer_is_asked_for_by_tcp():
    with name_server(ZONE, cuts_udp=True) as server:
        assert asked(server).passed
        assert [by for by, _, _ in server.asked] == ["udp", "tcp"]


def test_tcp_alone_can_be_asked_for():
    with name_server(ZONE) as server:
        assert asked(server, transport=DnsTransport.TCP).passed
        assert [by for by, _, _ in server.asked] == ["tcp"]


def test_a_port_without_a_name_server_is_said_to_be_one():
    with closed_port() as port:
        step = asked(NameServer(port), transport=DnsTransport.TCP)
    assert "refused the question: no name server is there" in step.reason


def test_garbage_by_tcp_is_said_to_be_no_dns(server):
    assert "answered is not DNS" in asked(server, "sampah.example", transport=DnsTransport.TCP).reason


def test_the_name_is_the_services_own_where_none_is_given():
    with name_server(ZONE) as server:
        assert asked(server, "").passed
        assert server.asked == [("udp", "A", "layanan.example")]


def test_a_slow_answer_is_degraded_by_the_steps_own_target(server):
    step = asked(server, claims=(expect(AssertKind.LATENCY, "0"),))
    assert (step.passed, step.too_slow) == (True, True)


def test_a_name_server_in_a_place_that_is_guarded_is_refused(server):
    step = asked(server, guard=Guard())
    assert not step.passed
    assert "an address of the monitor's own machine" in step.reason


@pytest.mark.parametrize(("given", "problem"), [
    ({"answers": ("bukan alamat",)}, "an expected answer is no A record"),
    ({"server": "a:b:c"}, 'name server "a:b:c": expected ADDRESS or HOST, perhaps with :PORT'),
    ({"name": "a..b"}, '"a..b" is not a DNS name'),
])
def test_a_query_that_cannot_be_asked_is_refused_before_it_runs(given, problem):
    with pytest.raises(UsageError, match='step "dns": ') as error:
        asked(NameServer(1), of_query=given)
    assert problem in str(error.value)


def test_another_claim_than_latency_is_refused():
    with pytest.raises(UsageError, match="the claim status is for HTTP; a dns step expects latency alone"):
        asked(NameServer(1), claims=(expect(AssertKind.STATUS, "200"),))
