"""A day's root covers each leaf of each agency, and an agency can show that its root is below it."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.seal_day import Leaf, day_tree
from monitors.core.seal_tree import root_of_path


def some_leaves(agencies: int, services: int) -> list[Leaf]:
    return [
        Leaf(agency=f"a{agency}", day="2026-11-24", service=f"s{service}", digest=hashlib.sha256(b"%d" % number).digest())
        for number, (agency, service) in enumerate((a, s) for a in range(agencies) for s in range(services))
    ]


def test_two_agencies_of_two_services_worked_by_hand() -> None:
    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    one, two, three, four = (leaf.digest for leaf in some_leaves(2, 2))
    assert day_tree(some_leaves(2, 2)).root == node(node(one, two), node(three, four))


@given(st.integers(1, 5), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_order_in_which_leaves_come_does_not_matter(agencies: int, services: int, chance: random.Random) -> None:
    leaves = some_leaves(agencies, services)
    mixed = list(leaves)
    chance.shuffle(mixed)
    assert day_tree(mixed) == day_tree(leaves)


@given(st.integers(1, 6), st.integers(1, 3), st.data())
def test_an_agency_shows_its_root_alone(agencies: int, services: int, data: st.DataObject) -> None:
    leaves = some_leaves(agencies, services)
    agency = f"a{data.draw(st.integers(0, agencies - 1))}"
    whole = day_tree(leaves)
    alone = day_tree(leaf for leaf in leaves if leaf.agency == agency)
    place, path = whole.path_of(agency)
    assert root_of_path(alone.root, place, len(whole.roots), path) == whole.root


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_any_other_leaf_makes_another_root(agencies: int, services: int, data: st.DataObject) -> None:
    leaves = some_leaves(agencies, services)
    at = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves[:at], replace(leaves[at], digest=b"\x07" * 32), *leaves[at + 1:]]
    assert day_tree(changed).root != day_tree(leaves).root
    assert day_tree([*leaves[:at], *leaves[at + 1:]]).root != day_tree(leaves).root


def test_an_agency_without_a_leaf_has_no_path() -> None:
    with pytest.raises(ValueError, match="not in"):
        day_tree(some_leaves(1, 1)).path_of("other")
