"""Which tests on the engine stay with one worker when ``make test`` runs them side by side, and which come last.

A worker takes a group whole: the tests of a file, or of all files that change the one stage. Names, ports, subnets and
folders are each group's or each worker's own. Groups are told by paths: the process that deals them out knows no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadScopeScheduling

STAGE = "stage"
STAGE_FIXTURE = "whole_stage"
_STAGE_FILES = re.compile(r"tests/scenarios/test_e2e_\w+\.py")
# Their stacks stand to the worker's end, and their health checks would slow down everything after them; longest first.
LAST = (STAGE, *(f"tests/stacks/engine/test_{name}.py" for name in ("release", "data", "applied_truth", "standing")))


def group_of(nodeid: str) -> str:
    """Name the group of a test."""
    file = nodeid.partition("::")[0]
    return STAGE if _STAGE_FILES.fullmatch(file) else file


def rank(group: str) -> int:
    """Tell how late a group runs: 0 for most, more for those in LAST."""
    return LAST.index(group) + 1 if group in LAST else 0


def strays(uses: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Name the tests, given with their fixtures, that would change the stage from outside of its group."""
    return [nodeid for nodeid, fixtures in uses if STAGE_FIXTURE in fixtures and group_of(nodeid) != STAGE]


def arrange(items: list[pytest.Item]) -> None:
    """Put the groups in order. UsageError for a test that belongs to the stage by its fixture and not by its path."""
    if lost := strays((item.nodeid, getattr(item, "fixturenames", ())) for item in items):
        raise pytest.UsageError(f"{', '.join(lost)}: uses the stage, so its file must be named tests/scenarios/test_e2e_*")
    items.sort(key=lambda item: rank(group_of(item.nodeid)))


class Groups(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no type information
    """Deals out whole groups, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
