"""Definitions made ready: what cannot be run is refused before it runs."""

from __future__ import annotations

import asyncio

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import AssertKind, SaveKind, Step
from monitors.probes.expectations import StatusRule
from monitors.probes.http import HttpEngine
from monitors.probes.http_names import connect_to
from monitors.probes.http_request import absolute
from monitors.probes.http_step import HttpKind, HttpSteps
from monitors.probes.reader import PageReader
from tests.factories import a_target, a_transaction
from tests.probing import expect, save


def ready(*steps: Step, **given) -> HttpSteps:
    async def prepare() -> HttpSteps:
        loop = asyncio.get_running_loop()
        engine = HttpEngine(loop)
        try:
            return HttpKind(loop, engine, PageReader()).prepare(a_target(**given), a_transaction(steps=steps))
        finally:
            engine.close()

    return asyncio.run(prepare())


@pytest.mark.parametrize(("step", "problem"), [
    (Step(name="a", url="ftp://x/"), '"ftp://x/" cannot be probed: expected an address that begins with http:// or https://'),
    (Step(name="a", url="https:///x"), "cannot be probed"),
    (Step(name="a", assertions=(expect(AssertKind.STATUS, "oke"),)),
     'step "a": status "oke": expected a status such as 200, 2xx or "200,303"'),
    (Step(name="a", assertions=(expect(AssertKind.LATENCY, "cepat"),)), 'step "a": latency "cepat": expected whole milliseconds'),
    (Step(name="a", assertions=(expect(AssertKind.CSS, name="a["),)), 'step "a": it is not a CSS selector'),
    (Step(name="a", assertions=(expect(AssertKind.MATCHES, "(a"),)), 'step "a": it is not a regular expression'),
    (Step(name="a", saves=(save("v", SaveKind.JSON, "a.b"),)), 'step "a": it is not a JSONPath'),
    (Step(name="a", headers=(("X-A", "b\r\nc"),)), 'step "a": '),
])
def test_a_definition_that_cannot_be_run_is_refused_with_its_place(step: Step, problem: str):
    with pytest.raises(UsageError) as error:
        ready(step)
    assert problem in str(error.value)


@pytest.mark.parametrize(("steps", "keeps"), [
    ((Step(name="a"),), False),
    ((Step(name="a"), Step(name="b")), True),
    ((Step(name="a", max_redirects=1),), True),
    ((Step(name="a", saves=(save("v", SaveKind.COOKIE, "sesi"),)),), True),
])
def test_connections_and_cookies_are_kept_only_where_they_matter(steps: tuple[Step, ...], keeps: bool):
    assert ready(*steps).keeps is keeps


@pytest.mark.parametrize(("base", "url", "address"), [
    ("https://a.example", "/x?y=1", "https://a.example/x?y=1"),
    ("https://a.example/app/", "/x", "https://a.example/app/x"),
    ("https://a.example/app", "x", "https://a.example/app/x"),
    ("https://a.example", "http://b.example/z", "http://b.example/z"),
    ("https://a.example", "/kembali?ke=https://b.example", "https://a.example/kembali?ke=https://b.example"),
])
def test_a_path_lies_under_the_target_s_address(base: str, url: str, address: str):
    assert absolute(base, url) == address


@pytest.mark.parametrize(("base", "place", "told"), [
    ("https://a.example", "", ""),
    ("https://a.example", "127.0.0.1:8443", "a.example:443:127.0.0.1:8443"),
    ("http://a.example:81/x", "10.0.0.1:80", "a.example:81:10.0.0.1:80"),
    ("https://[::1]", "[::2]:443", "[::1]:443:[::2]:443"),
])
def test_where_to_connect_is_said_for_the_base_address_alone(base: str, place: str, told: str):
    assert connect_to(a_target(base_url=base, connect_to=place)) == told


@pytest.mark.parametrize(("rule", "yes", "no"), [
    ("200", [200], [201, 302, 500]), ("2xx", [200, 299], [199, 300]), ("200,303", [200, 303], [302]),
    (" 2xx , 304 ", [204, 304], [305]),
])
def test_a_status_rule_accepts_what_it_says(rule: str, yes: list[int], no: list[int]):
    status = StatusRule(rule)
    assert [status.accepts(code) for code in yes + no] == [True] * len(yes) + [False] * len(no)


@pytest.mark.parametrize("rule", ["", "2x", "20", "xx2", "6xx", "200-299", "200,", "٢٠٠", "2XXX"])
def test_a_status_rule_that_is_none_is_refused(rule: str):
    with pytest.raises(ValueError, match="expected a status such as 200, 2xx or"):
        StatusRule(rule)
