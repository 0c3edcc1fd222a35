"""Near names."""

from __future__ import annotations

from stacks.definition.near import listed, meant, near


def test_a_typing_error_finds_the_name_that_was_meant():
    assert near("replica", ["replicas", "resources"]) == "replicas"


def test_case_and_underscores_do_not_count():
    assert near("Time-Zone", ["time_zone", "tier"]) == "time_zone"


def test_what_is_like_nothing_gets_the_other_sentence():
    assert meant("xyz", ["name"], "remove it") == "remove it"


def test_a_long_list_of_names_is_cut_and_counted():
    assert listed([str(number) for number in range(30)], most=3) == "0, 1, 2 and 27 more"
