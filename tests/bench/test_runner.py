"""The frame of the benchmarks tells what was measured, judges by the direction, and keeps earlier figures."""

from __future__ import annotations

import json

import pytest

from tests.bench.__main__ import main
from tests.bench.base import BenchError, Direction, Figure, benchmark, median, ratio
from tests.bench.runner import find, line, run_all


@benchmark(unit="s", target="<= 8")
def waiting() -> Figure:
    """Wait for nothing."""
    return median([9.0, 7.0, 8.0])


@benchmark(unit="runs/s", target=">= 20000")
def writing() -> Figure:
    """Write nothing."""
    return Figure(value=19_999.0)


@benchmark(unit="s")
def broken() -> Figure:
    """Cannot run."""
    raise BenchError("no engine answers; start it")


def test_a_target_is_met_at_its_bound_and_missed_beyond_it():
    assert waiting.direction is Direction.AT_MOST
    assert [waiting.is_met(value) for value in (8.0, 8.01)] == [True, False]
    assert [writing.is_met(value) for value in (20_000.0, 19_999.9)] == [True, False]
    assert broken.is_met(1.0) is None


def test_the_line_says_name_value_unit_target_and_judgement():
    assert line(waiting, waiting.measure(), 8).split() == ["waiting", "8", "s", "<=", "8", "met"]
    assert line(writing, writing.measure(), 8).split() == ["writing", "19999", "runs/s", ">=", "20000", "missed"]


def test_a_figure_keeps_its_single_measurements_and_their_spread():
    figure = waiting.measure()
    assert (figure.value, figure.repeats, figure.spread) == (8.0, (9.0, 7.0, 8.0), 2.0)


def test_a_ratio_is_ours_over_the_peer_and_keeps_both():
    figure = ratio([300.0, 100.0, 200.0], [50.0, 100.0, 200.0], peer_name="other", unit="probes/s")
    assert figure.value == 2.0
    assert figure.parts == {"ours": 200.0, "peer": 100.0, "peer_name": "other", "unit": "probes/s"}


def test_a_ratio_to_a_peer_that_did_nothing_is_no_figure():
    with pytest.raises(BenchError, match="other measured 0"):
        ratio([1.0], [0.0], peer_name="other", unit="s")


def test_a_missed_target_is_no_failure_and_one_that_cannot_run_is(tmp_path, capsys):
    out = tmp_path / "build" / "bench.json"
    assert run_all([writing], out) == 0
    assert run_all([broken, waiting], out) == 1
    printed = capsys.readouterr()
    assert "error: broken: no engine answers; start it" in printed.err
    assert printed.out.splitlines()[-1].endswith("met")


def test_figures_of_other_benchmarks_stay_in_the_file(tmp_path):
    out = tmp_path / "bench.json"
    run_all([writing], out)
    run_all([waiting], out)
    results = json.loads(out.read_text(encoding="utf-8"))["results"]
    assert sorted(results) == ["waiting", "writing"]
    assert results["waiting"]["repeats"] == [9.0, 7.0, 8.0]
    assert results["waiting"]["machine"]["cores"] >= 1


def test_every_benchmark_of_the_folder_is_found_under_the_name_of_its_file():
    found = find()
    assert {"stack_up", "stack_up_unchanged", "demo_up"} <= set(found)
    assert all(one.measure.__module__ == f"tests.bench.{name}" for name, one in found.items())


def test_an_unknown_name_is_wrong_use_and_a_near_one_is_suggested(capsys):
    assert main(["stack_upp"]) == 2
    assert 'no benchmark "stack_upp"; did you mean "stack_up' in capsys.readouterr().err


def test_the_list_runs_nothing_and_tells_targets(capsys):
    assert main(["--list"]) == 0
    line = next(text for text in capsys.readouterr().out.splitlines() if text.startswith("stack_up "))
    assert "<= 30" in line
