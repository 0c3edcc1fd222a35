"""Which target of a monitor's documents is meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError

if TYPE_CHECKING:
    from monitors.core.model import Target


def find_target(known: tuple[Target, ...], key: str) -> Target:
    """Give the target ``agency/service``; UsageError with near names."""
    for target in known:
        if target.key == key:
            return target
    if not known:
        raise UsageError(f'no target "{key}": there are no targets yet; "siaga24 stack up AGENCY" makes them')
    keys = [target.key for target in known]
    near = difflib.get_close_matches(key, keys, n=1)
    meant = f'; did you mean "{near[0]}"' if near else ""
    shown = ", ".join(keys[:10]) + (f" and {len(keys) - 10} more" if len(keys) > 10 else "")
    raise UsageError(f'no target "{key}"{meant}; known targets: {shown}')
