"""Both languages say the same things, with the same values filled in."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import monitors.reports
from monitors.core.attribution import Owner
from monitors.core.dispute import DisputeState
from monitors.core.maintenance import Standing
from monitors.core.nation import GROUPINGS
from monitors.core.wording import Language
from monitors.reports.issue import FIGURES
from monitors.reports.words import Words, read_words

ID, EN = read_words(Language.ID), read_words(Language.EN)


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_phrases_with_the_same_holes():
    assert {key: holes(text) for key, text in ID["phrases"].items()} == {
        key: holes(text) for key, text in EN["phrases"].items()
    }
    assert [holes(text) for _, text in ID["method"]] == [holes(text) for _, text in EN["method"]]


@pytest.mark.parametrize("told", [ID, EN], ids=["id", "en"])
def test_every_owner_standing_and_state_has_a_word(told):
    assert set(told["owners"]) == {owner.value for owner in Owner}
    assert set(told["standings"]) == {standing.value for standing in Standing}
    assert set(told["disputes"]) == {state.value for state in DisputeState}


@pytest.mark.parametrize("language", list(Language))
def test_every_figure_that_versions_are_compared_by_has_a_name(language):
    assert len({Words(language).figure(figure) for figure in FIGURES}) == len(FIGURES)


def test_no_phrase_lies_unused():
    code = "".join(path.read_text() for path in Path(monitors.reports.__file__).parent.glob("*.py"))
    named = set(re.findall(r"[\"']([a-z_]+)[\"']", code)) | {f"figure_{figure}" for figure in FIGURES}
    named |= {f"by_{grouping}" for grouping in GROUPINGS}
    assert set(ID["phrases"]) - named - {"monthly", "quarterly", "draft", "final", "reissued"} == set()
