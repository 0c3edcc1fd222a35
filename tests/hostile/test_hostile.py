"""Every hostile server gets the right verdict with its reason in words, and its well-behaved twin reads ``up``.

All run once, together, as ``siaga24 monitor once`` runs them: real listeners, real probe, two tries, one verdict. Once
for each HTTP engine: libcurl for all, and the raw one, which leaves to libcurl what it does not take.
"""

from __future__ import annotations

import re

import pytest

from monitors.core.model import Run, Verdict
from tests.hostile.catalogue import CASES, Seen, see_all
from tests.hostile.stage import Stage

ENGINES = ("curl", "raw")
NAMES = [case.name for case in CASES]
# words of libraries and of programmers, which help nobody at night
JARGON = ("curl", "errno", "routines", "Traceback", "Error(", "0x", "exception", "None", "std::", "(no reason given)")


@pytest.fixture(scope="module")
def by_engine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Seen], Stage]]:
    return {
        name: see_all(tmp_path_factory.mktemp(f"hostile-{name}"), is_raw=name == "raw") for name in ENGINES
    }


@pytest.fixture(scope="module", params=ENGINES)
def all_seen(by_engine: dict[str, tuple[dict[str, Seen], Stage]], request: pytest.FixtureRequest) -> tuple[dict[str, Seen], Stage]:
    return by_engine[request.param]


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


@pytest.mark.parametrize("name", NAMES)
def test_both_engines_say_the_same_of_the_first_try(name: str, by_engine: dict[str, tuple[dict[str, Seen], Stage]]):
    # a second try is always libcurl's, and the run's reason is that one's: the first try tells the engines apart
    curl, raw = (by_engine[engine][0][name] for engine in ENGINES)
    assert [first_said(both) for both in (raw.bad, raw.good)] == [first_said(both) for both in (curl.bad, curl.good)]


def first_said(run: Run) -> tuple[str, list[tuple[object, ...]]]:
    """Give all that the first try says, numbers that differ from try to try left out."""
    attempt = run.tries[0]
    return attempt.fault, [
        (step.name, step.passed, step.too_slow, step.status, step.address, re.sub(r"[0-9.]+ (ms|µs|s|bytes)\b|:[0-9]{4,5}", "#", step.reason))
        for step in attempt.steps
    ]


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
