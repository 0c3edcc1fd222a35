"""Probes: one protocol each, started on the event loop, answered by callback.

``PROBES`` maps the kind of a step to what makes such steps ready; a new protocol is a file here and a line below.
The libraries of the protocols beside HTTP are loaded when a definition first asks for one: most never do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from monitors.core.model import OTHER_PROTOCOLS
from monitors.probes.coroutine import CoroutineKind
from monitors.probes.http_step import HttpKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.core.model import Step, Target
    from monitors.probes.base import StepKind
    from monitors.probes.coroutine import Question
    from monitors.probes.desk import Desk


def _of(protocol: str) -> Callable[[Desk], StepKind]:
    def make(desk: Desk, target: Target, step: Step) -> Question:
        question: Question = import_module(f"monitors.probes.{protocol}").make(desk, target, step)
        return question

    return lambda desk: CoroutineKind(desk, make)


PROBES: dict[str, Callable[..., StepKind]] = {
    "http": HttpKind,
    # monitors/probes/dns.py and so on: each has a function ``make``
    **{protocol: _of(protocol) for protocol in OTHER_PROTOCOLS},
}


def other_kinds(desk: Desk) -> dict[str, StepKind]:
    """Give the kinds of steps beside HTTP, on one desk."""
    return {protocol: PROBES[protocol](desk) for protocol in OTHER_PROTOCOLS}
