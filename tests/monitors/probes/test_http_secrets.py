"""Secrets by reference: they reach the service, and no text that leaves the probe, in whatever form a service echoes them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitors.core.errors import ProbeFault
from monitors.core.http_options import Auth, AuthKind
from monitors.core.model import Assertion, AssertKind, Step
from monitors.probes.secrets_redaction import NOTHING_SECRET, Redactor, forms
from monitors.probes.secrets_store import SecretStore
from tests.probing import expect, tried, watching
from tests.servers import Asked, page, redirect, reply, routes, serving

SECRET = 'S3kr/t+"<r4h4si4> & \'kunci\' é='
SHOWN = "${secret:kunci}"


def store(folder: Path, **secrets: str) -> SecretStore:
    for name, value in secrets.items():
        (folder / "dinkes").mkdir(exist_ok=True)
        (folder / "dinkes" / name).write_text(value + "\n", "utf-8")
    return SecretStore(folder)


ECHOES: dict[str, Callable[[str], str]] = {
    "plain": lambda s: s, "percent": lambda s: quote(s, safe=""), "percent in small letters": lambda s: re.sub("%..", lambda found: found[0].lower(), quote(s, safe="")),
    "form": quote_plus, "json": json.dumps, "json of unicode": lambda s: json.dumps(s, ensure_ascii=False),
    "json of php": lambda s: json.dumps(s).replace("/", "\\/"), "html": html.escape, "html without quotes": lambda s: html.escape(s, quote=False),
    "base64": lambda s: base64.b64encode(s.encode()).decode(), "base64 of urls": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "basic": lambda s: base64.b64encode(f"admin:{s}".encode()).decode(), "base64 inside": lambda s: base64.b64encode(f"xy{s}z".encode()).decode(),
    "hex": lambda s: s.encode().hex(), "twice percent": lambda s: quote(quote(s, safe=""), safe=""),
}


def traces(text: str) -> list[str]:
    """Find any form of the secret, and any run of eight characters of one, in a text."""
    pieces = {form[start:start + 8] for form in forms(SECRET) for start in range(max(1, len(form) - 7))}
    return [piece for piece in pieces if len(piece) >= 6 and piece in text]


@pytest.mark.parametrize("form", ECHOES, ids=list(ECHOES))
def test_a_secret_that_a_service_echoes_is_in_no_text_of_the_run(form: str, tmp_path: Path):
    told = ECHOES[form](SECRET)
    step = Step(
        name="masuk", method="POST", url="/", headers=(("X-Kunci", "satu-dua"),), form=(("kunci", SHOWN),),
        assertions=(expect(AssertKind.CSS, "lain", "p"), ),
    )
    with serving(page(f"<p>{told}</p>", headers={"X-Gema": told if "%" in told else quote(told)})) as server:
        attempt = tried(watching(server.url, step), secrets=store(tmp_path, kunci=SECRET))
        assert server.asked[0].form == {"kunci": SECRET}
    assert not attempt.steps[0].passed
    assert attempt.steps[0].evidence is not None
    assert traces(json.dumps(asdict(attempt), ensure_ascii=False)) == []
    assert SHOWN in attempt.steps[0].evidence.body


@pytest.mark.parametrize("at", [4080, 4090, 4095, 8180])
def test_a_secret_that_lies_across_the_end_of_the_evidence_is_not_there_in_part(at: int, tmp_path: Path):
    with serving(page("a" * at + SECRET + "b" * 9000)) as server:
        step = Step(name="a", headers=(("X-K", "${secret:kunci}".replace("kunci", "lain")),), assertions=(expect(AssertKind.CONTAINS, "tidak"),))
        attempt = tried(watching(server.url, step), secrets=store(tmp_path, lain="zzz-rahasia-lain"))
        body = attempt.steps[0].evidence.body if attempt.steps[0].evidence else ""
        assert len(body.encode()) <= 4096 + len("…".encode())
    cleaned = Redactor({"secret:kunci": SECRET}).cut("a" * at + SECRET + "b" * 9000, at + 5)
    assert traces(cleaned) == []


def test_the_beginning_of_a_secret_before_a_cut_is_taken_out():
    redactor = Redactor({"secret:kunci": "rahasia-panjang"})
    assert redactor.clean('got "xx rahasia-pan…" after 3 ms') == 'got "xx ${secret:kunci}…" after 3 ms'
    assert redactor.clean("rah… tidak … rahasia-panjang") == "${secret:kunci}… tidak … ${secret:kunci}"
    assert redactor.clean("tidak ada") == "tidak ada"
    assert NOTHING_SECRET.clean("rahasia…") == "rahasia…"


@pytest.mark.parametrize(("auth", "header"), [
    (Auth(kind=AuthKind.BASIC, user="petugas", password=SHOWN), "Basic " + base64.b64encode(f"petugas:{SECRET}".encode()).decode()),
    (Auth(kind=AuthKind.BEARER, password="${secret:token}"), "Bearer abc.def-123456"),
])
def test_basic_and_bearer_reach_the_service(auth: Auth, header: str, tmp_path: Path):
    with serving(page()) as server:
        secrets = store(tmp_path, kunci=SECRET, token="abc.def-123456")
        assert tried(watching(server.url, Step(name="a", auth=auth)), secrets=secrets).steps[0].passed
        assert server.asked[0].headers["authorization"] == header


def test_credentials_stay_with_their_host_on_a_redirect(tmp_path: Path):
    with serving(page()) as other, serving(redirect(f"http://localhost:{other.port}/")) as first:
        step = Step(name="a", max_redirects=1, auth=Auth(kind=AuthKind.BEARER, password=SHOWN), headers=(("X-Kunci", "k"),))
        assert tried(watching(first.url, step), secrets=store(tmp_path, kunci="token-123")).steps[0].passed
        assert first.asked[0].headers["authorization"] == "Bearer token-123"
        assert {"authorization", "x-kunci", "cookie"} & set(other.asked[0].headers) == set()
        assert other.asked[0].headers["x-siaga24-synthetic"] == "1"


def oauth(asked: Asked, connection) -> None:
    if asked.path == "/token":
        number = asked.connection
        good = asked.headers.get("authorization") == "Basic " + base64.b64encode(b"klien:rahasia%2Fklien").decode()
        body = {"access_token": f"token-segar-{number}", "token_type": "Bearer", "expires_in": 60} if good else {"error": "invalid_client"}
        connection.sendall(reply(json.dumps(body), status=200 if good else 401, kind="application/json"))
    else:
        connection.sendall(reply(f"<p>{asked.headers.get('authorization', '')}</p>"))


OAUTH = Auth(kind=AuthKind.OAUTH2, user="klien", password=SHOWN, token_url="/token", scope="baca tulis")


def test_a_token_is_fetched_once_in_each_try_and_shown_nowhere(tmp_path: Path):
    steps = (Step(name="a", auth=OAUTH, assertions=(expect(AssertKind.CONTAINS, "Bearer token-segar-"),)), Step(
        name="b", auth=OAUTH, assertions=(expect(AssertKind.CSS, "lain", "p"),),
    ))
    with serving(oauth) as server:
        attempt = tried(watching(server.url, *steps), secrets=store(tmp_path, kunci="rahasia/klien"))
        assert [asked.path for asked in server.asked] == ["/token", "/", "/"]
        assert server.asked[0].form == {"grant_type": "client_credentials", "scope": "baca tulis"}
        assert tried(watching(server.url, *steps), secrets=store(tmp_path, kunci="rahasia/klien")).failed_step is not None
        assert [asked.path for asked in server.asked] == ["/token", "/", "/"] * 2
    assert [step.passed for step in attempt.steps] == [True, False]
    text = json.dumps(asdict(attempt))
    assert "token-segar-" not in text
    assert "${token:1}" in text


def test_a_token_that_is_refused_fails_the_step_in_words(tmp_path: Path):
    with serving(oauth) as server:
        attempt = tried(watching(server.url, Step(name="a", auth=OAUTH)), secrets=store(tmp_path, kunci="rahasia-salah"))
        assert f'127.0.0.1:{server.port}: no token was given: expected status 200, got 401 ("invalid_client")' in attempt.steps[0].reason
    with serving(page("bukan json")) as server:
        attempt = tried(watching(server.url, Step(name="a", auth=OAUTH)), secrets=store(tmp_path, kunci="rahasia-salah"))
        assert "the answer is no JSON object with an access_token" in attempt.steps[0].reason


def test_a_secret_that_is_not_there_is_our_own_lack_and_says_where_it_was_looked_for(tmp_path: Path):
    with serving(page()) as server:
        attempt = tried(watching(server.url, Step(name="a", headers=(("X-K", SHOWN),))), secrets=SecretStore(tmp_path))
        assert server.asked == []
    assert f'the secret "kunci" of dinkes is not there; expected the file {tmp_path / "dinkes" / "kunci"} or the variable ' in attempt.fault
    assert attempt.fault.endswith("SIAGA24_SECRET_DINKES__KUNCI")


def test_an_agency_reads_its_own_secrets_alone(tmp_path: Path):
    (tmp_path / "lain").mkdir()
    (tmp_path / "lain" / "kunci").write_text("milik-orang-lain")
    names = SecretStore(tmp_path, {"SIAGA24_SECRET_LAIN__KUNCI": "milik-orang-lain", "HOME": "/root"})
    for name in ("kunci", "../lain/kunci", "lain__kunci", "HOME", "kunci\n", ""):
        with pytest.raises(ProbeFault):
            names.values("dinkes", [name])
    with pytest.raises(ProbeFault, match="cannot be named so"):
        names.values("../lain", ["kunci"])
    with pytest.raises(ProbeFault, match="cannot be named so"):
        SecretStore(None, {"SIAGA24_SECRET_A__B__C": "milik-orang"}).values("a--b", ["c"])
    assert names.values("lain", ["kunci"]) == {"secret:kunci": "milik-orang-lain"}


def test_a_file_goes_before_a_variable_and_is_read_anew(tmp_path: Path):
    names = SecretStore(tmp_path, {"SIAGA24_SECRET_DINAS_A__KUNCI_API": "dari-lingkungan"})
    assert names.values("dinas-a", ["kunci_api"]) == {"secret:kunci_api": "dari-lingkungan"}
    (tmp_path / "dinas-a").mkdir()
    for value in ("dari-berkas", "yang-baru"):
        (tmp_path / "dinas-a" / "kunci_api").write_text(value + "\r\n")
        assert names.values("dinas-a", ["kunci_api"]) == {"secret:kunci_api": value}
    assert "dari" not in repr(names)


@pytest.mark.parametrize("value", ["", "pendek"[:5], "a\0bcdefgh", "x" * 70_000])
def test_a_secret_that_could_not_be_kept_out_of_texts_is_refused_without_being_shown(value: str, tmp_path: Path):
    (tmp_path / "dinkes").mkdir()
    (tmp_path / "dinkes" / "kunci").write_text(value)
    with pytest.raises(ProbeFault, match="cannot be used; expected 6 to 65536 characters of text") as error:
        SecretStore(tmp_path).values("dinkes", ["kunci"])
    assert len(str(error.value)) < 200


def test_a_folder_in_place_of_a_secret_is_told(tmp_path: Path):
    (tmp_path / "dinkes" / "kunci").mkdir(parents=True)
    with pytest.raises(ProbeFault, match=r"cannot be read from .*kunci: Is a directory"):
        SecretStore(tmp_path).values("dinkes", ["kunci"])


def test_evidence_leaves_out_what_lets_somebody_in():
    answers = routes({"/": page("<p>salah</p>", status=500, headers={"Set-Cookie": "sesi=sangat-rahasia", "X-Lain": "ya"})})
    with serving(answers) as server:
        step = tried(watching(server.url, Step(name="a", assertions=(Assertion(kind=AssertKind.STATUS, expected="200"),)))).steps[0]
    assert step.evidence is not None
    assert step.evidence.request == f"GET {server.url}/"
    assert step.evidence.head.splitlines()[0] == "HTTP/1.1 500 X"
    assert "Set-Cookie: (left out)" in step.evidence.head
    assert "X-Lain: ya" in step.evidence.head
    assert step.evidence.body == "<p>salah</p>"
    assert "sangat-rahasia" not in json.dumps(asdict(step))


ENCODE = st.sampled_from([
    lambda s: s, lambda s: quote(s, safe=""), quote_plus, html.escape, lambda s: json.dumps(s)[1:-1],
    lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
])
LAST = st.sampled_from([
    lambda s: s, lambda s: base64.b64encode(s.encode()).decode(), lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    lambda s: s.encode().hex(),
])


@given(
    value=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=6, max_size=40),
    first=ENCODE, then=ENCODE, before=st.text(max_size=9), after=st.text(max_size=9),
)
@settings(max_examples=60, deadline=None)
def test_any_secret_in_one_encoding_within_another_is_found(value: str, first, then, before: str, after: str):
    form = then(first(value))
    assume(value.strip() == value and form not in before + after)
    cleaned = Redactor({"secret:kunci": value}).clean(f"{before}{form}{after}")
    assert form not in cleaned.replace(SHOWN, "")
    assert cleaned.startswith(before) or form in before + form


@given(value=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=6, max_size=40), last=LAST)
@settings(max_examples=60, deadline=None)
def test_any_secret_in_letters_is_found(value: str, last):
    assume(value.strip() == value)
    assert Redactor({"secret:kunci": value}).clean(f"a {last(value)} b") == f"a {SHOWN} b"


@given(value=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=9, max_size=40), before=st.binary(max_size=7), after=st.binary(max_size=7))
@settings(max_examples=60, deadline=None)
def test_the_heart_of_any_secret_is_gone_from_base64_of_something_longer(value: str, before: bytes, after: bytes):
    whole = base64.b64encode(before + value.encode() + after).decode()
    cleaned = Redactor({"secret:kunci": value}).clean(whole)
    heart = base64.b64encode(value.encode()[(3 - len(before)) % 3:][:6]).decode()
    assert SHOWN in cleaned
    assert heart not in cleaned.replace(SHOWN, "")
