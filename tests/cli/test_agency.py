"""``siaga24 agency``: what people see, and the exit codes."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest
from click.testing import CliRunner

from cli.agency import agency
from monitors.core.errors import DefinitionError, UsageError
from stacks.tiers import TEMPLATES

SAMPLES = TEMPLATES.parent / "stacks" / "agencies"


@pytest.fixture
def samples(tmp_path, monkeypatch):
    """Copy the sample workspace and make it the current folder."""
    folder = tmp_path / "agencies"
    shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns(".siaga24"))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SIAGA24_WORKSPACE", raising=False)
    return folder


def run(*words):
    return CliRunner().invoke(agency, words)


def test_the_list_shows_each_agency_in_a_row(samples):
    shown = run("list")
    assert shown.exit_code == 0
    lines = [" ".join(line.split()) for line in shown.output.splitlines()]
    assert "dinkes-bandung Dinas Kesehatan Kota Bandung Asia/Jakarta 2 hosted, 1 external 8443" in lines
    assert any(line.startswith("disdukcapil-jayapura ") and line.endswith("Asia/Jayapura 2 hosted 8444") for line in lines)


def test_the_list_for_programs_has_the_same_agencies(samples):
    [bandung, jayapura] = json.loads(run("list", "--json").output)
    assert (bandung["agency"], bandung["hosted"], bandung["external"]) == ("dinkes-bandung", ["antrean", "vaksinasi"], ["informasi"])
    assert jayapura["time_zone"] == "Asia/Jayapura"
    rows = list(csv.DictReader(io.StringIO(run("list", "--output", "csv").output)))
    assert [(row["agency"], row["hosted"], row["external"], row["faults"]) for row in rows] == [
        ("dinkes-bandung", "2", "1", "0"), ("disdukcapil-jayapura", "2", "0", "0"),
    ]


def test_a_faulty_file_is_listed_too_and_where_to_see_more(samples):
    (samples / "dinsos.yaml").write_text("version: 1\n", encoding="utf-8")
    shown = run("list")
    assert shown.exit_code == 0
    assert "dinsos" in shown.output
    assert "5 faults" in shown.output
    assert "1 file cannot be read in full; see: siaga24 agency validate" in shown.output


def test_an_empty_list_says_how_to_begin(samples):
    for path in samples.glob("dis*.yaml"):
        path.unlink()
    (samples / "dinkes-bandung.yaml").unlink()
    assert run("list").output == "no agency yet; make one: siaga24 agency new CODE\n"


def test_show_fills_in_the_defaults_and_holds_no_secret(samples):
    shown = run("show", "dinkes-bandung")
    assert shown.exit_code == 0
    assert shown.output.startswith("# dinkes-bandung with the defaults of tier silver filled in\nversion: 1\n")
    assert "memory: 512MiB" in shown.output
    assert "- SECRET_KEY" in shown.output
    assert json.loads(run("show", "dinkes-bandung", "--json").output)["services"]["antrean"]["replicas"] == 2


def test_show_of_a_faulty_agency_tells_its_faults(samples):
    (samples / "dinsos.yaml").write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"dinsos\.yaml:1: file: the key"):
        CliRunner().invoke(agency, ["show", "dinsos"], catch_exceptions=False)


def test_validate_says_that_all_is_good_in_one_line(samples):
    shown = run("validate")
    assert (shown.exit_code, shown.output) == (0, "2 files with 5 services: all good\n")


def test_validate_tells_every_fault_of_every_file_and_exits_with_2(samples):
    for code, old, new in (("dinkes-bandung", "kind: city", "kind: kota"), ("disdukcapil-jayapura", "8444", "8443")):
        path = samples / f"{code}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    shown = run("validate")
    assert shown.exit_code == 2
    assert shown.output == (
        'dinkes-bandung.yaml:7: kind: "kota" is not known; expected one of ministry, institution, province, regency, city; '
        "choose one of them\n"
        "disdukcapil-jayapura.yaml:22: gateway/https_port: port 8443 of 127.0.0.1 is also taken by dinkes-bandung.yaml:23; "
        "expected a port of its own on each address; choose another port\n"
        "\n"
        "2 faults in 2 of 2 files\n"
    )


def test_validate_of_one_agency_leaves_the_others_alone(samples):
    (samples / "dinsos.yaml").write_text("version: 1\n", encoding="utf-8")
    assert run("validate", "dinkes-bandung").output == "1 file with 3 services: all good\n"
    assert run("validate", "dinsos").exit_code == 2


def test_a_warning_is_shown_and_does_not_fail(samples):
    path = samples / "dinkes-bandung.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("target: 99.5", "target: 99.99"), encoding="utf-8")
    shown = run("validate", "dinkes-bandung")
    assert shown.exit_code == 0
    assert "a promise of 99.99 % cannot be proven with 0.05 % of lone failures; expected at most 99.900 %" in shown.output
    assert shown.output.endswith("(warning)\n\n1 file with 3 services: all good, 1 warning\n")


def test_validate_for_programs_keeps_the_exit_code(samples):
    (samples / "dinsos.yaml").write_text("version: 1\n", encoding="utf-8")
    shown = run("validate", "dinsos", "--json")
    assert shown.exit_code == 2
    [found] = json.loads(shown.output)
    assert found["agency"] == "dinsos"
    assert len(found["faults"]) == 5


def test_new_writes_a_file_that_is_good_at_once(samples):
    shown = run("new", "dinsos-medan", "--name", "Dinas Sosial Kota Medan", "--zone", "Asia/Jakarta")
    assert shown.exit_code == 0
    assert shown.output.splitlines()[0] == "wrote dinsos-medan.yaml"
    assert "siaga24 agency validate dinsos-medan" in shown.output
    text = (samples / "dinsos-medan.yaml").read_text(encoding="utf-8")
    assert "subnet: 10.124.0.128/26" in text
    assert "https_port: 8445" in text
    assert run("validate").output == "3 files with 6 services: all good\n"


def test_new_makes_a_name_of_the_code(samples):
    run("new", "dinsos-medan")
    assert json.loads(run("show", "dinsos-medan", "--json").output)["name"] == "Dinsos Medan"


def test_new_never_overwrites(samples):
    before = (samples / "dinkes-bandung.yaml").read_bytes()
    with pytest.raises(UsageError, match=r"dinkes-bandung.yaml is there already"):
        CliRunner().invoke(agency, ["new", "dinkes-bandung"], catch_exceptions=False)
    assert (samples / "dinkes-bandung.yaml").read_bytes() == before


def test_another_workspace_is_named_in_the_next_command(samples, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "siaga24 agency validate dinsos --workspace agencies" in run("new", "dinsos", "--workspace", "agencies").output
    assert run("validate", "--workspace", "agencies").exit_code == 0


def test_the_schema_is_printed(samples):
    assert json.loads(run("schema").output) == json.loads((samples / "schema" / "agency.json").read_text(encoding="utf-8"))
    assert json.loads(run("schema", "--settings").output)["title"] == "Siaga24 settings"
