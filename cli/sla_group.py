"""The group ``siaga24 sla``, which loads the command that is called: the nation's statement stands within a second.

All others lie in ``cli/sla.py``, which is read when one of them is called or help is asked for.
"""

from __future__ import annotations

import importlib

import click


class SlaGroup(click.Group):
    """Loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return _others().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give the command, or None where there is none of that name."""
        if cmd_name == "nation":
            command = importlib.import_module("cli.nation").nation_command
            return command if isinstance(command, click.Command) else None
        return _others().get_command(ctx, cmd_name)


def _others() -> click.Group:
    group = importlib.import_module("cli.sla").sla
    if not isinstance(group, click.Group):
        raise TypeError("cli.sla.sla is no click group")
    return group


@click.group(cls=SlaGroup)
def sla() -> None:
    """Show what was kept of the promise."""
