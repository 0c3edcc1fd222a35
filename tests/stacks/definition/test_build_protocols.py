"""Steps of other protocols: a definition becomes the monitor's value, and what is shown reads back as the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.document import from_document, to_document
from monitors.core.model import Step
from monitors.core.requests import (
    BrowserAction,
    BrowserDo,
    BrowserJourney,
    DnsMatch,
    DnsQuery,
    DnsRecord,
    GrpcHealth,
    IcmpEcho,
    Security,
    SqlQuery,
    TcpDialogue,
    TcpTurn,
    TlsCheck,
    TlsVersion,
    WebSocketTalk,
)
from stacks import yamlio
from stacks.loader import load_agency
from stacks.model import Settings
from stacks.resolved import resolved
from stacks.tiers import standard_tiers
from tests.factories import a_target, a_transaction

JOURNEY = (
    "browser: {width: 390, height: 844, patience: 10s, actions: [{open: /}, {fill: {'#nama': Budi, '#nik': \"007\"}}, {click: text=Ambil nomor}, "
    "{wait: h1}, {save: {nomor: '#nomor'}}, {expect: {text: 'Nomor ${nomor}', selector: h1}}, {expect: {selector: '#siap'}}]}"
)
CASES = [
    ("dns: {}", "dns", DnsQuery()),
    ('dns: {name: contoh.example, record: MX, server: "192.0.2.53:5353", match: exactly, answers: ["10 mail.contoh.example"]}', "dns",
     DnsQuery(name="contoh.example", record=DnsRecord.MX, server="192.0.2.53:5353", match=DnsMatch.EXACTLY, answers=("10 mail.contoh.example",))),
    (r"tcp: {host: mail.contoh.example, port: 25, security: smtp, max_bytes: 4KiB, turns: [{send: 'NOOP\r\n', expect: '^250 '}, {send: '007'}]}", "tcp",
     TcpDialogue(host="mail.contoh.example", port=25, security=Security.SMTP, max_bytes=4096,
                 turns=(TcpTurn(send=r"NOOP\r\n", expect="^250 "), TcpTurn(send="007")))),
    ('tls: {min_version: "1.3", verify: false, refuses_older: true, min_days: 0, security: imap}', "tls",
     TlsCheck(min_version=TlsVersion.V1_3, verify=False, refuses_older=True, min_days=0, security=Security.IMAP)),
    ("grpc: {port: 50051, tls: false, service: a.b.C}", "grpc", GrpcHealth(port=50051, tls=False, service="a.b.C")),
    ('sql: {database: antrean, user: pemantau, password: "${secret:sandi_db}", equals: "007"}', "sql",
     SqlQuery(database="antrean", user="pemantau", password="sandi_db", expected="007")),
    ('sql: {database: antrean, user: pemantau, equals: ""}', "sql", SqlQuery(database="antrean", user="pemantau", expected="")),
    ("websocket: {url: /ws, send: ping, contains: pong}", "websocket", WebSocketTalk(url="/ws", send="ping", contains="pong")),
    ("icmp: {count: 1}", "icmp", IcmpEcho(count=1, max_lost=0)),
    ("icmp: {}", "icmp", IcmpEcho()),
    (JOURNEY, "browser",
     BrowserJourney(width=390, height=844, patience_ms=10_000, actions=(
         BrowserAction(do=BrowserDo.OPEN, text="/"), BrowserAction(do=BrowserDo.FILL, selector="#nama", text="Budi"),
         BrowserAction(do=BrowserDo.FILL, selector="#nik", text="007"), BrowserAction(do=BrowserDo.CLICK, selector="text=Ambil nomor"),
         BrowserAction(do=BrowserDo.WAIT, selector="h1"), BrowserAction(do=BrowserDo.SAVE, selector="#nomor", text="nomor"),
         BrowserAction(do=BrowserDo.EXPECT, selector="h1", text="Nomor ${nomor}"), BrowserAction(do=BrowserDo.EXPECT, selector="#siap")))),
]


def loaded(step: str, folder: Path) -> Step:
    file = folder / "dinas.yaml"
    file.write_text(
        "version: 1\ncode: dinas\nname: Dinas\nkind: ministry\ntime_zone: Asia/Jakarta\nservices:\n  a:\n    name: A\n"
        "    hosting: external\n    url: https://a.example\n    transactions: {t: {steps: [{" + step + "}]}}\n",
        encoding="utf-8",
    )
    agency = load_agency(file, Settings(), standard_tiers())
    again = folder / "lagi"
    again.mkdir()
    (again / "dinas.yaml").write_text(yamlio.write(resolved(agency, folder)), encoding="utf-8")
    assert load_agency(again / "dinas.yaml", Settings(), standard_tiers()) == agency
    return agency.service("a").transactions[0].steps[0]


@pytest.mark.parametrize(("text", "protocol", "request_"), CASES, ids=[case[0][:40] for case in CASES])
def test_a_step_becomes_what_it_says_and_reads_back_and_survives_the_document(text, protocol, request_, tmp_path):
    step = loaded(text, tmp_path)
    assert (step.protocol, getattr(step, protocol)) == (protocol, request_)
    target = a_target(transactions=(a_transaction(steps=(step,)),))
    assert from_document(to_document([target])) == (target,)


@pytest.mark.parametrize(("text", "name"), [
    ("dns: {record: MX, name: contoh.example}", "DNS MX contoh.example"),
    ("dns: {}", "DNS A"),
    ("tcp: {host: a.example, port: 25}", "TCP a.example:25"),
    ("tls: {}", "TLS"),
    ("websocket: {}", "WEBSOCKET /"),
    ("browser: {actions: [{open: /loket}]}", "BROWSER /loket"),
    ("sql: {host: db.example, database: antrean, user: u}", "SQL db.example antrean"),
])
def test_a_step_without_a_name_is_called_by_what_it_asks(text, name, tmp_path):
    assert loaded(text, tmp_path).name == name


def test_a_step_that_may_fail_and_its_latency_target_are_kept(tmp_path):
    step = loaded("icmp: {}, critical: false, expect: {latency: 50ms}}, {get: /", tmp_path)
    assert step.critical is False
    assert [(claim.kind.value, claim.expected) for claim in step.assertions] == [("latency", "50")]
