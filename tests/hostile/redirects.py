"""Servers that send the citizen elsewhere: in a loop, too far, out of HTTP, or to another host with what was meant for this one."""

from __future__ import annotations

from monitors.core.model import AssertKind, Step
from tests.hostile.case import Case
from tests.hostile.stage import Client, http
from tests.hostile.talks import answer, name_of, page, redirect, routed
from tests.probing import expect

PLACE = r"http://127\.0\.0\.1:\d+"


def follows(most: int = 3, **given: object) -> tuple[Step, ...]:
    """Build the one step that follows so many redirects."""
    return (Step(name="buka", max_redirects=most, **given),)  # type: ignore[arg-type]


def steps_to(last: int) -> dict[str, bytes]:
    """Make pages that lead from ``/`` to ``/{last}`` one by one."""
    return {"home": redirect("/1"), **{str(n): redirect(f"/{n + 1}") for n in range(1, last)}, str(last): answer()}


async def ever_deeper(client: Client) -> None:
    """Redirect to a new address each time."""
    number = 0
    while await client.request():
        number += 1
        await client.send(redirect(f"/ruang/{number}"))


async def cookie_wall(client: Client) -> None:
    """Redirect to itself until the cookie that it sets comes back, as many sites do."""
    while asked := await client.request():
        has_it = "izin=1" in asked.headers.get("cookie", "")
        await client.send(answer() if has_it else redirect("/", Set_Cookie="izin=1; Path=/"))


async def to_the_neighbour(client: Client) -> None:
    """Send everybody to another host, keeping method and body."""
    while await client.request():
        await client.send(redirect(f"{client.stage.neighbour.url}/tujuan", status=307))


async def within_one_host(client: Client) -> None:
    """Send everybody to another page of this host, keeping method and body; it wants the key that it was given."""
    while asked := await client.request():
        is_known = asked.headers.get("authorization") == "Bearer rahasia"
        if name_of(asked) == "tujuan":
            await client.send(answer(status=200 if is_known or asked.body else 401))
        else:
            await client.send(redirect("/tujuan", status=307))


HOSTS_KEY = (("Authorization", "Bearer rahasia"), ("Cookie", "sesi=rahasia"), ("X-Kunci", "rahasia"))

CASES = (
    Case(
        name="redirect loop", bad=http(routed(home=redirect("/a"), a=redirect("/b"), b=redirect("/a"))),
        good=http(routed(**steps_to(2))), steps=follows(10),
        reason=rf"redirected in a loop: {PLACE}/ -> {PLACE}/a -> {PLACE}/b -> {PLACE}/a",
    ),
    Case(
        name="redirect to itself", bad=http(page("", status=302, Location="/")), good=http(cookie_wall), steps=follows(),
        reason=rf"redirected in a loop: {PLACE}/ -> {PLACE}/",
    ),
    Case(
        name="too many hops", bad=http(routed(**steps_to(4))), good=http(routed(**steps_to(3))), steps=follows(),
        reason=rf"redirected more than 3 times: {PLACE}/ -> {PLACE}/1 -> … -> {PLACE}/3 -> {PLACE}/4",
    ),
    Case(
        name="redirects without end", bad=http(ever_deeper), good=http(routed(**steps_to(10))), steps=follows(20),
        reason=rf"redirected more than 20 times: {PLACE}/ -> {PLACE}/ruang/1 -> … -> {PLACE}/ruang/20 -> {PLACE}/ruang/21",
    ),
    Case(
        name="redirect that is not followed", bad=http(page("", status=302, Location="/masuk")), good=http(page()),
        reason=r"expected status 2xx, got 302 after .*",
    ),
    Case(
        name="redirect without Location", bad=http(page("", status=302)), good=http(routed(**steps_to(1))), steps=follows(),
        reason=r"expected status 2xx, got 302, which names no place to go to, after .*",
    ),
    Case(
        name="redirect to what is no address", bad=http(page("", status=302, Location="http://[::1")), good=http(routed(**steps_to(1))),
        steps=follows(), reason=r'redirected to "http://\[::1", which is not an address',
    ),
    Case(
        name="redirect out of HTTP", bad=http(page("", status=302, Location="ftp://127.0.0.1/berkas")),
        good=http(routed(**steps_to(1))), steps=follows(),
        reason=r'redirected to "ftp://127\.0\.0\.1/berkas"; only http and https are followed',
    ),
    Case(
        name="redirect to a file", bad=http(page("", status=302, Location="file:///etc/passwd")), good=http(routed(**steps_to(1))),
        steps=follows(), reason=r'redirected to "file:///etc/passwd"; only http and https are followed',
    ),
    Case(
        name="redirect to gopher", bad=http(page("", status=302, Location="gopher://127.0.0.1:6379/_FLUSHALL")),
        good=http(routed(**steps_to(1))), steps=follows(),
        reason=r'redirected to "gopher://127\.0\.0\.1:6379/_FLUSHALL"; only http and https are followed',
    ),
    Case(
        name="redirect to another address of this machine", bad=http(page("", status=302, Location="http://127.0.0.2/admin")),
        good=http(routed(**steps_to(1))), steps=follows(),
        reason=r"127\.0\.0\.2 is an address of the monitor's own machine, where the monitor does not connect; if it is meant, .*",
    ),
    Case(
        name="redirect to a cloud's metadata", bad=http(page("", status=302, Location="http://169.254.169.254/latest/meta-data/")),
        good=http(routed(**steps_to(1))), steps=follows(),
        reason=r"169\.254\.169\.254 is the address of a cloud's metadata service, where the monitor does not connect; .*",
    ),
    Case(
        name="redirect with a key to another host", bad=http(to_the_neighbour), good=http(within_one_host),
        steps=follows(headers=HOSTS_KEY), reason=r"expected status 2xx, got 401 after .*",
    ),
    Case(
        name="redirect with a form to another host", bad=http(to_the_neighbour), good=http(within_one_host),
        steps=follows(method="POST", form=(("nik", "rahasia"),)),
        reason=r"redirected to 127\.0\.0\.1:\d+ with what was sent; it is not sent to another host",
    ),
    Case(
        name="redirect to a page of another service", bad=http(to_the_neighbour), good=http(page()),
        steps=follows(assertions=(expect(AssertKind.CONTAINS, "Ambil nomor"),)),
        reason=r"expected status 2xx, got 401 after .*",
    ),
)
