"""Any change of a line changes the root, and a path proves one leaf of one tree and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitors.core.seal_tree import inclusion_path, leaf_digest, lines_digest, root_of_path, tree_root

LINE = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=8)
LEAVES = st.lists(st.lists(LINE, max_size=3), min_size=1, max_size=20)


def test_the_empty_root_and_the_empty_leaf_are_those_of_rfc_6962() -> None:
    assert tree_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_digest([]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_three_leaves_are_joined_two_and_one() -> None:
    one, two, three = (leaf_digest([text]) for text in "abc")
    pair = hashlib.sha256(b"\x01" + one + two).digest()
    assert tree_root([one, two, three]) == hashlib.sha256(b"\x01" + pair + three).digest()


def test_a_line_with_a_line_end_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2 holds"):
        lines_digest(["a", "b\nc"])


@given(LEAVES, st.data())
def test_every_leaf_is_proved_by_its_path(parts: list[list[str]], data: st.DataObject) -> None:
    leaves = [leaf_digest(part) for part in parts]
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(leaves, index)
    assert root_of_path(leaves[index], index, len(leaves), path) == tree_root(leaves)


@given(LEAVES, st.data(), st.lists(LINE, max_size=3))
def test_another_leaf_is_not_proved_by_that_path(parts: list[list[str]], data: st.DataObject, other: list[str]) -> None:
    leaves = [leaf_digest(part) for part in parts]
    index = data.draw(st.integers(0, len(leaves) - 1))
    assume(other != parts[index])
    path = inclusion_path(leaves, index)
    assert root_of_path(leaf_digest(other), index, len(leaves), path) != tree_root(leaves)
    assert root_of_path(leaves[index], index, len(leaves), (*path, b"\0" * 32)) != tree_root(leaves)


@given(LEAVES, LEAVES)
def test_other_lines_have_another_root(parts: list[list[str]], others: list[list[str]]) -> None:
    """A changed, removed, added or moved line or leaf."""
    same = tree_root([leaf_digest(part) for part in parts]) == tree_root([leaf_digest(part) for part in others])
    assert same == (parts == others)


@given(LEAVES, st.data())
def test_a_cut_off_line_or_a_cut_off_leaf_is_found(parts: list[list[str]], data: st.DataObject) -> None:
    root = tree_root([leaf_digest(part) for part in parts])
    index = data.draw(st.integers(0, len(parts) - 1))
    without = [part for number, part in enumerate(parts) if number != index]
    assert tree_root([leaf_digest(part) for part in without]) != root
    if parts[index]:
        shorter = [*parts[:index], parts[index][:-1], *parts[index + 1:]]
        assert tree_root([leaf_digest(part) for part in shorter]) != root
