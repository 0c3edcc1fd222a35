"""``siaga24 monitor once``: steps of other protocols beside HTTP, with phases, addresses and evidence."""

from __future__ import annotations

import json
import re
from pathlib import Path

from monitors.core.model import Step, Target
from monitors.core.requests import DnsQuery, TcpDialogue, TcpTurn, TlsCheck
from tests.cli.test_monitor import once
from tests.factories import a_target, a_transaction
from tests.name_server import name_server
from tests.servers import Authority, page, raw, serving


def a_mixed(url: str, *steps: Step, **given: str) -> Target:
    return a_target(base_url=url, transactions=(a_transaction(steps=steps),), **given)


def test_each_step_is_shown_by_what_happened_in_it(tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page(), tls=authority.context()) as site, name_server({"a.example": ["A 192.0.2.1"]}) as names:
        code, output = once(tmp_path, a_mixed(
            site.url, Step(name="buka"), Step(name="nama", dns=DnsQuery(name="a.example", server=names.address)),
            Step(name="sertifikat", tls=TlsCheck(min_days=30)), ca_pem=authority.pem,
        ))
    assert code == 0
    assert re.search(r"1 of 3 +buka +passed +200 ", output)
    assert re.search(r"2 of 3 +nama +passed +[\d.]+ +[\d.]+ *\n", output)
    assert re.search(r"3 of 3 +sertifikat +degraded +[\d.]+ +[\d.]+ +[\d.]+ *\n", output)
    assert "in 19 days; expected at least 30 days" in output
    assert "verdict degraded" in output


def test_a_step_that_fails_is_shown_with_what_was_asked_and_answered(tmp_path: Path):
    with serving(raw(b"554 tutup\r\n"), is_first=True) as server:
        step = Step(name="surat", tcp=TcpDialogue(turns=(TcpTurn(expect="^220 "),)))
        code, output = once(tmp_path, a_mixed(server.url, step))
        assert code == 1
        assert re.search(r"1 of 1 +surat +FAILED", output)
        assert f'turn 1 of 1: expected text that matches "^220", 127.0.0.1:{server.port} closed the connection' in output
        code, output = once(tmp_path, a_mixed(server.url, step), "--json")
    found = json.loads(output)
    step_found = found[0]["tries"][0]["steps"][0]
    assert (step_found["address"], step_found["evidence"]["request"]) == ("127.0.0.1", f"TCP 127.0.0.1:{server.port}")
    assert step_found["evidence"]["body"] == "554 tutup\n"
