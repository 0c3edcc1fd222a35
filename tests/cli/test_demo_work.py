"""Commands of several agencies run side by side; what each says is told under its agency's code, and how it ended."""

from __future__ import annotations

import io
import os

from rich.console import Console

from cli.demo_work import side_by_side


def test_each_line_stands_after_its_agency_and_each_end_is_known():
    printed = io.StringIO()
    works = side_by_side(
        {"satu": ("--version",), "dua": ("agensy",)}, os.environ, Console(file=printed, width=200), "starting",
    )
    assert [(work.agency, work.code) for work in works] == [("satu", 0), ("dua", 2)]
    lines = printed.getvalue().splitlines()
    assert "satu: siaga24, version " in printed.getvalue()
    assert any(line.startswith("dua: ") and "agensy" in line for line in lines)


def test_a_failed_command_has_its_sentence():
    works = side_by_side(
        {"satu": ("demo", "--down", "--keep")}, os.environ, Console(file=io.StringIO(), width=200), "starting",
    )
    assert works[0].code == 2
    assert "--down removes the demo and goes with no other option" in works[0].error


def test_on_a_terminal_each_agency_has_one_line_that_ends_with_a_mark():
    printed = io.StringIO()
    screen = Console(file=printed, width=100, force_terminal=True, color_system=None, legacy_windows=False)
    side_by_side({"satu": ("--version",), "dua": ("agensy",)}, os.environ, screen, "starting")
    lines = printed.getvalue().splitlines()
    assert any("✓ satu" in line for line in lines)
    assert any("✗ dua" in line and "agensy" in line for line in lines)
