from __future__ import annotations

import re

import pytest

from tests.templates.services.loket.office import PASSWORD, SECRET_KEY, Office, Replica, eventually

pytestmark = pytest.mark.engine

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def set_cookie(replica: Replica, **headers: str) -> str:
    return replica.browser(**headers).get("/").headers["set-cookie"]


def test_session_cookie_is_hidden_from_scripts_and_stays_on_this_site(replica):
    cookie = set_cookie(replica)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_travels_over_tls_only(replica):
    cookie = set_cookie(replica, X_Forwarded_Proto="https")
    assert "Secure" in cookie
    assert cookie.startswith("__Host-")
    browser = replica.browser(X_Forwarded_Proto="https")
    assert browser.take().status == 200


@pytest.mark.parametrize(
    "path", ["/", "/antrean/tidak-ada", "/tidak-ada", "/api/status", "/healthz", "/version", "/static/loket.css"]
)
def test_every_answer_carries_the_security_headers(replica, path):
    answer = replica.browser().get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy, "no other host is allowed"
    assert "frame-ancestors 'none'" in policy
    assert "server" not in answer.headers


def test_pages_are_not_stored_and_files_are_checked_again(replica):
    browser = replica.browser()
    assert browser.get("/").headers["cache-control"] == "no-store"
    assert browser.get("/static/loket.css").headers["cache-control"] == "no-cache"
    assert browser.get("/static/loket.css").headers["etag"]


def test_nothing_on_a_page_leads_to_another_host_or_needs_an_inline_script(replica):
    browser = replica.browser()
    for page in (browser.get("/"), browser.take(), browser.get("/tidak-ada")):
        for name in ("src", "href", "action"):
            for node in page.html.css(f"[{name}]"):
                assert re.match(r"[/#][^/]|/$", node.attributes[name] or ""), node.html
        assert not page.html.css("[style], style, script:not([src]), [onclick]")
    for file in ("loket.css", "loket.js", "loket.svg"):
        text = browser.get(f"/static/{file}").text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"//.*", "", text)), file


def test_pages_can_be_used_without_seeing_them(replica):
    """What a screen reader needs: a language, one heading, names for all controls, a spoken change of state."""
    browser = replica.browser()
    start, ticket = browser.get("/"), browser.take()
    for page in (start, ticket):
        assert page.attribute("html", "lang") == "id"
        assert len(page.html.css("h1")) == 1
        assert len(page.html.css("main")) == 1
        assert page.words("title")
        assert page.attribute("a.skip", "href") == "#isi"
    assert len(start.html.css("label input[type=radio]")) == len(start.html.css("input[type=radio]")) == 2
    assert start.words("fieldset legend") == "Pilih layanan"
    assert ticket.attribute(".pill", "role") == "status"


def test_words_from_the_environment_cannot_break_out_of_the_page(office):
    evil = office.ready(OFFICE_NAME="<script>alert(1)</script>", LAYANAN='A="><img src=x>').browser().get("/")
    assert not evil.html.css("script, img")
    assert "&lt;script&gt;" in evil.text


def test_a_form_larger_than_any_real_one_is_refused(replica):
    browser = replica.browser()
    form = browser.form()
    form["layanan"] = "x" * 40_000
    assert browser.post("/antrean", form).status == 413


def test_secrets_and_ticket_addresses_are_in_no_log_environment_or_page(office: Office, replica: Replica):
    """The scan first finds a canary planted in the log, so that a scan that sees nothing is seen."""
    browser = replica.browser()
    page = browser.take()
    ticket = page.attribute("[data-tiket]", "data-tiket")
    browser.get(f"/api/antrean/{ticket}")
    logs = replica.logs()
    assert "route=/antrean/<ticket_id> status=200" in logs
    assert office.run("sh", "-c", f"echo {PASSWORD}") == (0, f"{PASSWORD}\n")
    replica.container.reload()
    places = {
        "logs": logs,
        "inspect": str(replica.container.attrs),
        "page": page.text,
        "processes": str(replica.container.top()),
        "health": replica.health().text,
    }
    for place, text in places.items():
        assert PASSWORD not in text, place
        assert SECRET_KEY not in text, place
    assert ticket not in logs
    assert browser.cookies["loket"] not in logs


def test_each_request_is_one_line_of_the_log(replica):
    def lines() -> list[str]:
        return [line for line in replica.logs().splitlines() if " loket.access " in line]

    browser = replica.browser()
    browser.get("/version")
    before = eventually(lambda: len(lines()) if "route=/version " in replica.logs() else 0)
    for _ in range(5):
        browser.get("/version")
    browser.get("/tidak-ada")
    new = eventually(lambda: lines()[before:] if len(lines()) >= before + 6 else None)
    assert [line.split("route=")[1].split(" ms=")[0] for line in new] == ["/version status=200"] * 5 + ["- status=404"]


def test_it_runs_as_a_fixed_user_that_is_not_root_within_its_memory(office, replica):
    code, output = replica.container.exec_run(["id", "-u"])
    assert (code, output) == (0, b"10003\n")
    code, output = replica.container.exec_run(["sh", "-c", "touch /app/x"])
    assert code != 0
    for _ in range(200):
        assert replica.browser().get("/").status == 200
    replica.container.reload()
    assert replica.container.attrs["State"]["OOMKilled"] is False
    assert replica.container.attrs["RestartCount"] == 0


def test_version_names_the_build_and_the_release(replica):
    assert replica.browser().get("/version").json == {"version": "1.2.3", "release": "rilis-7"}
    status = replica.browser().get("/api/status").json
    assert (status["version"], status["release"], status["database"]) == ("1.2.3", "rilis-7", "ok")
