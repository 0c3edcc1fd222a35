"""Tables, JSON and CSV say the same; colour never reaches a pipe."""

from __future__ import annotations

import json

from rich.text import Text

from cli import output
from cli.output import print_csv, print_json, print_table, verdict_text


def test_a_table_in_a_pipe_has_no_colour_and_is_not_cut(capsys):
    long = "x" * 90
    print_table(["service", "verdict"], [[long, verdict_text("down")]], title="now")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert long in out
    assert "down" in out


def test_markup_in_a_cell_stays_text(capsys):
    print_table(["reason"], [["[red]not a colour[/red]"]])
    assert "[red]not a colour[/red]" in capsys.readouterr().out


def test_json_keeps_every_letter_readable(capsys):
    print_json({"name": "Dinas Kesehatan Kota Bandung, é"})
    out = capsys.readouterr().out
    assert "é" in out
    assert json.loads(out)["name"].endswith("é")


def test_csv_quotes_what_must_be_quoted(capsys):
    print_csv(["a", "b"], [['say "halo"', "x,y"], [Text("up", style="green"), 3]])
    assert capsys.readouterr().out == 'a,b\n"say ""halo""","x,y"\nup,3\n'


def test_csv_disarms_a_cell_that_a_spreadsheet_would_run(capsys):
    print_csv(["name"], [["=HYPERLINK(1)"], ["-1+2"], ["-5.5"]])
    assert capsys.readouterr().out == "name\n'=HYPERLINK(1)\n'-1+2\n-5.5\n"


def test_on_a_narrow_terminal_only_folded_columns_get_more_lines(monkeypatch, capsys):
    monkeypatch.setattr(output, "PIPE_WIDTH", 40)
    output.print_table(("code", "name"), [("dinas-kependudukan-jayapura", "Dinas Kependudukan")], folded=("name",))
    shown = capsys.readouterr().out
    assert "dinas-kependudukan-jayapura" in shown
    assert "Dinas Kependudukan" not in shown
