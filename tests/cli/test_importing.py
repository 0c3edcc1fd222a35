"""``siaga24 import``: where its output goes, what it tells, and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.trial import run_by_hand
from monitors.core.errors import UsageError
from stacks.loader import load_agency
from stacks.model import Settings
from stacks.targets import targets_of
from stacks.tiers import standard_tiers
from tests.servers import page, serving

SAMPLES = Path(__file__).parent.parent / "stacks" / "importers" / "samples"
GOOD = "GET https://antrean.example/\nHTTP 200\n"


def run(*args):
    return CliRunner().invoke(main, ["import", *map(str, args)], catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "antrean.hurl"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_file_that_is_carried_whole_ends_with_zero_and_its_definition_on_standard_output(good):
    result = run("hurl", good)
    assert code_of(result) == 0
    assert result.stdout.startswith("# Imported from antrean.hurl (hurl).")
    assert "code: antrean\n" in result.stdout
    assert result.stderr == "1 service, 1 transaction, 1 step; 2 values carried, 0 changed, 0 not carried, 0 notes\n"


def test_findings_stand_on_standard_error_with_file_and_line_and_the_code_is_three():
    path = SAMPLES / "gatus" / "layanan.yaml"
    result = run("gatus", path)
    assert code_of(result) == 3
    lines = result.stderr.splitlines()
    assert any("layanan.yaml:57: endpoints/10: not carried: it is switched off" in line for line in lines)
    assert "note" not in "".join(lines[:-1])
    assert not [line for line in result.stdout.splitlines() if line.startswith(str(path))]


def code_of(result):
    return result.return_value if isinstance(result.return_value, int) else result.exit_code


def test_a_definition_is_written_to_a_new_file_and_validates_in_a_workspace(good, tmp_path):
    CliRunner().invoke(main, ["init", str(tmp_path / "ruang")], catch_exceptions=False)
    target = tmp_path / "ruang" / "dinkes.yaml"
    result = run("hurl", good, "--agency", "dinkes", "--name", "Dinas Kesehatan", "--output", target)
    assert code_of(result) == 0
    assert result.stdout == ""
    assert f"wrote {target}: 1 service" in result.stderr
    checked = CliRunner().invoke(main, ["agency", "validate", "dinkes", "--workspace", str(tmp_path / "ruang")])
    assert checked.exit_code == 0, checked.output


def test_a_file_that_is_there_is_never_overwritten(good, tmp_path):
    target = tmp_path / "ada.yaml"
    target.write_text("jangan", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        run("hurl", good, "--output", target)
    assert target.read_text(encoding="utf-8") == "jangan"


def test_json_has_every_finding_and_the_definition():
    result = run("postman", SAMPLES / "postman" / "loket.json", "--json")
    told = json.loads(result.stdout)
    assert code_of(result) == 3
    assert told["services"] == [{"code": "loket", "transactions": 2, "steps": 4}]
    assert {one["level"] for one in told["findings"]} == {"lost", "changed", "note"}
    assert all(one["line"] > 0 and one["why"] and one["instead"] for one in told["findings"])
    assert told["definition"].startswith("# Imported")


def test_notes_are_told_on_request():
    path = SAMPLES / "har" / "kunjungan.har"
    assert ": note: " not in run("har", path).stderr
    assert ": note: " in run("har", path, "--notes").stderr


def test_nothing_is_written_and_the_code_is_one_where_nothing_can_be_carried(tmp_path):
    path = tmp_path / "modul.yml"
    path.write_text("modules:\n  ping:\n    prober: icmp\n", encoding="utf-8")
    target = tmp_path / "keluar.yaml"
    result = run("blackbox", path, "--output", target)
    assert code_of(result) == 1
    assert not target.exists()
    assert "nothing could be carried" in result.stderr
    assert "modul.yml:2: modules/ping: not carried: a module that no target uses" in result.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--agency", "Dinas Kesehatan"], "is no code of an agency"),
        (["--agency", "siaga24"], "is no code of an agency"),
        (["--zone", "WIB"], "write Asia/Jakarta"),
    ],
)
def test_an_impossible_heading_is_refused_before_anything_is_written(options, words, good, tmp_path):
    target = tmp_path / "x.yaml"
    with pytest.raises(UsageError, match=words):
        run("hurl", good, "--output", target, *options)
    assert not target.exists()


def test_a_file_that_is_no_file_of_the_kind_is_told_with_its_line(tmp_path):
    path = tmp_path / "rusak.json"
    path.write_text('{\n  "log": [1,\n}', encoding="utf-8")
    with pytest.raises(UsageError, match=r"rusak\.json:3: file: .* begins no value; expected JSON"):
        run("har", path)


def test_help_names_every_kind_and_the_codes():
    text = CliRunner().invoke(main, ["import", "--help"]).output
    for kind in ("gatus", "blackbox", "uptime-kuma", "hurl", "har", "postman", "openapi"):
        assert f"  {kind}" in text
    assert "Example:" in text
    assert "3 done, but checks were left out or changed" in " ".join(text.split())


JOURNEY = """GET {url}/
HTTP 200
[Captures]
csrf: regex "name=csrf value=([a-z0-9]+)"
[Asserts]
body contains "Ambil nomor"

POST {url}/tiket
Authorization: Bearer token-yang-rahasia
[Form]
csrf: {{{{csrf}}}}
layanan: KTP
HTTP 201
[Captures]
nomor: jsonpath "$.nomor"
[Asserts]
jsonpath "$.status" == "menunggu"

GET {url}/tiket/{{{{nomor}}}}
HTTP 200
[Asserts]
body not contains "Terjadi kesalahan"
"""


def imported_target(tmp_path, url):
    """Import a Hurl file of a whole journey, and load what was written as the monitor's target."""
    source, target = tmp_path / "antrean.hurl", tmp_path / "dinkes.yaml"
    source.write_text(JOURNEY.format(url=url), encoding="utf-8")
    assert code_of(run("hurl", source, "--output", target)) == 3  # the token stays behind
    assert "token-yang-rahasia" not in target.read_text(encoding="utf-8")
    agency = load_agency(target, Settings(), standard_tiers())
    return targets_of(agency, {})[0]


def front_office(asked, connection):
    answer = {
        "/": page("<h1>Ambil nomor</h1><input name=csrf value=abc123>"),
        "/tiket": page('{"nomor": "A-7", "status": "menunggu"}', status=201, kind="application/json"),
        "/tiket/A-7": page("Nomor A-7"),
    }.get(asked.path, page("tidak ada", status=404))
    answer(asked, connection)


def run_imported(tmp_path, url):
    """Run the imported journey once, with its secret given to the probe."""
    target = imported_target(tmp_path, url)
    name = target.transactions[0].steps[1].auth.password.removeprefix("${secret:").removesuffix("}")
    secret = tmp_path / "rahasia" / "dinkes" / name
    secret.parent.mkdir(parents=True)
    secret.write_text("token-yang-rahasia", encoding="utf-8")
    secret.chmod(0o600)
    (done,) = run_by_hand(
        target, target.transactions, allow_networks=["127.0.0.0/8"], secrets_dir=tmp_path / "rahasia"
    )
    return done


def test_an_imported_journey_is_run_as_its_file_says_saved_values_and_secret_included(tmp_path):
    with serving(front_office) as server:
        done = run_imported(tmp_path, server.url)
        asked = list(server.asked)
    assert (done.verdict.value, done.reason) == ("up", "")
    assert [(one.method, one.path) for one in asked] == [("GET", "/"), ("POST", "/tiket"), ("GET", "/tiket/A-7")]
    assert asked[1].form == {"csrf": "abc123", "layanan": "KTP"}
    assert asked[1].headers["authorization"] == "Bearer token-yang-rahasia"


def test_an_imported_claim_that_does_not_hold_is_an_outage(tmp_path):
    with serving(page("<h1>Tutup</h1><input name=csrf value=abc123>")) as server:
        done = run_imported(tmp_path, server.url)
    assert done.verdict.value == "down"
    assert "Ambil nomor" in done.reason


SITE = "<h1>Beranda</h1> Selamat datang"

# of each kind: its file, and the verdict of each claim about a page that shows SITE
CLAIMS = [
    ("gatus", 'endpoints:\n- {{name: a, url: "{url}/", conditions: {claims}}}\n', claims, verdict)
    for claims, verdict in [
        ('["[STATUS] == 200", "[BODY] == pat(*Selamat*)", "[BODY] == pat(<h1>*datang)"]', "up"),
        ('["[STATUS] < 400", "[CONNECTED] == true"]', "up"),
        ('["[STATUS] == 404"]', "down"),
        ('["[BODY] == halo"]', "down"),
    ]
] + [
    ("blackbox", ("modules:\n  m: {{prober: http, http: {claims}}}\nscrape_configs:\n- metrics_path: /probe\n"
     '  params: {{module: [m]}}\n  static_configs: [{{targets: ["{url}"]}}]\n'), claims, verdict)
    for claims, verdict in [
        ('{fail_if_body_matches_regexp: ["judi.online"], fail_if_body_not_matches_regexp: ["(?i)SELAMAT"]}', "up"),
        ('{fail_if_body_matches_regexp: ["Selam.t"]}', "down"),
        ("{valid_status_codes: [201]}", "down"),
    ]
] + [
    ("uptime-kuma", '[{{"name": "a", "type": "keyword", "url": "{url}/", "keyword": "Selamat", {claims}}}]', claims, verdict)
    for claims, verdict in [('"invertKeyword": false', "up"), ('"invertKeyword": true', "down")]
]


@pytest.mark.parametrize(("kind", "form", "claims", "verdict"), CLAIMS)
def test_what_is_good_to_the_other_tool_is_up_and_what_is_not_is_down(kind, form, claims, verdict, tmp_path):
    with serving(page(SITE)) as server:
        source, target = tmp_path / "masukan", tmp_path / "dinkes.yaml"
        source.write_text(form.format(url=server.url, claims=claims), encoding="utf-8")
        assert code_of(run(kind, source, "--output", target)) == 0
        watched = targets_of(load_agency(target, Settings(), standard_tiers()), {})[0]
        (done,) = run_by_hand(watched, watched.transactions, allow_networks=["127.0.0.0/8"])
    assert done.verdict.value == verdict, done.reason
