"""Servers that fail or mean harm, each with the reason in words, each beside a well-behaved twin that must pass.

A twin differs from the bad one in the one thing that is bad.
"""

from __future__ import annotations

import gzip
import re
import resource
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitors.core.model import AssertKind, Step, Try
from monitors.probes import http_session, raw_http
from tests.probing import expect, tried, watching
from tests.servers import (
    Answer,
    Asked,
    Authority,
    closed_port,
    flood,
    full_backlog,
    gzip_bomb,
    page,
    raw,
    redirect,
    reply,
    routes,
    serving,
    silent,
    trickle,
)

KIB = 1024
MIB = 1024 * KIB
OK = b"HTTP/1.1 200 OK\r\n"
LONG = OK + b"Content-Type: text/html\r\nContent-Length: 60000\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(kw_only=True)
class Case:
    bad: Answer
    good: Answer
    reason: str                          # what stands after `step 1 of 1 "buka": `, as a regular expression
    step: dict[str, object] = field(default_factory=dict)
    deadline_ms: int = 2000
    max_body_bytes: int = 64 * KIB


def cookie_wall(asked: Asked, connection) -> None:
    """Redirect to itself until the cookie that it sets comes back, as many sites do."""
    if "izin" in asked.cookies:
        connection.sendall(reply("<p>Selamat datang</p>"))
    else:
        connection.sendall(reply(status=302, headers={"Location": asked.path, "Set-Cookie": "izin=1; Path=/"}))


def many_headers(count: int) -> Answer:
    return raw(OK + b"".join(b"X-Isi-%d: %s\r\n" % (n, b"x" * 200) for n in range(count)) + b"Content-Length: 0\r\n\r\n")


def steps_to(last: int) -> Answer:
    table: dict[str, Answer] = {f"/{n}": redirect(f"/{n + 1}") for n in range(last)}
    return routes({"/": redirect("/1"), **table, f"/{last}": page()})


CASES = {
    "status 503": Case(
        bad=page("Layanan sibuk", status=503), good=page(), reason=r"expected status 2xx, got 503 after \d+ (ms|µs)",
    ),
    "error page with status 200": Case(
        bad=page("<h1>Terjadi kesalahan</h1>"), good=page("<h1>Ambil nomor</h1>"),
        step={"assertions": (expect(AssertKind.CONTAINS, "Ambil nomor"),)},
        reason=r'expected the text "Ambil nomor" in the body, did not find it after',
    ),
    "gambling links in a good page": Case(
        bad=page("<h1>Ambil nomor</h1><a>slot gacor</a>"), good=page("<h1>Ambil nomor</h1>"),
        step={"assertions": (expect(AssertKind.ABSENT, "slot gacor"),)},
        reason=r'expected the text "slot gacor" nowhere in the body, found it after',
    ),
    "silence after the request": Case(
        bad=silent, good=page(), deadline_ms=300,
        reason=r"timed out after \d+ ms while waiting for the first byte of the answer",
    ),
    "a header that never ends, one line at a time": Case(
        bad=trickle(OK, b"X-Lagi: ya\r\n"), good=many_headers(10), deadline_ms=300, reason=r"timed out after \d+ ms while reading",
    ),
    "a body one byte at a time": Case(
        bad=trickle(LONG, b"x"), good=page("x" * 100), deadline_ms=300,
        reason=r"timed out after \d+ ms while reading the answer, \d+ bytes read",
    ),
    "a body without end": Case(
        bad=flood(OK + b"Content-Type: text/html\r\n\r\n", b"x" * 8192), good=page("x" * 60 * KIB),
        reason=r"the body is larger than the 64 KiB allowed",
    ),
    "a chunked body without end": Case(
        bad=flood(CHUNKED, b"2000\r\n" + b"x" * 8192 + b"\r\n"), good=raw(CHUNKED + b"5\r\nhalo!\r\n0\r\n\r\n"),
        reason=r"the body is larger than the 64 KiB allowed",
    ),
    "a body that says it is too large": Case(
        bad=page("x" * 65 * KIB), good=page("x" * 64 * KIB), reason=r"the body is larger than the 64 KiB allowed",
    ),
    "a gzip bomb of 200 MB": Case(
        bad=gzip_bomb(200 * MIB), good=gzip_bomb(60 * KIB), reason=r"the body is larger than the 64 KiB allowed",
    ),
    "gzip in gzip in gzip": Case(
        bad=page(
            gzip.compress(gzip.compress(gzip.compress(b" " * 50 * MIB))), headers={"Content-Encoding": "gzip, gzip, gzip"},
        ),
        good=page(gzip.compress(gzip.compress(b" ")), headers={"Content-Encoding": "gzip, gzip"}),
        reason=r"the body is larger than the 64 KiB allowed",
    ),
    "a body that is not the gzip it says": Case(
        bad=page("bukan gzip", headers={"Content-Encoding": "gzip"}),
        good=page(zlib.compress(b"halo"), headers={"Content-Encoding": "deflate"}),
        reason=r"the body is not encoded as its header says",
    ),
    "a body cut short": Case(
        bad=raw(OK + b"Content-Length: 100\r\n\r\nhanya ini"), good=raw(OK + b"Content-Length: 9\r\n\r\nhanya ini"),
        reason=r"127\.0\.0\.1:\d+ closed the connection in the middle of the body, 9 bytes read",
    ),
    "chunks that are none": Case(
        bad=raw(CHUNKED + b"zz\r\nhalo\r\n"), good=raw(CHUNKED + b"4\r\nhalo\r\n0\r\n\r\n"),
        reason=r"the body comes in chunks, and the length of one is no number after",
    ),
    "a reset instead of an answer": Case(
        bad=raw(b"", reset=True), good=page(), reason=r"connection reset by 127\.0\.0\.1:\d+ while waiting for the first byte",
    ),
    "a reset in the middle of the body": Case(
        bad=raw(LONG + b"sebagian", reset=True), good=raw(OK + b"Content-Length: 8\r\n\r\nsebagian"),
        reason=r"connection reset by 127\.0\.0\.1:\d+ while reading the answer",
    ),
    "closed without an answer": Case(
        bad=raw(b""), good=page(), reason=r"127\.0\.0\.1:\d+ closed the connection without an answer",
    ),
    "another protocol's greeting": Case(
        bad=raw(b"220 mail.example ESMTP\r\n"), good=page(), reason=r"what 127\.0\.0\.1:\d+ answered is not HTTP",
    ),
    "a flood of headers": Case(
        bad=many_headers(5000), good=many_headers(100), reason=r"the answer's header is larger than 300 KiB after",
    ),
    "a redirect loop": Case(
        bad=routes({"/": redirect("/a"), "/a": redirect("/b"), "/b": redirect("/a")}), good=steps_to(2),
        step={"max_redirects": 10}, reason=r"redirected in a loop: http://\S+ -> \S+/a -> \S+/b -> \S+/a",
    ),
    "a redirect to itself": Case(
        bad=redirect("/"), good=cookie_wall, step={"max_redirects": 3}, reason=r"redirected in a loop: ",
    ),
    "more redirects than allowed": Case(
        bad=steps_to(4), good=steps_to(3), step={"max_redirects": 3}, reason=r"redirected more than 3 times: \S+ -> \S+ -> … -> ",
    ),
    "a redirect out of HTTP": Case(
        bad=redirect("ftp://127.0.0.1/berkas"), good=steps_to(1), step={"max_redirects": 3},
        reason=r'redirected to "ftp://127\.0\.0\.1/berkas"; only http and https are followed',
    ),
    "a redirect to a file": Case(
        bad=redirect("file:///etc/passwd"), good=steps_to(1), step={"max_redirects": 3},
        reason=r'redirected to "file:///etc/passwd"; only http and https are followed',
    ),
    "a redirect that is not allowed at all": Case(
        bad=redirect("/masuk"), good=page(), reason=r"expected status 2xx, got 302 after",
    ),
}


def reason_of(attempt: Try) -> str:
    assert attempt.fault == ""
    assert attempt.failed_step is not None, "the step passed"
    return attempt.failed_step.reason


def ask(url: str, case: Case) -> Try:
    step = Step(name="buka", **case.step)    # type: ignore[arg-type]
    return tried(watching(url, step, deadline_ms=case.deadline_ms, max_body_bytes=case.max_body_bytes))


@pytest.mark.parametrize("name", CASES)
def test_a_bad_server_fails_with_its_reason_and_its_good_twin_passes(name: str):
    case = CASES[name]
    with ExitStack() as stack:
        bad, good = stack.enter_context(serving(case.bad)), stack.enter_context(serving(case.good))
        failed, passed = ask(bad.url, case), ask(good.url, case)
    assert re.match(rf'step 1 of 1 "buka": {case.reason}', reason_of(failed)), reason_of(failed)
    assert passed.failed_step is None, reason_of(passed)
    # a try ends at its deadline, whatever the server does; 1 s is for a machine that is busy, not for the engine
    assert failed.duration_us < (case.deadline_ms + 1000) * 1000


def test_a_closed_port_is_refused():
    with closed_port() as port:
        reason = reason_of(tried(watching(f"http://127.0.0.1:{port}")))
    assert reason.startswith(f'step 1 of 1 "buka": connection refused by 127.0.0.1:{port} after ')


def test_a_port_that_never_answers_times_out_while_connecting():
    with full_backlog() as port:
        attempt = tried(watching(f"http://127.0.0.1:{port}", deadline_ms=300))
    assert reason_of(attempt).endswith("while connecting")
    assert attempt.steps[0].phases.connect_us > 290_000


def test_a_name_that_does_not_exist_is_told_as_such():
    attempt = tried(watching("http://tidak.ada.invalid"))
    assert "the name tidak.ada.invalid could not be resolved after" in reason_of(attempt)


CERTIFICATES: dict[str, tuple[dict[str, object], str]] = {
    "expired": ({"begins_days": -9, "ends_days": -1}, "has expired"),
    "not yet valid": ({"begins_days": 1, "ends_days": 9}, "is not yet valid"),
    "self-signed": ({"self_signed": True}, "is self-signed"),
    "for another host": ({"host": "lain.example"}, "is for another host than"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_bad_certificate_fails_with_its_fault_and_a_good_one_passes(name: str, tmp_path: Path):
    given, reason = CERTIFICATES[name]
    authority = Authority(tmp_path)
    make: Callable[..., object] = authority.context
    with serving(page(), tls=make(**given)) as bad, serving(page(), tls=authority.context()) as good:  # type: ignore[arg-type]
        failed = tried(watching(bad.url, ca_pem=authority.pem))
        passed = tried(watching(good.url, ca_pem=authority.pem))
    assert reason in reason_of(failed), reason_of(failed)
    assert failed.steps[0].phases.tls_us > 0
    assert passed.failed_step is None, reason_of(passed)
    assert bad.asked == [], "a request was sent to a server that was not trusted"


def test_a_target_s_own_authority_is_trusted_by_it_alone(tmp_path: Path):
    ours, theirs = Authority(tmp_path, "CA kami"), Authority(tmp_path, "CA mereka")
    with serving(page(), tls=ours.context()) as server:
        known, foreign = watching(server.url, ca_pem=ours.pem), watching(server.url, ca_pem=theirs.pem)
        system = watching(server.url)
        results = [tried(target) for target in (known, foreign, known, system)]
    assert [result.failed_step is None for result in results] == [True, False, True, False]
    for result in (results[1], results[3]):
        assert "is signed by an authority that is not trusted" in reason_of(result)


def test_plain_http_on_a_tls_port_and_tls_on_a_plain_one(tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page(status=400), is_first=True) as plain:
        reason = reason_of(tried(watching(plain.url.replace("http:", "https:"), ca_pem=authority.pem)))
    assert "the server does not speak TLS on this port" in reason
    with serving(page(), tls=authority.context()) as secure:
        attempt = tried(watching(secure.url.replace("https:", "http:")))
    assert attempt.failed_step is not None


def test_authorities_that_cannot_be_read_are_our_fault_and_not_the_service_s(tmp_path: Path):
    with serving(page(), tls=Authority(tmp_path).context()) as server:
        attempt = tried(watching(server.url, ca_pem="ini bukan sertifikat"))
    assert attempt.fault.startswith('step 1 of 1 "buka": the monitor could not make the request: ')
    assert attempt.steps == ()


@pytest.mark.parametrize(("asks", "by", "is_raw"), [
    (http_session.HttpSession, "send", False), (raw_http.RawEngine, "begin", True),
], ids=["curl", "raw"])
def test_a_monitor_without_file_descriptors_says_so_and_blames_no_service(asks: type, by: str, is_raw: bool):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with serving(page()) as server:
        target = watching(server.url)
        original = getattr(asks, by)

        def starved(*args, **kwargs):
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
            return original(*args, **kwargs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asks, by, starved)
            try:
                attempt = tried(target, is_raw=is_raw)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "no file descriptors left" in attempt.fault


def test_what_a_step_sends_on_purpose_stays_with_its_host():
    with serving(page(), host="127.0.0.2") as other, serving(page()) as same_host_other_port, \
            serving(routes({"/": redirect(""), "/jauh": page()})) as _:
        for elsewhere in (other, same_host_other_port):
            answer = routes({"/": redirect(elsewhere.url + "/tujuan", status=302)})
            with serving(answer) as server:
                headers = (("Authorization", "Bearer rahasia"), ("X-Kunci", "rahasia"), ("Cookie", "a=rahasia"))
                attempt = tried(watching(server.url, Step(name="buka", headers=headers, max_redirects=3)))
            assert attempt.failed_step is None, reason_of(attempt)
            assert server.asked[0].headers["authorization"] == "Bearer rahasia"
            assert "rahasia" not in str(elsewhere.asked[0].headers)
            assert elsewhere.asked[0].headers["x-siaga24-synthetic"] == "1"


def test_a_form_is_not_carried_to_another_host_but_within_one_it_is():
    step = Step(name="kirim", method="POST", url="/kirim", form=(("nik", "3273"),), max_redirects=3)
    with serving(page(), host="127.0.0.2") as other:
        with serving(routes({"/kirim": redirect(other.url + "/", status=307)})) as server:
            reason = reason_of(tried(watching(server.url, step)))
        assert other.asked == []
    assert "redirected to " + other.url.removeprefix("http://") + " with what was sent; it is not sent to another host" in reason
    with serving(routes({"/kirim": redirect("/baru", status=307), "/baru": page()})) as server:
        assert tried(watching(server.url, step)).failed_step is None
    assert (server.asked[1].method, server.asked[1].form) == ("POST", {"nik": "3273"})


def test_after_a_post_a_303_is_followed_by_a_get_without_the_form():
    step = Step(name="kirim", method="POST", url="/kirim", form=(("nik", "3273"),), max_redirects=1)
    with serving(routes({"/kirim": redirect("/hasil", status=303), "/hasil": page()})) as server:
        attempt = tried(watching(server.url, step))
    assert attempt.failed_step is None
    assert [(asked.method, asked.path, asked.body) for asked in server.asked] == [
        ("POST", "/kirim", "nik=3273"), ("GET", "/hasil", ""),
    ]
    assert "content-type" not in server.asked[1].headers
