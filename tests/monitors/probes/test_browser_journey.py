"""Journeys in a real Chromium. Long: each starts a browser. Needs the extra ``browser``, Chromium and certutil."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest

from monitors.core.model import Step
from monitors.core.requests import BrowserAction, BrowserDo, BrowserJourney
from monitors.probes.guard import Guard
from tests.probing import tried, watching
from tests.servers import Authority, closed_port, page, redirect, reply, routes, serving

pytestmark = pytest.mark.long
pytest.importorskip("playwright", reason="needs the extra: pip install 'siaga24[browser]'")
if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
    pytest.skip("needs Chromium", allow_module_level=True)

DEADLINE_MS = 40_000
FORM = "<h1>Loket</h1><form method=post action=/ambil><input name=nama id=nama><button id=ambil>Ambil nomor</button></form>"
LATE = "<script>setTimeout(() => document.body.append('siap dilayani'), 300)</script>"


def loket(asked, connection) -> None:
    """A small front office: a form, and a number that a script completes."""
    routes({
        "/": page(FORM, headers={"Set-Cookie": "sudah=pernah"}),
        "/ambil": lambda asked, connection: connection.sendall(reply(
            f"<h1>Nomor antrean</h1><b id=nomor>A-007</b> untuk {asked.form.get('nama')} <p hidden>rahasia</p>{LATE}",
        )),
        "/macet": page("<h1>halo</h1><script>while (true) {}</script>"),
        "/unduh": page("x", headers={"Content-Disposition": "attachment"}),
        "/pindah": redirect("http://169.254.169.254/latest/meta-data/"),
        "/intip": page(
            f"<h1>mengintip</h1><p id=x></p><script>fetch('http://127.0.0.1:{asked.query.get('port')}/')"
            ".then(() => x.innerText = 'bocor', () => x.innerText = 'ditolak')</script>",
        ),
    })(asked, connection)


@pytest.fixture(autouse=True)
def _as_root_in_a_container(monkeypatch):
    if os.geteuid() == 0:
        monkeypatch.setenv("SIAGA24_CHROMIUM_SANDBOX", "off")


@pytest.fixture(autouse=True)
def homes_(monkeypatch):
    """Let the homes of this test's browsers be in a short place, and see that neither they nor a process are left."""
    homes = Path(tempfile.mkdtemp(prefix="sb-", dir="/tmp"))
    monkeypatch.setenv("TMPDIR", str(homes))
    yield homes
    assert of_browsers(homes) == []
    homes.rmdir()                        # which is empty


def of_browsers(homes: Path) -> list[int]:
    """Find the processes of journeys whose home is below ``homes``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"TMPDIR={homes}".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def chromium_pid(process: int) -> int | None:
    """Find the browser itself among the processes of a journey."""
    with contextlib.suppress(OSError):
        words = Path("/proc", str(process), "cmdline").read_bytes().split(b"\0")
        if b"chrom" in words[0] and b"crashpad" not in words[0] and not any(word.startswith(b"--type=") for word in words):
            return process
    return None


def do(kind: str, selector: str = "", text: str = "") -> BrowserAction:
    return BrowserAction(do=BrowserDo(kind), selector=selector, text=text)


def journey(*actions: BrowserAction, patience_ms: int = 5_000) -> Step:
    return Step(name="ambil nomor", browser=BrowserJourney(actions=actions, patience_ms=patience_ms))


TAKE = (
    do("open", text="/"), do("fill", "#nama", "Budi"), do("click", "text=Ambil nomor"), do("expect", "h1", "Nomor antrean"),
    do("save", "#nomor", "nomor"), do("expect", "", "${nomor} untuk Budi"), do("expect", "", "siap dilayani"),
)


def test_a_citizens_journey_passes_and_its_number_is_saved_for_later_steps():
    with serving(loket) as server:
        later = Step(name="panggil", url="/?nomor=${nomor}")
        attempt = tried(watching(server.url, journey(*TAKE), later, deadline_ms=DEADLINE_MS))
        assert [step.reason for step in attempt.steps] == ["", ""], attempt.fault
        assert attempt.steps[0].status == 200
        assert attempt.steps[0].address == "127.0.0.1"
        assert attempt.steps[0].phases.first_byte_us > 0
        assert server.asked[-1].query == {"nomor": "A-007"}
        agent = server.asked[0].headers["user-agent"]
        assert agent.endswith("siaga24-synthetic")


def test_a_second_journey_knows_nothing_of_the_first():
    with serving(loket) as server:
        target = watching(server.url, journey(do("open", text="/")), deadline_ms=DEADLINE_MS)
        tried(target)
        tried(target)
        opened = [asked for asked in server.asked if asked.path == "/"]
        assert [asked.cookies for asked in opened] == [{}, {}]


def test_a_page_without_what_is_expected_fails_with_what_is_there_and_a_picture():
    with serving(loket) as server:
        step = tried(watching(
            server.url, journey(do("open", text="/"), do("expect", "h1", "Nomor"), patience_ms=500), deadline_ms=DEADLINE_MS,
        )).steps[0]
    assert step.reason.endswith('action 2 of 2, expect "Nomor" in h1: not to be seen; there is "Loket"')
    assert step.evidence
    assert step.evidence.request == f"GET {server.url}/"
    assert step.evidence.body.startswith("Loket\nAmbil nomor") or "Loket" in step.evidence.body
    picture = base64.b64decode(step.evidence.screenshot)
    assert picture.startswith(b"\xff\xd8\xff")
    assert 2_000 < len(picture) <= 100_000
    if folder := os.environ.get("SIAGA24_TEST_PICTURES"):
        Path(folder, "gagal.jpg").write_bytes(picture)


@pytest.mark.parametrize(("actions", "said"), [
    ((do("open", text="/tidak-ada"),), 'open "/tidak-ada": expected status 2xx, got 404'),
    ((do("open", text="/"), do("click", "#hilang")), 'click "#hilang": nothing that can be clicked after 0.5 s'),
    ((do("open", text="/"), do("fill", "h1", "x")), 'action 2 of 2, fill "h1": '),
    ((do("open", text="/ambil"), do("expect", "", "rahasia")), 'expect "rahasia": not to be seen'),
    ((do("open", text="/unduh"),), "it is no page but a download"),
    ((do("open", text="/"), do("expect", "", "${tak_ada}")), 'no value "tak_ada" was saved'),
])
def test_each_action_that_fails_says_so_in_words(actions, said):
    with serving(loket) as server:
        attempt = tried(watching(server.url, journey(*actions, patience_ms=500), deadline_ms=DEADLINE_MS))
        assert attempt.fault == ""
        assert said in attempt.steps[0].reason


def test_a_page_that_hangs_is_ended_and_is_the_services_fault():
    with serving(loket) as server:
        attempt = tried(watching(server.url, journey(do("open", text="/macet")), deadline_ms=25_000))
    assert attempt.fault == ""
    assert attempt.steps[0].reason.endswith('timed out while action 1 of 1, open "/macet"')


def test_a_service_that_refuses_connections_fails_in_words():
    with closed_port() as port:
        attempt = tried(watching(f"http://127.0.0.1:{port}", journey(do("open", text="/")), deadline_ms=DEADLINE_MS))
    assert f"no connection to 127.0.0.1 port {port}: 127.0.0.1: connection refused" in attempt.steps[0].reason


def test_neither_the_page_nor_a_redirect_nor_a_script_leads_where_the_guard_refuses():
    with serving(loket) as server, serving(page("rahasia", headers={"Access-Control-Allow-Origin": "*"})) as inner:
        there = f"127.0.0.1:{server.port}"

        def guarded(url: str, *actions: BrowserAction, **given: str) -> str:
            (step,) = tried(watching(url, journey(*actions), deadline_ms=DEADLINE_MS, **given), guard=Guard()).steps
            return step.reason

        assert "is an address of the monitor's own machine" in guarded(server.url, do("open", text="/"))
        named = {"connect_to": there}
        base = "http://antrean.example:8443"
        assert "a cloud's metadata service" in guarded(base, do("open", text="/pindah"), **named)
        looks = (do("open", text=f"/intip?port={inner.port}"), do("expect", "#x", "ditolak"))
        assert guarded(base, *looks, **named) == ""
        assert inner.connections == 0


def test_a_service_with_an_authority_of_its_own_is_trusted_by_it_alone_and_placed_where_the_toolkit_says(tmp_path):
    if not shutil.which("certutil"):
        pytest.skip("needs certutil")
    ours, others = Authority(tmp_path), Authority(tmp_path, "CA lain")
    with serving(loket, tls=ours.context("antrean.example")) as server:
        def asked(**given: str) -> str:
            (step,) = tried(watching(
                "https://antrean.example:8443", journey(*TAKE), deadline_ms=DEADLINE_MS, connect_to=f"127.0.0.1:{server.port}", **given,
            ), guard=Guard()).steps
            return step.reason

        assert asked(ca_pem=ours.pem) == ""
        assert "signed by no authority that is trusted" in asked(ca_pem=others.pem)
        assert "signed by no authority that is trusted" in asked()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_browser_that_crashes_or_stops_is_our_own_fault_and_the_monitor_goes_on(how, homes_):
    hit: list[int] = []

    def strike() -> None:
        ends = time.monotonic() + 20
        while not hit and time.monotonic() < ends:
            found = [pid for process in of_browsers(homes_) if (pid := chromium_pid(process))]
            if found and any(asked.path == "/" for asked in server.asked):
                os.kill(found[0], how)
                hit.append(found[0])
            time.sleep(0.05)

    with serving(loket) as server:
        striker = threading.Thread(target=strike)
        striker.start()
        began_s = time.monotonic()
        steps = journey(do("open", text="/"), do("expect", "", "tidak akan ada"), patience_ms=20_000)
        attempt = tried(watching(server.url, steps, deadline_ms=25_000))
        striker.join()
        assert hit
        assert attempt.fault != ""
        assert attempt.steps == ()
        assert time.monotonic() - began_s < 26
        assert tried(watching(server.url, journey(*TAKE), deadline_ms=DEADLINE_MS)).steps[0].reason == ""


def test_a_loop_that_ends_in_the_middle_leaves_no_browser_behind():
    with serving(loket) as server, pytest.raises(TimeoutError):
        asyncio.run(_given_up(server.url))


async def _given_up(url: str) -> None:
    from monitors.clock import LifeClock  # noqa: PLC0415
    from monitors.probes import other_kinds  # noqa: PLC0415
    from monitors.probes.coroutine import Desk  # noqa: PLC0415
    from monitors.probes.guard import ANYWHERE  # noqa: PLC0415
    from monitors.probes.transaction import TransactionProbe  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    target = watching(url, journey(do("open", text="/"), do("expect", "", "tidak"), patience_ms=30_000), deadline_ms=DEADLINE_MS)
    probe = TransactionProbe(other_kinds(Desk(loop, ANYWHERE)), loop, LifeClock())
    done: asyncio.Future[object] = loop.create_future()
    probe.prepare(target, target.transactions[0]).start(done.set_result)
    await asyncio.wait_for(done, 6)
