"""The ``siaga24`` command: the group, and the one place where an error becomes an exit code.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 done in part (import), 130 interrupted. Commands are imported when they are
called, so that the monitor starts without Docker's or Pulumi's packages.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version

import click

from cli.output import error_console
from monitors.core.errors import DefinitionError, Siaga24Error

INTERRUPTED = 130

# command -> module of cli/ that holds an object of that name, and the line that `siaga24 --help` shows
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Lay out a new workspace."),
    "agency": ("agency", "Write, list, show and check agency definitions."),
    "import": ("importing", "Make definitions of what other tools have."),
    "stack": ("stack", "Provision the hosting stack of an agency."),
    "monitor": ("monitor", "Run the transactions of all services."),
    "watch": ("watch", "Watch one URL at once, with no definition."),
    "sla": ("sla_group", "Show what was kept of the promise."),
    "report": ("report", "Write reports that a ministry signs."),
    "incident": ("incident", "List and show incidents."),
    "attribution": ("attribution", "Show and decide whose the down time was."),
    "dispute": ("dispute", "Dispute a figure, answer, rule, and list disputes."),
    "maintenance": ("maintenance", "Announce, approve and list planned maintenance."),
    "retirement": ("retirement", "Retire a service by a dated, approved decision."),
    "ledger": ("ledger", "Look into the ledger and check it."),
    "doctor": ("doctor", "Tell what this machine has and lacks."),
    "demo": ("demo", "Provision the sample agencies and watch them."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order of a first day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"cli.{module}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"cli.{module}.{cmd_name} is not a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str],
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; near names are told where there is none (click looks among the imported ones only)."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("siaga24"), prog_name="siaga24")
def main() -> None:
    """Provision government services and keep, prove and show their 24-hour promise.

    \b
    A first look, with no definition:   siaga24 watch https://example.go.id
    A first workspace:                  siaga24 init my-agencies
    What this machine lacks:            siaga24 doctor
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped


def run() -> None:
    """Run the command line and turn every error that is told in a sentence into an exit code."""
    try:
        code = main(standalone_mode=False)
    except click.exceptions.Abort:
        error_console().print("interrupted", style="yellow", markup=False)
        sys.exit(INTERRUPTED)
    except KeyboardInterrupt:
        error_console().print("interrupted", style="yellow", markup=False)
        sys.exit(INTERRUPTED)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except DefinitionError as exc:  # its lines are places in files: an editor can jump to them as they are
        error_console().print(str(exc), style="red", markup=False, soft_wrap=True)
        sys.exit(exc.exit_code)
    except Siaga24Error as exc:
        error_console().print(f"error: {exc}", style="red", markup=False, soft_wrap=True)
        sys.exit(exc.exit_code)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
