"""Tests that change one stack on the engine never run at the same time, and stacks that stand to the end come last."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.side_by_side import LAST, STAGE, group_of, rank, strays


@pytest.mark.parametrize(("test", "group"), [
    ("tests/stacks/engine/test_data.py::test_a[x::y]", "tests/stacks/engine/test_data.py"),
    ("tests/scenarios/test_e2e_hosting.py::test_a", "stage"),
    ("tests/scenarios/test_e2e_secrets.py::test_a", "stage"),
    ("tests/scenarios/test_prometheus.py::test_a", "tests/scenarios/test_prometheus.py"),
])
def test_a_test_belongs_to_the_stage_or_to_its_file(test: str, group: str) -> None:
    assert group_of(test) == group


def test_stacks_that_stand_to_the_end_come_last_the_longest_first() -> None:
    names = ["tests/stacks/engine/test_standing.py", "stage", "tests/tools/test_images.py", "tests/stacks/engine/test_release.py"]
    assert sorted(names, key=rank) == [names[2], names[1], names[3], names[0]]


def test_every_file_that_comes_last_is_there() -> None:
    assert all((Path(__file__).parents[1] / file).is_file() for file in LAST if file != STAGE)


def test_a_test_that_takes_the_stage_from_outside_of_its_group_is_named() -> None:
    good = ("tests/scenarios/test_e2e_secrets.py::test_a", ["stage", "whole_stage"])
    stray = ("tests/scenarios/test_new.py::test_b", ["whole_stage"])
    assert strays([good, stray]) == ["tests/scenarios/test_new.py::test_b"]
