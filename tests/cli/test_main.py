"""The root of the command line: lazy, documented, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from cli import main as root
from monitors.core.errors import DefinitionError, LedgerError


def every_command(group=root.main, path=("siaga24",)):
    """All commands with their words, groups included."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


COMMANDS = dict(every_command())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_and_option_has_help(words):
    command = COMMANDS[words]
    assert command.help, f"{words}: no help text"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{words}: option {parameter.name} has no help"


@pytest.mark.parametrize("words", [w for w, c in COMMANDS.items() if not isinstance(c, click.Group)], ids=" ".join)
def test_every_command_shows_an_example(words):
    shown = CliRunner().invoke(root.main, [*words[1:], "--help"]).output
    assert " ".join(words) in shown.split("Options:")[0].split("\n", 2)[-1], f"{words}: no example in its help"


def test_the_list_of_commands_imports_none_of_them():
    script = (
        "import sys; from click.testing import CliRunner; from cli.main import main;"
        "out = CliRunner().invoke(main, ['--help']); assert out.exit_code == 0, out.output;"
        "print([m for m in ('docker', 'pulumi', 'pycurl', 'ruamel.yaml') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def run_with(monkeypatch, capsys, error):
    """Exit code and standard error of ``siaga24`` where a command raises ``error``."""
    def failing(**_):
        raise error

    monkeypatch.setattr(root, "main", failing)
    with pytest.raises(SystemExit) as caught:
        root.run()
    return caught.value.code, capsys.readouterr().err


def test_a_fault_in_a_definition_is_wrong_use(monkeypatch, capsys):
    code, err = run_with(monkeypatch, capsys, DefinitionError(["a.yaml:1: x: is [b]; was expected; mend"]))
    assert code == 2
    assert err == "a.yaml:1: x: is [b]; was expected; mend\n"


def test_a_failure_of_ours_is_exit_code_1(monkeypatch, capsys):
    code, err = run_with(monkeypatch, capsys, LedgerError("the disk is full"))
    assert (code, err) == (1, "error: the disk is full\n")


def test_ctrl_c_is_exit_code_130(monkeypatch, capsys):
    code, err = run_with(monkeypatch, capsys, KeyboardInterrupt())
    assert (code, err) == (130, "interrupted\n")


def test_an_unknown_command_is_wrong_use_and_names_a_near_one():
    result = subprocess.run(
        [sys.executable, "-c", "from cli.main import run; run()", "stak"],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )
    assert result.returncode == 2
    assert "stak" in result.stderr
    assert "stack" in result.stderr
