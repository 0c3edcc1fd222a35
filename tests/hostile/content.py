"""Servers that answer 200 with something else than the service, and pages made to harm whoever reads them."""

from __future__ import annotations

from monitors.core.model import AssertKind, SaveKind, Step, Verdict
from tests.hostile.case import Case
from tests.hostile.stage import Client, http
from tests.hostile.talks import PAGE, answer, page
from tests.probing import expect, save

JSON = "application/json"
SAYS = 'expected the text "{}" in the body, did not find it'


def wants(*claims: object, **given: object) -> tuple[Step, ...]:
    """Build the one step that makes these claims."""
    return (Step(name="buka", assertions=claims, **given),)  # type: ignore[arg-type]


CONTAINS = wants(expect(AssertKind.CONTAINS, "Ambil nomor"))
STATUS_OK = wants(expect(AssertKind.JSON, "ok", "$.status"))
HAS_NUMBER = wants(expect(AssertKind.CSS, "A-7", "b.nomor"))
NUMBER = "<b class=nomor>A-7</b>"
PADDING = "<!-- " + "x" * 5000 + " -->"


async def only_head_works(client: Client) -> None:
    """Answer HEAD with 200 and everything else with 503."""
    while asked := await client.request():
        await client.send(answer("", status=200) if asked.method == "HEAD" else answer("Gangguan", status=503))


async def only_get_works(client: Client) -> None:
    """Answer GET with 200 and HEAD with 405."""
    while asked := await client.request():
        await client.send(answer(status=200) if asked.method == "GET" else answer("", status=405))


async def says_its_length_to_head(client: Client) -> None:
    """Answer HEAD as GET without the body, as it should be."""
    while asked := await client.request():
        whole = answer()
        await client.send(whole if asked.method == "GET" else whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


CASES = (
    Case(
        name="status 503", bad=http(page("Sibuk", status=503)), good=http(page()), reason=r"expected status 2xx, got 503 after .*",
    ),
    Case(
        name="200 with an error page", bad=http(page("<h1>Terjadi kesalahan</h1>")), good=http(page()), steps=CONTAINS,
        reason=SAYS.format("Ambil nomor") + " after .*",
    ),
    Case(name="200 with an empty page", bad=http(page("")), good=http(page()), steps=CONTAINS, reason=SAYS.format("Ambil nomor") + " after .*"),
    Case(
        name="gambling links in a good page", bad=http(page(PAGE + "<a>slot gacor</a>")), good=http(page()),
        steps=wants(expect(AssertKind.CONTAINS, "Ambil nomor"), expect(AssertKind.ABSENT, "slot gacor")),
        reason=r'expected the text "slot gacor" nowhere in the body, found it after .*',
    ),
    Case(
        name="HEAD works and GET does not", bad=http(only_head_works), good=http(says_its_length_to_head),
        reason=r"expected status 2xx, got 503 after .*",
    ),
    Case(
        name="GET works and HEAD does not", bad=http(only_get_works), good=http(says_its_length_to_head),
        steps=(Step(name="buka", method="HEAD"),), reason=r"expected status 2xx, got 405 after .*",
    ),
    Case(
        name="wrong character set", bad=http(page("Layanan prioritas, Aceh é".encode("cp1252"))),
        good=http(page("Layanan prioritas, Aceh é")), steps=wants(expect(AssertKind.CONTAINS, "Aceh é")),
        reason=SAYS.format("Aceh é") + "; \\d+ of its \\d+ characters cannot be read, its character set is another one after .*",
    ),
    Case(
        name="a character set that does not exist", bad=http(page("Aceh é".encode("utf-16"), kind="text/html; charset=rot13")),
        good=http(page("Aceh é".encode("utf-16"), kind="text/html; charset=utf-16")),
        steps=wants(expect(AssertKind.CONTAINS, "Aceh é")), reason=SAYS.format("Aceh é") + "; \\d+ of its \\d+ characters cannot be read, its character set is another one after .*",
    ),
    Case(
        name="bytes that are no text", bad=http(page(bytes(range(256)) * 16)), good=http(page(bytes(range(256)) * 16 + PAGE.encode())),
        steps=CONTAINS, reason=SAYS.format("Ambil nomor") + "; \\d+ of its \\d+ characters cannot be read, its character set is another one after .*",
    ),
    Case(
        name="a UTF-16 page that says UTF-8", bad=http(page(PAGE.encode("utf-16-le"))),
        good=http(page(PAGE.encode("utf-16-le"), kind="text/html; charset=utf-16le")), steps=CONTAINS, reason=SAYS.format("Ambil nomor") + " after .*",
    ),
    Case(
        name="JSON under another type", bad=http(page('{"status": "ok"}', kind="text/html")),
        good=http(page('{"status": "ok"}', kind=JSON)),
        steps=wants(expect(AssertKind.HEADER, JSON, "Content-Type"), *STATUS_OK[0].assertions),
        reason=r'expected the header Content-Type to contain "application/json", got "text/html" after .*',
    ),
    Case(
        name="an HTML page where JSON is due", bad=http(page("<html><h1>Login</h1>", kind=JSON)), good=http(page('{"status": "ok"}', kind=JSON)),
        steps=STATUS_OK, reason=r'the body is not JSON: it begins with "<html><h1>Login</h1>" after .*',
    ),
    Case(
        name="JSON cut short", bad=http(page('{"status": "ok"', kind=JSON)), good=http(page('{"status": "ok"}', kind=JSON)),
        steps=STATUS_OK, reason=r"the body is not JSON: it ends too early after .*",
    ),
    Case(
        name="JSON nested too deep", bad=http(page('{"a":' * 20_000 + "1" + "}" * 20_000, kind=JSON)),
        good=http(page('{"a":' * 50 + '{"status":"ok"}' + "}" * 50, kind=JSON)),
        steps=wants(expect(AssertKind.JSON, "ok", "$..status")), max_body_bytes=1 << 20,
        reason=r"the body is JSON nested too deep to be read after .*",
    ),
    Case(
        name="a number without end in JSON", bad=http(page('{"status": ' + "9" * 60_000 + "}", kind=JSON)),
        good=http(page('{"status": ' + "9" * 40 + "}", kind=JSON)),
        steps=wants(expect(AssertKind.JSON, "9" * 40, "$.status")), reason=r'expected \$\.status to be "9{40}", got "9+…" after .*',
    ),
    Case(
        name="HTML nested too deep", bad=http(page("<div>" * 200_000 + NUMBER)), good=http(page("<div>" * 200 + PADDING + NUMBER)),
        steps=HAS_NUMBER, max_body_bytes=2 << 20,
        reason=r"reading the page needs more than 0\.5 s of computing or 256 MB of memory after .*",
    ),
    Case(
        name="HTML that grows when it is read", bad=http(page("".join(f"<font a{n}><p>" for n in range(5_000)))),
        good=http(page("".join(f"<font a{n}><p>" for n in range(50)) + PADDING + NUMBER)), steps=HAS_NUMBER, max_body_bytes=1 << 20,
        reason=r"reading the page needs more than 0\.5 s of computing or 256 MB of memory after .*",
    ),
    Case(
        # the pattern is the author's: the page is not to be blamed for it
        name="a page on which a pattern runs away", bad=http(page(PADDING + "x" * 5000)), good=http(page("xxxy")),
        steps=wants(expect(AssertKind.MATCHES, "(x+x+)+y")), verdict=Verdict.UNKNOWN, failed_step="",
        reason=r'the pattern "\(x\+x\+\)\+y" takes too long on this body; write it without nested repetition',
    ),
    Case(
        name="a small page on which a pattern runs away", bad=http(page("x" * 2000)), good=http(page("xxxy")),
        steps=wants(expect(AssertKind.MATCHES, "(x+x+)+y")), verdict=Verdict.UNKNOWN, failed_step="",
        reason=r'the pattern "\(x\+x\+\)\+y" takes too long on this body; write it without nested repetition',
    ),
    Case(
        name="a value that would become a header", bad=http(page('{"v": "aman\\r\\nX-Sisipan: ya"}')), good=http(page('{"v": "aman"}')),
        steps=(
            Step(name="buka", saves=(save("v", SaveKind.JSON, "$.v"),)), Step(name="pakai", headers=(("X-Nilai", "${v}"),)),
        ),
        failed_step="pakai", reason=r'the saved value "v" holds a line break or another control character, which a header cannot carry',
    ),
    Case(
        name="a value as long as a book", bad=http(page(f"<i>{'x' * 70_000}</i>")), good=http(page(f"<i>{'x' * 7_000}</i>")),
        steps=(Step(name="buka", saves=(save("v", SaveKind.CSS, "i"),)),), max_body_bytes=1 << 20,
        reason=r'could not save "v": the value is 70000 characters long, more than 65536 after .*',
    ),
)
