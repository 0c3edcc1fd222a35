"""Whole tries: forms with tokens and cookies, values saved in every way, claims of every kind."""

from __future__ import annotations

import gc
import json
import re
import time

import pytest

from monitors.core.model import AssertKind, SaveKind, Step, Try
from tests.probing import expect, save, tried, watching
from tests.servers import Answer, Asked, Server, page, redirect, reply, routes, serving

FORM = '<form id="ambil"><input type="hidden" name="csrf" value="t/k+n &quot;1&quot;"></form>'
BIG = "<!-- " + "x" * 8000 + " -->"      # too large to be read where it is: goes to the reader's process


def counter() -> Answer:
    """Serve a little front office: a form with a token bound to a cookie, a number for who sends both, its status."""
    def office(asked: Asked, connection) -> None:
        if asked.path == "/":
            connection.sendall(reply(FORM, headers={"Set-Cookie": "sesi=abc; Path=/; HttpOnly"}))
        elif asked.path == "/antrean" and asked.cookies.get("sesi") == "abc" and asked.form.get("csrf") == 't/k+n "1"':
            connection.sendall(reply(status=303, headers={"Location": "/tiket?no=A-007"}))
        elif asked.path == "/tiket?no=A-007":
            connection.sendall(reply('<p data-tiket="A-007">Nomor <b>A-007</b></p>'))
        elif asked.path == "/api/antrean/A-007":
            connection.sendall(reply('{"nomor": "A-007", "status": "menunggu"}', kind="application/json"))
        else:
            connection.sendall(reply("ditolak", status=403))
    return office


JOURNEY = (
    Step(
        name="buka halaman", assertions=(expect(AssertKind.CSS, name="form#ambil"),),
        saves=(save("csrf", SaveKind.CSS, "input[name=csrf]", "value"),),
    ),
    Step(
        name="ambil nomor", method="POST", url="/antrean", form=(("csrf", "${csrf}"), ("layanan", "KTP & KK")),
        max_redirects=3, assertions=(expect(AssertKind.MATCHES, r"[A-Z]-\d{3}"),),
        saves=(save("tiket", SaveKind.CSS, "[data-tiket]", "data-tiket"),),
    ),
    Step(
        name="baca status", url="/api/antrean/${tiket}", headers=(("X-Tiket", "${tiket}"),),
        assertions=(expect(AssertKind.JSON, "menunggu", "$.status"), expect(AssertKind.JSON, "${tiket}", "$.nomor")),
    ),
)


def test_a_citizen_s_journey_carries_token_and_cookie_from_step_to_step():
    with serving(counter()) as server:
        attempt = tried(watching(server.url, *JOURNEY))
    assert [(step.name, step.passed, step.reason) for step in attempt.steps] == [(step.name, True, "") for step in JOURNEY]
    assert [asked.path for asked in server.asked] == ["/", "/antrean", "/tiket?no=A-007", "/api/antrean/A-007"]
    assert server.asked[1].form == {"csrf": 't/k+n "1"', "layanan": "KTP & KK"}
    assert server.asked[3].headers["x-tiket"] == "A-007"


def test_a_failing_step_is_named_and_ends_the_try():
    broken = Step(name="ambil nomor", method="POST", url="/antrean", form=(("csrf", "salah"),))
    with serving(counter()) as server:
        attempt = tried(watching(server.url, JOURNEY[0], broken, JOURNEY[2]))
    assert [step.passed for step in attempt.steps] == [True, False]
    assert attempt.failed_step is not None
    assert attempt.failed_step.reason.startswith('step 2 of 3 "ambil nomor": expected status 2xx, got 403 after ')


def test_a_step_that_may_fail_does_not_end_the_try():
    optional = Step(name="iklan", url="/iklan", critical=False)
    with serving(routes({"/": page()})) as server:
        attempt = tried(watching(server.url, optional, Step(name="buka")))
    assert [(step.passed, step.critical) for step in attempt.steps] == [(False, False), (True, True)]
    assert attempt.failed_step is None


def test_a_value_that_an_optional_step_did_not_save_fails_the_step_that_needs_it():
    optional = Step(name="satu", critical=False, saves=(save("x", SaveKind.CSS, "#tidak-ada"),))
    with serving(page()) as server:
        attempt = tried(watching(server.url, optional, Step(name="dua", url="/${x}")))
    assert attempt.steps[0].reason.startswith('step 1 of 2 "satu": could not save "x": nothing is at #tidak-ada after ')
    assert attempt.steps[1].reason == 'step 2 of 2 "dua": no value "x" was saved by an earlier step'
    assert len(server.asked) == 1


def second_step(first: Answer, *saves, **given) -> tuple[Try, Server]:
    """Save from a first page, use in a second request; the second page always passes."""
    def answer(asked: Asked, connection) -> None:
        (first if asked.path == "/" else page())(asked, connection)

    with serving(answer) as server:
        # the reader's process starts within this deadline, also on a machine that is busy with other things
        target = watching(server.url, Step(name="satu", saves=saves), Step(name="dua", **given), deadline_ms=20_000)
        attempt = tried(target)
    assert attempt.fault == ""
    return attempt, server


@pytest.mark.parametrize(("first", "kept", "expected"), [
    (page('<a class="x" href="/a?b=c&amp;d">A</a>'), save("v", SaveKind.CSS, "a.x", "href"), "/a?b=c&d"),
    (page("<p> Nomor <b>A-7</b>\n kedua </p>"), save("v", SaveKind.CSS, "p"), "Nomor A-7 kedua"),
    (page("<input checked>"), save("v", SaveKind.CSS, "input", "checked"), ""),
    (page('{"a": [{"id": "007"}]}'), save("v", SaveKind.JSON, "$.a[0].id"), "007"),
    (page('{"a": 12345678901234567890123, "b": 1.50}'), save("v", SaveKind.JSON, "$.a"), "12345678901234567890123"),
    (page('{"a": 1, "b": 1.50}'), save("v", SaveKind.JSON, "$.b"), "1.50"),
    (page('{"a": true, "b": null}'), save("v", SaveKind.JSON, "$.b"), "null"),
    (page('{"a": {"b": [1, "x"]}}'), save("v", SaveKind.JSON, "$.a"), '{"b":[1,"x"]}'),
    (page("var token = 'a1b2';"), save("v", SaveKind.REGEX, r"token = '(\w+)'"), "a1b2"),
    (page("kode 0042 selesai"), save("v", SaveKind.REGEX, r"\d+"), "0042"),
    (page(headers={"X-Nomor": "  7 "}), save("v", SaveKind.HEADER, "x-nomor"), "7"),
    (page(headers={"Set-Cookie": "nomor=9; Path=/"}), save("v", SaveKind.COOKIE, "nomor"), "9"),
    (page(BIG + '<i id="jauh">di bawah</i>'), save("v", SaveKind.CSS, "#jauh"), "di bawah"),
])
def test_a_value_is_saved_as_it_stands(first: Answer, kept, expected: str):
    attempt, server = second_step(first, kept, method="POST", url="/terima", form=(("v", "${v}"),))
    assert attempt.failed_step is None, attempt.failed_step
    assert server.asked[1].form == {"v": expected}


@pytest.mark.parametrize(("first", "kept", "problem"), [
    (page("<p>"), save("v", SaveKind.CSS, "a.x", "href"), "nothing is at a.x"),
    (page("<a class=x>"), save("v", SaveKind.CSS, "a.x", "href"), "the element has no attribute href"),
    (page("{}"), save("v", SaveKind.JSON, "$.a"), "nothing is at $.a"),
    (page("<p>bukan"), save("v", SaveKind.JSON, "$.a"), 'the body is not JSON: it begins with "<p>bukan"'),
    (page("[" * 3000), save("v", SaveKind.JSON, "$.a"), "the body is JSON nested too deep to be read"),
    (page("x"), save("v", SaveKind.REGEX, r"\d+"), r"nothing is at \d+"),
    (page("x"), save("v", SaveKind.HEADER, "X-Nomor"), "the answer has no header X-Nomor"),
    (page("x"), save("v", SaveKind.COOKIE, "nomor"), "no cookie nomor was set"),
])
def test_a_value_that_is_not_there_fails_the_step_that_saves_it(first: Answer, kept, problem: str):
    attempt, server = second_step(first, kept, url="/${v}")
    assert attempt.failed_step is not None
    told = attempt.failed_step.reason
    assert told.startswith('step 1 of 2 "satu": ')
    assert problem in told
    assert len(server.asked) == 1


def test_a_hostile_value_stays_one_segment_of_a_path_and_one_field_of_a_query():
    attempt, server = second_step(
        page("<i>../admin?x=1&amp;y=2#z é</i>"), save("v", SaveKind.CSS, "i"), url="/baca/${v}/lagi?v=${v}",
    )
    assert attempt.failed_step is None
    assert server.asked[1].path == "/baca/..%2Fadmin%3Fx%3D1%26y%3D2%23z%20%C3%A9/lagi?v=..%2Fadmin%3Fx%3D1%26y%3D2%23z%20%C3%A9"


def test_a_value_with_a_line_break_never_becomes_a_header():
    first = page('{"v": "aman\\r\\nX-Sisipan: ya"}')
    attempt, server = second_step(first, save("v", SaveKind.JSON, "$.v"), url="/", headers=(("X-Nilai", "${v}"),))
    assert attempt.failed_step is not None
    assert attempt.failed_step.reason == (
        'step 2 of 2 "dua": the saved value "v" holds a line break or another control character, which a header cannot carry'
    )
    assert len(server.asked) == 1


def test_a_value_with_quotes_cannot_break_out_of_json():
    _, server = second_step(
        page('<i>a", "admin": "ya</i>'), save("v", SaveKind.CSS, "i"), method="POST", url="/", json_body='{"nama": "${v}"}',
    )
    assert json.loads(server.asked[1].body) == {"nama": 'a", "admin": "ya'}


JSON_PAGE = page('{"status": "menunggu", "jumlah": 12, "aktif": true}', kind="application/json")


@pytest.mark.parametrize(("claim", "problem"), [
    (expect(AssertKind.STATUS, "200"), ""),
    (expect(AssertKind.STATUS, "200,303"), ""),
    (expect(AssertKind.STATUS, "3xx"), "expected status 3xx, got 200"),
    (expect(AssertKind.HEADER, "json", "Content-Type"), ""),
    (expect(AssertKind.HEADER, "xml", "Content-Type"),
     'expected the header Content-Type to contain "xml", got "application/json; charset=utf-8"'),
    (expect(AssertKind.HEADER, "a", "X-Tidak"), 'expected the header X-Tidak to contain "a", it is missing'),
    (expect(AssertKind.CONTAINS, "menunggu"), ""),
    (expect(AssertKind.CONTAINS, "selesai"), 'expected the text "selesai" in the body, did not find it'),
    (expect(AssertKind.ABSENT, "selesai"), ""),
    (expect(AssertKind.ABSENT, "menunggu"), 'expected the text "menunggu" nowhere in the body, found it'),
    (expect(AssertKind.MATCHES, r'"jumlah": \d+'), ""),
    (expect(AssertKind.MATCHES, r"^\d+$"), r'expected text that matches "^\d+$", found none'),
    (expect(AssertKind.JSON, "menunggu", "$.status"), ""),
    (expect(AssertKind.JSON, "12", "$.jumlah"), ""),
    (expect(AssertKind.JSON, "true", "$.aktif"), ""),
    (expect(AssertKind.JSON, "", "$.aktif"), ""),
    (expect(AssertKind.JSON, "selesai", "$.status"), 'expected $.status to be "selesai", got "menunggu"'),
    (expect(AssertKind.JSON, "", "$.lain"), "expected $.lain, nothing is there"),
    (expect(AssertKind.CSS, "", "p"), "expected an element p, found none"),
])
def test_a_claim_passes_or_says_what_was_expected_and_what_was_found(claim, problem: str):
    with serving(JSON_PAGE) as server:
        attempt = tried(watching(server.url, Step(name="baca", assertions=(claim,))))
    [step] = attempt.steps
    assert step.passed is not bool(problem)
    if problem:
        assert step.reason.startswith(f'step 1 of 1 "baca": {problem} after ')


def test_an_element_s_text_is_compared_without_its_markup():
    claims = (expect(AssertKind.CSS, "Nomor A-7", "p.nomor"),)
    with serving(page("<p class=nomor>Nomor <b>A-7</b></p>")) as server:
        assert tried(watching(server.url, Step(name="b", assertions=claims))).failed_step is None
    with serving(page("<p class=nomor>Nomor <b>B-7</b></p>")) as server:
        [step] = tried(watching(server.url, Step(name="b", assertions=claims))).steps
    assert 'expected p.nomor to contain "Nomor A-7", got "Nomor B-7"' in step.reason


def test_a_slow_step_passes_and_is_marked_with_what_it_took():

    def late(asked: Asked, connection) -> None:
        time.sleep(0.03)
        page()(asked, connection)

    with serving(late) as server:
        quick = expect(AssertKind.LATENCY, "5000")
        slow = expect(AssertKind.LATENCY, "20")
        attempt = tried(watching(server.url, Step(name="a", assertions=(quick,)), Step(name="b", assertions=(slow,))))
    assert [(step.passed, step.too_slow) for step in attempt.steps] == [(True, False), (True, True)]
    assert attempt.steps[0].reason == ""
    assert re.fullmatch(r'step 2 of 2 "b": took \d+ ms, target 20 ms', attempt.steps[1].reason)


def test_a_page_in_another_character_set_is_read_as_its_header_says():
    with serving(page("Kelurahan Parañaque".encode("latin-1"), headers={"Content-Type": "text/html; charset=iso-8859-1"})) as server:
        step = Step(name="b", assertions=(expect(AssertKind.CONTAINS, "Parañaque"),))
        assert tried(watching(server.url, step)).failed_step is None


def test_a_stranger_s_text_cannot_break_a_line_of_ours():
    with serving(page("<p>a\x1b[31m\r\nfake: ok</p>")) as server:
        [step] = tried(watching(server.url, Step(name="b", assertions=(expect(AssertKind.CSS, "z", "p"),)))).steps
    assert step.reason.isprintable()


def test_the_deadline_is_one_for_all_steps_and_what_is_left_is_not_begun():
    def slow(asked: Asked, connection) -> None:
        time.sleep(0.15)
        page()(asked, connection)

    optional = [Step(name=f"s{n}", critical=False) for n in range(3)]
    with serving(slow) as server:
        attempt = tried(watching(server.url, *optional, Step(name="penting"), deadline_ms=250))
    assert attempt.duration_us < 1_000_000
    assert attempt.failed_step is not None
    assert attempt.failed_step.name == "penting"
    assert attempt.failed_step.reason == 'step 4 of 4 "penting": not begun: the deadline of 250 ms was over'
    reasons = [step.reason for step in attempt.steps]
    assert any("timed out" in reason for reason in reasons[:3]), reasons


def test_a_finished_try_is_gone_at_once_and_waits_for_no_garbage_collector():
    """Each holds the body of an answer, a megabyte at the most, and thousands end within a collector's round."""
    gc.collect()
    gc.disable()
    try:
        with serving(routes({"/": redirect("/a"), "/a": page("x" * 100_000, status=500)})) as server:
            attempt = tried(watching(server.url, Step(name="buka", max_redirects=2)))
        left = [type(one).__name__ for one in gc.get_objects() if type(one).__name__ in {"_StepUnderWay", "HttpTry", "Answer", "Sink"}]
    finally:
        gc.enable()
    assert attempt.failed_step is not None
    assert left == []
