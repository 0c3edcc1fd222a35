"""``siaga24 watch``: a first verdict with no definition, lines, a summary."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.watch import Seen, target_of
from monitors.core.errors import UsageError
from monitors.core.model import Verdict
from tests.factories import NOON_MS, a_run, a_try
from tests.servers import Authority, closed_port, page, redirect, routes, serving


def watch(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["watch", *arguments], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value or 0, result.output


def test_a_good_address_is_up_with_its_phases():
    with serving(page()) as server:
        code, output = watch(server.url + "/halaman?x=1", "--once")
    assert code == 0
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  up        200  [\d.]+ ms  \(dns [\d.]+  connect [\d.]+  first byte [\d.]+  body [\d.]+\)\n", output,
    )
    assert server.asked[0].path == "/halaman?x=1"


def test_redirects_are_followed_and_a_loop_is_down():
    with serving(routes({"/": redirect("/masuk"), "/masuk": page()})) as server:
        assert watch(server.url, "--once")[0] == 0
    with serving(redirect("/")) as server:
        code, output = watch(server.url, "--once")
    assert code == 1
    assert "redirected in a loop" in output


def test_the_end_of_the_certificate_is_shown(tmp_path: Path):
    authority = Authority(tmp_path)
    (tmp_path / "ca.pem").write_text(authority.pem, encoding="utf-8")
    with serving(page(), tls=authority.context(ends_days=9.5)) as server:
        code, output = watch(server.url, "--once", "--ca", str(tmp_path / "ca.pem"))
        assert code == 0
        assert re.search(r"certificate until \d{4}-\d\d-\d\d, 9 days", output)
        code, output = watch(server.url, "--once")
    assert code == 1
    assert "is signed by an authority that is not trusted" in output


def test_an_address_that_is_down_says_why_and_exits_with_1():
    with closed_port() as port:
        code, output = watch(f"http://127.0.0.1:{port}", "--once")
    assert code == 1
    assert f'down      step 1 of 1 "GET": connection refused by 127.0.0.1:{port}' in output


def test_several_looks_end_with_a_summary():
    with serving(page()) as server:
        code, output = watch(server.url, "--every", "50ms", "--for", "200ms")
    assert code == 0
    assert re.search(r"seen: availability 100\.000 % of the 100\.000 % that are known; down 0 s; looked: \d+ up", output)
    assert len(server.asked) >= 2


def test_json_is_a_line_for_each_look_and_nothing_else():
    with serving(page()) as server:
        _, output = watch(server.url, "--every", "50ms", "--for", "100ms", "--json")
    lines = [json.loads(line) for line in output.splitlines()]
    assert {line["verdict"] for line in lines} == {"up"}
    assert lines[0]["phases_us"]["connect"] > 0


@pytest.mark.parametrize(("typed", "base", "path"), [
    ("example.go.id", "https://example.go.id", "/"),
    ("example.go.id/a?b=c", "https://example.go.id", "/a?b=c"),
    ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080", "/x"),
])
def test_an_address_is_taken_as_people_type_it(typed: str, base: str, path: str):
    target = target_of(typed, deadline_s=10)
    assert (target.base_url, target.transactions[0].steps[0].url) == (base, path)


@pytest.mark.parametrize("typed", ["ftp://a.example", "https://", "http:///x"])
def test_what_is_no_address_is_wrong_use(typed: str):
    with pytest.raises(UsageError, match=r"expected an address such as https://example\.go\.id/path"):
        target_of(typed, deadline_s=10)


@pytest.mark.parametrize("value", ["0s", "lima", "-1s", "5 days"])
def test_what_is_no_length_of_time_is_refused(value: str):
    result = CliRunner().invoke(main, ["watch", "a.example", "--every", value])
    assert result.exit_code == 2
    assert "expected a length of time such as 5s or 2m" in result.output


def test_the_summary_counts_time_and_not_looks():
    """Ten seconds up, then five down: 10 of 15 s."""
    seen = Seen(target_of("http://127.0.0.1:1", deadline_s=10))
    named = {"agency": "watch", "service": "127.0.0.1", "transaction": "watch", "vantage": "by-hand", "life": "by-hand"}
    for number, (at_s, verdict) in enumerate([(0, "up"), (10, "down"), (15, "down")]):
        seen.add(a_run(**named, sequence=number, started_ms=NOON_MS + at_s * 1000, verdict=Verdict(verdict)))
    figures = seen.figures()
    assert figures is not None
    assert (figures.good_ms, figures.down_ms // 1000) == (10_000, 5)
    assert figures.known_ms == figures.observed_ms
    assert seen.counts[Verdict.DOWN] == 2
    assert a_try().steps
