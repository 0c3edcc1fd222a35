"""What is laid out is valid as it stands, and nothing that exists is overwritten."""

from __future__ import annotations

import stat

import pytest

from monitors.core.errors import UsageError
from stacks.scaffold import NewAgency, lay_out_workspace, render, write_agency
from stacks.workspace import check_agencies, open_workspace


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_workspace_is_good_as_it_stands(tmp_path):
    folder = tmp_path / "baru" / "agencies"
    written = lay_out_workspace(folder)
    assert {str(path.relative_to(folder)) for path in written} == {
        "siaga24.yaml", ".gitignore", "README.md", "schema/agency.json", "schema/settings.json", "contoh.yaml",
    }
    [checked] = check_agencies(open_workspace(folder))
    assert (checked.findings.faults, checked.findings.warnings) == ([], [])
    assert ".siaga24/" in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_every_definition_names_its_schema_in_the_first_line(tmp_path):
    lay_out_workspace(tmp_path)
    for path in tmp_path.glob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        mark, schema = first.split("$schema=./")
        assert mark == "# yaml-language-server: "
        assert (tmp_path / schema).is_file()


def test_a_second_time_nothing_is_written(tmp_path):
    lay_out_workspace(tmp_path)
    before = contents(tmp_path)
    assert lay_out_workspace(tmp_path) == []
    assert contents(tmp_path) == before


def test_in_a_workspace_only_what_is_missing_and_old_schema_files_are_written(tmp_path):
    lay_out_workspace(tmp_path)
    (tmp_path / "siaga24.yaml").write_text("version: 1\ndomain: milik.example\n", encoding="utf-8")
    (tmp_path / "contoh.yaml").unlink()
    (tmp_path / "README.md").unlink()
    (tmp_path / "schema" / "agency.json").write_text("{}", encoding="utf-8")
    assert {path.name for path in lay_out_workspace(tmp_path)} == {"README.md", "agency.json"}
    assert "milik.example" in (tmp_path / "siaga24.yaml").read_text(encoding="utf-8")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "tesis.doc").touch()
    with pytest.raises(UsageError, match=r'is not empty and no workspace \(it holds "tesis.doc"\); name a new or an empty folder'):
        lay_out_workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tesis.doc"]


def test_a_folder_under_version_control_counts_as_empty(tmp_path):
    (tmp_path / ".git").mkdir()
    assert lay_out_workspace(tmp_path)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "x").touch()
    with pytest.raises(UsageError, match="is a file; name a folder"):
        lay_out_workspace(tmp_path / "x")


def test_new_agencies_get_subnets_and_ports_of_their_own(tmp_path):
    lay_out_workspace(tmp_path)
    workspace = open_workspace(tmp_path)
    for number in range(4):
        write_agency(workspace, NewAgency(code=f"dinas-{number}", name="Dinas"))
    agencies = workspace.agencies()
    assert len({agency.subnet for agency in agencies}) == 5
    assert [agency.gateway.https_port for agency in agencies if agency.gateway] == [8443, 8444, 8445, 8446, 8447]


@pytest.mark.parametrize("name", ['Dinas "Kota": #1', "no", "0123", "Dinas\\Kota", "Badan \u2013 Pusat é", "- a", "{x}", "@{code}"])
def test_any_name_is_written_so_that_it_reads_back(tmp_path, name):
    lay_out_workspace(tmp_path)
    workspace = open_workspace(tmp_path)
    write_agency(workspace, NewAgency(code="dinas", name=name, time_zone="Asia/Jayapura", kind="ministry", tier="gold"))
    agency = workspace.agency("dinas")
    assert (agency.name, agency.time_zone, agency.kind, agency.tier) == (name, "Asia/Jayapura", "ministry", "gold")


@pytest.mark.parametrize(("new", "words"), [
    (NewAgency(code="Dinas Kota", name="x"), 'is no code; .* write it such as "dinas-kota"'),
    (NewAgency(code="roster", name="x"), "is the name of another file of a workspace"),
    (NewAgency(code="dinas", name="x", time_zone="WITA"), "is no time zone; .* write Asia/Makassar"),
    (NewAgency(code="dinas", name=" "), "the name is empty"),
    (NewAgency(code="dinas", name="a\nb"), "line breaks"),
    (NewAgency(code="../dinas", name="x"), "is no code"),
    (NewAgency(code="contoh", name="x"), "is there already; choose another code, or edit it"),
])
def test_what_cannot_be_an_agency_is_refused_and_nothing_is_written(tmp_path, new, words):
    lay_out_workspace(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=words):
        write_agency(open_workspace(tmp_path), new)
    assert contents(tmp_path) == before


def test_a_template_with_a_name_that_nothing_fills_is_our_own_fault():
    with pytest.raises(KeyError):
        render("a: @{b}", {})


def test_comments_stay_in_their_column():
    assert render("kode: @{x}                      # satu", {"x": "dinkes"}) == f"{'kode: dinkes':<38} # satu"


def test_files_are_for_everybody_to_read_and_only_the_owner_to_write(tmp_path):
    lay_out_workspace(tmp_path)
    assert not any(path.stat().st_mode & (stat.S_IWOTH | stat.S_IXUSR) for path in tmp_path.rglob("*") if path.is_file())
