"""A journey in Chromium, driven by Playwright, in a process of its own (``browser_process.py``).

Playwright's own browsers are not used. A fresh browser with an empty home for each journey: no cookie is left.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Error, Page, async_playwright

from monitors.core.errors import ProbeFault
from monitors.core.requests import BrowserDo
from monitors.probes.browser_found import Found
from monitors.probes.browser_home import environment, trust
from monitors.probes.browser_proxy import WayOut
from monitors.probes.browser_words import loading_problem, shortened
from monitors.probes.evidence import BODY_BYTES
from monitors.probes.fill import FillError, Template, authored_url, in_css, in_url, plain
from monitors.probes.guard import ANYWHERE, Guard

if TYPE_CHECKING:
    from playwright.async_api import Browser

MAX_BYTES = 64 * 1024 * 1024             # that the pages of one journey may send
PICTURE_BYTES = 100_000
QUALITIES = (60, 35, 15)
REST_S = 2.5                             # kept at the end for the picture and the answer
OWN_CHANGE = ("ERR_NETWORK_CHANGED", "ERR_CERT_DATABASE_CHANGED")        # Chromium noticed its new authorities
POLL_S = 0.1
LIFE_S = 1.0                             # for a sign of life of the browser
NOTICE_S = 0.2                           # until an end of the browser is noticed
ARGUMENTS = (
    "--proxy-bypass-list=<-loopback>",   # not even this machine is reached beside the proxy
    "--disable-quic", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-background-networking",
)


class Failed(Exception):  # noqa: N818 - a result
    """The service failed, in words."""


async def travel(job: dict[str, Any]) -> Found:
    """Do the journey. Never raises for what the service or the browser does."""
    loop = asyncio.get_running_loop()
    found, began_s = Found(), loop.time()
    rules = job["guard"]
    service = urlsplit(job["base_url"])
    way = WayOut(
        loop, ANYWHERE if rules is None else Guard(*rules), placed=_place(job["connect_to"]), max_bytes=MAX_BYTES,
        service=((service.hostname or "").lower(), service.port or {"https": 443}.get(service.scheme, 80)),
    )
    try:
        port = await way.open()
        if job["ca_pem"]:
            await loop.run_in_executor(None, trust, job["home"], job["ca_pem"])
        # nothing is closed with care afterwards: all processes are ended, and the home is removed
        playwright = await async_playwright().start()
        try:
            browser = await playwright.chromium.launch(
                executable_path=job["chromium"], chromium_sandbox=job["sandbox"], env=environment(job["home"]),
                args=[*ARGUMENTS, f"--proxy-server=socks5://127.0.0.1:{port}"],
                timeout=1000 * max(0.001, job["ends_s"] - loop.time()),
            )
        except Error as exc:
            found.fault = f"Chromium did not start: {shortened(exc.message)}"
            return found
        found.start_us = int((loop.time() - began_s) * 1e6)
        await _Visit(job, way, browser, found).run()
    except ProbeFault as exc:
        found.fault = str(exc)
    except Error as exc:
        found.fault = f"the browser failed: {shortened(exc.message)}"
    return found


class _Visit:
    """One journey with a browser that runs."""

    def __init__(self, job: dict[str, Any], way: WayOut, browser: Browser, found: Found) -> None:
        self.job, self.way, self.browser, self.found = job, way, browser, found
        self.loop = asyncio.get_running_loop()
        left_s = job["ends_s"] - self.loop.time()
        self.ends_s: float = job["ends_s"] - min(REST_S, left_s / 4)
        self.saved: dict[str, str] = dict(job["saved"])
        self.ended = ""
        self.doing = "opening a window"

    async def run(self) -> None:
        began_s = self.loop.time()
        major = self.browser.version.partition(".")[0]
        context = await self.browser.new_context(
            viewport={"width": self.job["width"], "height": self.job["height"]}, accept_downloads=False,
            service_workers="block", locale="id-ID", timezone_id=self.job["time_zone"],
            user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"Chrome/{major}.0.0.0 Safari/537.36 siaga24-synthetic",
        )
        page = await context.new_page()
        page.on("crash", lambda _: self._lost("the page's process in Chromium crashed"))
        try:
            async with asyncio.timeout_at(self.ends_s):
                await self._act_all(page)
        except TimeoutError:
            self.found.ran_out = True
            self.found.problem = f"timed out while {self.doing}"
        except (Failed, FillError) as exc:
            self.found.problem = f"{self.doing}: {exc}"
        except ProbeFault as exc:
            self.found.fault = str(exc)
        except Error as exc:
            self.found.problem = f"{self.doing}: {shortened(exc.message)}"
            await asyncio.sleep(NOTICE_S)
        self.found.rest_us = int((self.loop.time() - began_s) * 1e6) - self.found.open_us
        if self.way.is_flooded:
            self.found.problem = f"{self.doing}: the pages sent more than {MAX_BYTES >> 20} MiB"
        if self.found.problem and not self.ended:
            await self._look_at_browser()
        if self.ended and self.found.problem:
            self.found.problem, self.found.fault = "", self.ended
        self.found.address = self.way.address
        if self.found.problem:
            await self._keep(page)

    async def _look_at_browser(self) -> None:
        """Ask the browser itself for a sign of life: only one that works may blame a page."""
        try:
            async with asyncio.timeout(LIFE_S):
                session = await self.browser.new_browser_cdp_session()
                await session.send("Browser.getVersion")
        except TimeoutError:
            self._lost("Chromium gave no sign of life")
        except Error:
            self._lost("Chromium ended in the middle of the journey")

    def _lost(self, why: str) -> None:
        self.ended = self.ended or why

    async def _act_all(self, page: Page) -> None:
        actions = self.job["actions"]
        for number, (do, selector, text) in enumerate(actions, 1):
            about = shortened(selector if do in (BrowserDo.WAIT, BrowserDo.SAVE) else text or selector, 60)
            where = f" in {shortened(selector, 60)}" if do == BrowserDo.EXPECT and selector and text else ""
            if do == BrowserDo.FILL:
                about, where = shortened(selector, 60), ""       # what is typed is not told
            self.doing = f'action {number} of {len(actions)}, {do} "{about}"{where}'
            await self._act(page, BrowserDo(do), self._selector(selector), text)

    def _selector(self, selector: str) -> str:
        if selector.startswith("text="):
            return Template(selector).fill(self.saved, plain)
        return f"css={Template(selector).fill(self.saved, in_css)}" if selector else ""

    async def _act(self, page: Page, do: BrowserDo, selector: str, text: str) -> None:
        if do is BrowserDo.OPEN:
            await self._open(page, Template(text).fill(self.saved, in_url, authored_url))
        elif do is BrowserDo.EXPECT and text:
            await self._expect(page, selector, Template(text).fill(self.saved, plain))
        else:
            await self._use(page, do, selector, text)

    async def _open(self, page: Page, url: str) -> None:
        began_s = self.loop.time()
        whole = urljoin(self.job["base_url"], url)
        for last in (False, False, True):
            try:
                response = await page.goto(whole, wait_until="domcontentloaded", timeout=0)
            except Error as exc:
                if any(code in exc.message for code in OWN_CHANGE) and not last:
                    continue
                raise self._loading(exc.message) from None
            finally:
                self.found.open_us += int((self.loop.time() - began_s) * 1e6)
                began_s = self.loop.time()
            break
        if response is not None:
            self.found.status = response.status
            if not 200 <= response.status <= 299:
                raise Failed(f"expected status 2xx, got {response.status}")

    def _loading(self, message: str) -> Exception:
        """Say why a page did not load: the proxy knows best."""
        if self.ended:
            return ProbeFault(self.ended)
        if "ERR_SOCKS" in message or "ERR_PROXY" in message:
            # the newest failures last
            for said, kind in ((self.way.faults, ProbeFault), (self.way.why, Failed)):
                if said:
                    return kind(list(said.values())[-1])
        return Failed(loading_problem(message))

    async def _expect(self, page: Page, selector: str, text: str) -> None:
        shown = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._patient()):
                while True:
                    texts = await page.locator(selector or "css=body").filter(visible=True).all_inner_texts()
                    shown = texts[0] if texts else ""
                    if any(text in one for one in texts):
                        return
                    await asyncio.sleep(POLL_S)
        self._in_time()
        if selector and not shown:
            raise Failed("nothing to be seen there")
        raise Failed(f'not to be seen; there is "{shortened(shown, 80)}"' if shown else "the page is empty")

    async def _use(self, page: Page, do: BrowserDo, selector: str, text: str) -> None:
        place = page.locator(selector).first
        try:
            async with asyncio.timeout_at(self._patient()):
                if do is BrowserDo.FILL:
                    await place.fill(Template(text).fill(self.saved, plain), timeout=0)
                elif do is BrowserDo.CLICK:
                    await place.click(timeout=0)
                else:
                    await place.wait_for(state="visible", timeout=0)
                if do is BrowserDo.SAVE:
                    self.saved[text] = self.found.saved[text] = (await place.inner_text()).strip()
        except TimeoutError:
            self._in_time()
            what = {BrowserDo.FILL: "no field that can be filled", BrowserDo.CLICK: "nothing that can be clicked"}
            waited_s = self.job["patience_ms"] / 1000
            raise Failed(f"{what.get(do, 'nothing to be seen')} after {waited_s:g} s") from None

    def _patient(self) -> float:
        patience_s: float = self.job["patience_ms"] / 1000
        return min(self.ends_s, self.loop.time() + patience_s)

    def _in_time(self) -> None:
        """Raise TimeoutError where it was the journey's own time that was over."""
        if self.loop.time() >= self.ends_s - 0.01:
            raise TimeoutError

    async def _keep(self, page: Page) -> None:
        """Keep what tells of a failure, as far as time and the page allow."""
        self.found.url = page.url
        self.found.unreached = list(self.way.why.values())[:10]
        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout_at(self.job["ends_s"] - 0.3):
                self.found.picture = await _picture(page)
                self.found.text = (await page.locator("css=body").inner_text(timeout=0))[: 2 * BODY_BYTES]


async def _picture(page: Page) -> str:
    for quality in QUALITIES:
        taken = await page.screenshot(type="jpeg", quality=quality, timeout=0, animations="disabled", scale="css")
        if len(taken) <= PICTURE_BYTES:
            return base64.b64encode(taken).decode()
    return ""


def _place(connect_to: str) -> tuple[str, int] | None:
    host, _, port = connect_to.rpartition(":")
    return (host.strip("[]"), int(port)) if host else None
