"""Probes: one protocol each, started on the event loop, answered by callback.

``PROBES`` maps the kind of a step to what makes such steps ready; a new protocol is a file here and a line below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.probes.http_step import HttpKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.probes.base import StepKind

PROBES: dict[str, Callable[..., StepKind]] = {"http": HttpKind}
