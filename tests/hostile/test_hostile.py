"""Every hostile server gets the right verdict with its reason in words, and its well-behaved twin reads ``up``.

All run once, together, as ``siaga24 monitor once`` runs them: real listeners, real probe, two tries, one verdict.
"""

from __future__ import annotations

import re

import pytest

from monitors.core.model import Verdict
from tests.hostile.catalogue import CASES, Seen, see_all
from tests.hostile.stage import Stage

NAMES = [case.name for case in CASES]
# words of libraries and of programmers, which help nobody at night
JARGON = ("curl", "errno", "routines", "Traceback", "Error(", "0x", "exception", "None", "std::", "(no reason given)")


@pytest.fixture(scope="module")
def all_seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Seen], Stage]:
    return see_all(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def seen(all_seen: tuple[dict[str, Seen], Stage]) -> dict[str, Seen]:
    return all_seen[0]


def test_there_are_as_many_as_was_promised_and_each_has_a_name_of_its_own():
    assert len(set(NAMES)) == len(NAMES) >= 45


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_hostile_server_gets_its_verdict_its_step_and_its_reason(case, seen: dict[str, Seen]):
    run = seen[case.name].bad
    assert re.fullmatch(case.whole_reason, run.reason), run.reason
    assert (run.verdict, run.failed_step) == (case.verdict, case.failed_step)
    assert len(run.tries) == (2 if case.verdict is Verdict.DOWN else 1), "a failing try has a second one, our own fault none"


@pytest.mark.parametrize("name", NAMES)
def test_its_well_behaved_twin_is_up(name: str, seen: dict[str, Seen]):
    run = seen[name].good
    assert (run.verdict, run.reason) == (Verdict.UP, "")


def test_every_reason_is_one_line_that_speaks_no_jargon(seen: dict[str, Seen]):
    for name, both in seen.items():
        reason = both.bad.reason
        assert reason.isprintable(), name
        assert len(reason) < 300, name
        assert not [word for word in JARGON if word.lower() in reason.lower()], (name, reason)


def test_every_listener_was_really_reached(all_seen: tuple[dict[str, Seen], Stage]):
    _, stage = all_seen
    assert [listener.url for listener in stage.listeners if not listener.connections] == []


def test_nothing_meant_for_one_host_reached_another_that_it_redirected_to(all_seen: tuple[dict[str, Seen], Stage]):
    _, stage = all_seen
    assert len(stage.neighbour.asked) >= 4, "both tries of two cases are redirected there"
    for asked in stage.neighbour.asked:
        assert "rahasia" not in str(asked.headers)
        assert b"rahasia" not in asked.body
