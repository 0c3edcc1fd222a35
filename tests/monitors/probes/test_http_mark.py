"""Synthetic traffic says so: on every request of a run, those after redirects and for tokens too, unless ops say otherwise."""

from __future__ import annotations

import asyncio

import pytest

from monitors.clock import LifeClock
from monitors.core.errors import UsageError
from monitors.core.http_options import Auth, AuthKind
from monitors.core.model import Step, Target, Try
from monitors.settings import DEFAULT_MARK
from monitors.wiring import probing
from tests.monitors.test_settings import a_setting
from tests.probing import watching
from tests.servers import page, redirect, routes, serving

SITE = routes({
    "/": redirect("/akhir"), "/akhir": page(), "/token": page('{"access_token": "segar-123"}', kind="application/json"),
})


def tried(target: Target, mark: str) -> Try:
    async def run() -> Try:
        loop = asyncio.get_running_loop()
        with probing(loop, LifeClock(), mark=mark) as probe:
            done: asyncio.Future[Try] = loop.create_future()
            probe.prepare(target, target.transactions[0]).start(done.set_result)
            return await done

    return asyncio.run(run())


@pytest.mark.parametrize(("mark", "name", "value"), [
    (DEFAULT_MARK, "x-siaga24-synthetic", "1"), ("X-Pemantau: siaga", "x-pemantau", "siaga"), ("", "x-siaga24-synthetic", None),
])
def test_every_request_of_a_run_carries_the_mark(mark: str, name: str, value: str | None):
    auth = Auth(kind=AuthKind.OAUTH2, user="klien", password="rahasia-klien", token_url="/token")
    with serving(SITE) as server:
        attempt = tried(watching(server.url, Step(name="buka", max_redirects=2, auth=auth)), mark)
        assert attempt.steps[0].passed, attempt
        assert [asked.path for asked in server.asked] == ["/token", "/", "/akhir"]
        assert [asked.headers.get(name) for asked in server.asked] == [value] * 3


@pytest.mark.parametrize("line", ["tanpa titik dua", "X-A: b\r\nX-B: c", ": x", "X A: b", "X-A:"])
def test_a_mark_that_is_no_header_line_is_refused(line: str):
    with pytest.raises(UsageError, match=r'expected a header line such as "X-Siaga24-Synthetic: 1", or nothing'):
        a_setting(synthetic_header=line)
    assert a_setting(synthetic_header="").synthetic_header == ""
