"""A workspace: opened or refused with a way out; agencies read alone and checked against each other."""

from __future__ import annotations

import shutil

import pytest

from monitors.core.errors import DefinitionError, UsageError
from stacks.tiers import TEMPLATES
from stacks.workspace import check_agencies, open_workspace

SAMPLES = TEMPLATES.parent / "stacks" / "agencies"


@pytest.fixture
def samples(tmp_path, monkeypatch):
    """Copy the sample workspace and make it the current folder."""
    folder = tmp_path / "agencies"
    shutil.copytree(SAMPLES, folder, ignore=shutil.ignore_patterns(".siaga24"))
    monkeypatch.chdir(folder)
    return folder


def edit(folder, code, old, new):
    path = folder / f"{code}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_sample_workspace_has_two_agencies_and_no_fault_or_warning(samples):
    workspace = open_workspace()
    assert workspace.codes() == ("dinkes-bandung", "disdukcapil-jayapura")
    assert [agency.code for agency in workspace.agencies()] == ["dinkes-bandung", "disdukcapil-jayapura"]
    assert all(not one.findings.warnings for one in check_agencies(workspace))


def test_state_lies_in_the_workspace_unless_told_otherwise(samples, tmp_path):
    assert open_workspace(samples).state == samples / ".siaga24"
    assert open_workspace(samples, tmp_path / "lain").state == tmp_path / "lain"


def test_a_folder_that_is_no_workspace_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"this folder is no workspace.*--workspace DIR or SIAGA24_WORKSPACE.*siaga24 init DIR"):
        open_workspace()
    with pytest.raises(UsageError, match="there is no folder"):
        open_workspace(tmp_path / "tidak-ada")
    (tmp_path / "siaga24.yml").touch()
    with pytest.raises(UsageError, match=r"siaga24.yml is there: rename it"):
        open_workspace(tmp_path)


def test_an_unknown_agency_finds_its_neighbour(samples):
    with pytest.raises(UsageError) as told:
        open_workspace().agency("dinkes-bandong")
    assert str(told.value) == (
        'no agency "dinkes-bandong"; did you mean "dinkes-bandung"? known agencies: dinkes-bandung, disdukcapil-jayapura'
    )


def test_a_file_that_names_another_subnet_port_and_host_is_told_at_the_later_file(samples):
    edit(samples, "disdukcapil-jayapura", "10.124.0.64/26", "10.124.0.0/26")
    edit(samples, "disdukcapil-jayapura", "8444", "8443")
    edit(samples, "disdukcapil-jayapura", "  adminduk:\n", "  adminduk:\n    host: antrean.dinkes-bandung.example\n")
    with pytest.raises(DefinitionError) as told:
        open_workspace().agencies()
    assert told.value.faults == (
        (
            "disdukcapil-jayapura.yaml:18: network/subnet: 10.124.0.0/26 overlaps 10.124.0.0/26 of dinkes-bandung.yaml:19; "
            'expected a subnet of its own; choose a free one; "siaga24 agency new" finds it'
        ),
        (
            "disdukcapil-jayapura.yaml:22: gateway/https_port: port 8443 of 127.0.0.1 is also taken by dinkes-bandung.yaml:23; "
            "expected a port of its own on each address; choose another port"
        ),
        (
            'disdukcapil-jayapura.yaml:26: services/adminduk/host: the host "antrean.dinkes-bandung.example" is also that of '
            'dinkes-bandung.yaml:26; expected a host of its own; choose another "host" or "domain"'
        ),
    )


@pytest.mark.parametrize("code", ["dinkes-bandung", "disdukcapil-jayapura"])
def test_one_agency_asked_for_is_checked_against_the_others_too(samples, code):
    edit(samples, "disdukcapil-jayapura", "10.124.0.64/26", "10.124.0.0/26")
    with pytest.raises(DefinitionError, match=r"overlaps 10.124.0.0/26 of"):
        open_workspace().agency(code)


def test_the_same_port_on_another_address_is_free_unless_one_listens_everywhere(samples):
    edit(samples, "disdukcapil-jayapura", "bind: 127.0.0.1\n  https_port: 8444", "bind: 127.0.0.2\n  https_port: 8443")
    assert open_workspace().agencies()
    edit(samples, "disdukcapil-jayapura", "bind: 127.0.0.2", "bind: 0.0.0.0")
    with pytest.raises(DefinitionError, match=r"port 8443 of 0\.0\.0\.0 is also taken by"):
        open_workspace().agency("disdukcapil-jayapura")


def test_a_default_host_that_another_agency_spells_out_is_found(samples):
    edit(samples, "dinkes-bandung", "domain: dinkes-bandung.example\n", "")
    edit(samples, "disdukcapil-jayapura", "domain: disdukcapil-jayapura.example", "domain: dinkes-bandung.example")
    edit(samples, "disdukcapil-jayapura", "  adminduk:\n", "  antrean:\n")
    for code in ("dinkes-bandung", "disdukcapil-jayapura"):
        with pytest.raises(DefinitionError, match=r'the host "antrean.dinkes-bandung.example" is also that of'):
            open_workspace().agency(code)


def test_a_broken_file_does_not_keep_another_agency_from_loading(samples):
    edit(samples, "dinkes-bandung", "kind: city", "kind: kota")
    assert open_workspace().agency("disdukcapil-jayapura").code == "disdukcapil-jayapura"
    with pytest.raises(DefinitionError):
        open_workspace().agencies()


def test_what_a_broken_file_claims_is_still_its_own(samples):
    edit(samples, "dinkes-bandung", "kind: city", "kind: kota")
    edit(samples, "disdukcapil-jayapura", "8444", "8443")
    with pytest.raises(DefinitionError, match="port 8443"):
        open_workspace().agency("disdukcapil-jayapura")


def test_an_edit_is_seen_by_the_next_call(samples):
    workspace = open_workspace()
    assert workspace.agency("dinkes-bandung").name == "Dinas Kesehatan Kota Bandung"
    edit(samples, "dinkes-bandung", "name: Dinas Kesehatan Kota Bandung\nkind", "name: Dinkes\nkind")
    assert workspace.agency("dinkes-bandung").name == "Dinkes"


def test_a_file_whose_name_ends_in_yml_is_a_warning(samples):
    (samples / "dinsos.yml").write_text("version: 1\n", encoding="utf-8")
    [warning] = check_agencies(open_workspace())[0].findings.warning_lines()
    assert warning == (
        "dinsos.yml:1: file: its name ends in .yml, so it is not read; expected a name that ends in .yaml; "
        'rename it to "dinsos.yaml"'
    )


def test_an_empty_workspace_says_how_to_make_an_agency(samples):
    for code in ("dinkes-bandung", "disdukcapil-jayapura"):
        (samples / f"{code}.yaml").unlink()
    with pytest.raises(UsageError, match="this workspace has none yet; make one: siaga24 agency new dinsos"):
        open_workspace().agency("dinsos")
