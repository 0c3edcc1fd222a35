"""Options of ``siaga24 monitor run`` that say how many runs may be under way: in all, to one host, to one network."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from monitors.settings import DEFAULT_MOST_RUNS

if TYPE_CHECKING:
    from collections.abc import Callable

# option -> field of MonitorSettings, what it bounds, what holds without it
LIMITS = {
    "--most-runs": (
        "most_runs_at_once", "in all; what is due beyond waits for its turn",
        f"{DEFAULT_MOST_RUNS}, fewer where the system allows fewer open files",
    ),
    "--most-runs-a-host": ("most_runs_a_host", "to one host and port, so that one that hangs has no more", "a quarter"),
    "--most-runs-a-network": ("most_runs_a_network", "to one /24 of IPv4 or /48 of IPv6, loopback aside", "half"),
}


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it gets those that were used as ``limits``, by their fields."""
    @functools.wraps(command)
    def wrapper(*args: Any, **given: Any) -> Any:
        limits = {field: value for field, *_ in LIMITS.values() if (value := given.pop(field)) is not None}
        return command(*args, limits=limits, **given)

    for option, (field, what, usual) in reversed(LIMITS.items()):
        add = click.option(
            option, field, type=click.IntRange(1), metavar="RUNS",
            help=f"Most runs under way at once {what}.  [default: {usual}]",
        )
        wrapper = add(wrapper)
    return wrapper
