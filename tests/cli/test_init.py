"""``siaga24 init``: a workspace in one command, and the next one to type."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cli.agency import agency
from cli.init import init
from monitors.core.errors import UsageError


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIAGA24_WORKSPACE", raising=False)
    return tmp_path


def test_init_lays_out_a_workspace_and_offers_the_next_commands(somewhere):
    shown = CliRunner().invoke(init, ["agencies"])
    assert shown.exit_code == 0
    assert shown.output == (
        "wrote agencies/siaga24.yaml\nwrote agencies/.gitignore\nwrote agencies/README.md\nwrote agencies/schema/agency.json\n"
        "wrote agencies/schema/settings.json\nwrote agencies/contoh.yaml\n\nNext:\n  cd agencies\n"
        "  siaga24 agency show contoh\n  siaga24 agency validate\n"
        '  siaga24 agency new dinkes-bandung --name "Dinas Kesehatan Kota Bandung"\n'
    )
    assert CliRunner().invoke(agency, ["validate", "--workspace", "agencies"]).output == "1 file with 1 service: all good\n"


def test_init_of_a_workspace_changes_nothing(somewhere):
    CliRunner().invoke(init, ["agencies"])
    shown = CliRunner().invoke(init, ["agencies"])
    assert (shown.exit_code, shown.output) == (0, "agencies is a workspace already; nothing was missing\n")


def test_init_of_this_folder_needs_no_change_of_folder(somewhere):
    assert "cd " not in CliRunner().invoke(init, ["."]).output


def test_init_refuses_a_folder_that_holds_something_else(somewhere):
    (somewhere / "tesis.doc").touch()
    with pytest.raises(UsageError, match="is not empty and no workspace"):
        CliRunner().invoke(init, ["."], catch_exceptions=False)
