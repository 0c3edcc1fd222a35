"""What Prometheus scrapes: the parser takes it, it equals what a registry makes, and the page about it is true."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics_families
from prometheus_client.parser import text_string_to_metric_families

from monitors.core.burnrate import WINDOWS_MS, Burn
from monitors.core.model import Outcome, Phases, Promise, Run, Verdict
from monitors.core.sla import Judgement, SlaStatement
from monitors.exposition import PIECE, escaped
from monitors.families import FAMILIES, VERDICTS
from monitors.metrics import MonitorMetrics, StateCollector, reference, series_of
from tests.factories import NOON_MS, FixedClock, a_run, a_step_result, a_target, a_transaction, a_try, some_runs
from tools import peers

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
OF_TRANSACTION = {"agency": "dinkes", "service": "antrean", "transaction": "ambil-nomor"}
OF_SERVICE = {"agency": "dinkes", "service": "antrean"}


@pytest.fixture
def states(clock: FixedClock) -> StateCollector:
    collector = StateCollector(lambda: clock.now_ms)
    collector.set_targets([a_target()])
    return collector


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read with prometheus_client's own parser."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(states: StateCollector, name: str, **labels: str) -> float | None:
    return samples(states.text()).get((name, tuple(sorted(labels.items()))))


def show(states: StateCollector, *runs: Run) -> None:
    for run in runs:
        states.update(run)


def a_statement(**given_) -> SlaStatement:
    defaults = {
        "agency": "dinkes", "service": "antrean", "month": "2026-01", "start_ms": 0, "end_ms": 2_000_000,
        "until_ms": 1_000_000, "is_final": False, "target": Decimal("99.5"), "up_ms": 700_000, "degraded_ms": 50_000,
        "down_ms": 50_000, "unknown_ms": 200_000, "possibly_down_ms": 260_000, "certainly_down_ms": 40_000, "runs": 30,
        "missed": 2, "first_try_failures": 3, "judgement": Judgement.RUNNING,
    }
    return SlaStatement(**{**defaults, **given_})


def test_how_fast_a_budget_burns_shows_by_window_and_nothing_where_nothing_burns(states: StateCollector):
    name = "siaga24_error_budget_burn_ratio"
    states.set_statement(a_statement())
    assert name not in {sample for sample, _ in samples(states.text())}
    rates = [Fraction(0), Fraction(1, 3000), Fraction(72, 5), Fraction(1000), None, None, Fraction(3)]
    states.set_statement(a_statement(), [
        Burn(length_ms=length, down_ms=1, known_ms=2, rate=rate) for length, rate in zip(WINDOWS_MS, rates, strict=True)
    ])
    shown = {
        dict(labels)["window"]: number for (sample, labels), number in samples(states.text()).items() if sample == name
    }
    assert shown == {"30m": 0.001, "1h": 14.4, "2h": 1000, "3d": 3}      # cut upwards: never better than it is


def test_before_its_first_run_a_service_is_unknown_and_its_series_are_there(states: StateCollector):
    assert value(states, "siaga24_service_up", **OF_SERVICE) is None
    assert value(states, "siaga24_service_verdict", **OF_SERVICE, verdict="unknown") == 1
    assert value(states, "siaga24_service_verdict", **OF_SERVICE, verdict="up") == 0
    assert value(states, "siaga24_runs_total", **OF_TRANSACTION, verdict="up") == 0
    assert value(states, "siaga24_transaction_interval_seconds", **OF_TRANSACTION) == 30
    assert value(states, "siaga24_promise_target_ratio", **OF_SERVICE) == 0.995


@pytest.mark.parametrize(("verdict", "up"), [(Verdict.UP, 1), (Verdict.DEGRADED, 1), (Verdict.DOWN, 0)])
def test_a_run_shows(states: StateCollector, verdict: Verdict, up: float):
    show(states, a_run(verdict=verdict))
    assert value(states, "siaga24_service_up", **OF_SERVICE) == up
    assert value(states, "siaga24_transaction_up", **OF_TRANSACTION) == up
    assert value(states, "siaga24_service_verdict", **OF_SERVICE, verdict=verdict.value) == 1
    assert value(states, "siaga24_runs_total", **OF_TRANSACTION, verdict=verdict.value) == 1
    assert value(states, "siaga24_transaction_last_run_timestamp_seconds", **OF_TRANSACTION) == NOON_MS / 1000


def test_durations_and_phases_are_in_seconds(states: StateCollector):
    show(states, a_run())
    assert value(states, "siaga24_transaction_duration_seconds", **OF_TRANSACTION) == 0.012
    assert value(states, "siaga24_transaction_phase_seconds", **OF_TRANSACTION, phase="tls") == 0.002
    assert value(states, "siaga24_transaction_phase_seconds", **OF_TRANSACTION, phase="first_byte") == 0.009


def test_failures_are_counted_by_step_and_first_tries_and_missed_runs_too(states: StateCollector):
    show(states, *some_runs("ddeu-"))
    assert value(states, "siaga24_step_failures_total", **OF_TRANSACTION, step="buka halaman") == 2
    assert value(states, "siaga24_first_try_failures_total", **OF_TRANSACTION) == 3
    assert value(states, "siaga24_runs_missed_total", **OF_TRANSACTION) == 1
    assert value(states, "siaga24_runs_total", **OF_TRANSACTION, verdict="unknown") == 1


def test_the_newest_run_holds_two_and_a_half_intervals(states: StateCollector, clock: FixedClock):
    show(states, a_run())
    clock.advance(74_999)
    assert value(states, "siaga24_service_up", **OF_SERVICE) == 1
    clock.advance(1)
    assert value(states, "siaga24_service_up", **OF_SERVICE) is None
    assert value(states, "siaga24_service_verdict", **OF_SERVICE, verdict="unknown") == 1


def test_a_run_that_comes_late_does_not_speak_for_now(states: StateCollector):
    late = a_run(sequence=0, verdict=Verdict.DOWN)
    show(states, a_run(sequence=1, started_ms=NOON_MS + 30_000), late)
    assert value(states, "siaga24_service_up", **OF_SERVICE) == 1
    assert value(states, "siaga24_runs_total", **OF_TRANSACTION, verdict="down") == 1


def test_after_a_resume_all_is_unknown_until_the_next_run(states: StateCollector, clock: FixedClock):
    show(states, a_run())
    clock.advance(20_000)
    states.reset(clock.now_ms)
    assert value(states, "siaga24_service_up", **OF_SERVICE) is None
    show(states, a_run(sequence=1, started_ms=clock.now_ms))
    assert value(states, "siaga24_service_up", **OF_SERVICE) == 1


def test_the_worst_transaction_makes_the_service_and_a_secondary_one_no_more_than_degraded(clock: FixedClock):
    states = StateCollector(lambda: clock.now_ms)
    states.set_targets([a_target(transactions=(
        a_transaction(name="a"), a_transaction(name="b"), a_transaction(name="c", primary=False),
    ))])
    show(states, a_run(transaction="a"), a_run(transaction="b"), a_run(transaction="c", verdict=Verdict.DOWN))
    assert value(states, "siaga24_service_verdict", **OF_SERVICE, verdict="degraded") == 1
    show(states, a_run(transaction="b", sequence=1, started_ms=NOON_MS + 1, verdict=Verdict.DOWN))
    assert value(states, "siaga24_service_up", **OF_SERVICE) == 0


def test_figures_of_the_month_show_once_they_are_there(states: StateCollector):
    assert value(states, "siaga24_availability_ratio", **OF_SERVICE) is None
    states.set_statement(a_statement())
    assert value(states, "siaga24_availability_ratio", **OF_SERVICE) == 750 / 800
    assert value(states, "siaga24_coverage_ratio", **OF_SERVICE) == 0.8
    assert value(states, "siaga24_error_budget_left_seconds", **OF_SERVICE) == 10 - 50
    states.set_statement(a_statement(up_ms=0, degraded_ms=0, down_ms=0, unknown_ms=1_000_000))
    assert value(states, "siaga24_availability_ratio", **OF_SERVICE) is None
    assert value(states, "siaga24_coverage_ratio", **OF_SERVICE) == 0


def test_targets_that_go_take_their_series_along_and_counts_of_the_others_go_on(states: StateCollector):
    other = a_target(service="rujukan")
    states.set_targets([a_target(), other])
    show(states, a_run(), a_run(service="rujukan"))
    states.set_targets([a_target(promise=Promise(target=Decimal("99.9")))])
    assert "rujukan" not in states.text()
    assert value(states, "siaga24_runs_total", **OF_TRANSACTION, verdict="up") == 1
    assert value(states, "siaga24_promise_target_ratio", **OF_SERVICE) == 0.999
    show(states, a_run(service="rujukan", sequence=1))
    states.set_statement(a_statement(service="rujukan"))
    assert "rujukan" not in states.text()


def test_a_changed_transaction_shows_its_new_interval_and_a_dropped_one_ends(states: StateCollector):
    states.set_targets([a_target(transactions=(a_transaction(interval_ms=60_000), a_transaction(name="b")))])
    assert value(states, "siaga24_transaction_interval_seconds", **OF_TRANSACTION) == 60
    states.set_targets([a_target(transactions=(a_transaction(name="b"),))])
    assert "ambil-nomor" not in states.text()


def test_the_fast_text_equals_what_a_registry_makes(clock: FixedClock):
    states = StateCollector(lambda: clock.now_ms)
    states.set_targets([
        a_target(), a_target(service="rujukan", transactions=(a_transaction(name='aneh "\\ nama'),)),
        a_target(agency="lain", service="kosong", transactions=()),
    ])
    show(states, *some_runs("uedn-"), a_run(service="rujukan", transaction='aneh "\\ nama', verdict=Verdict.DOWN))
    states.set_statement(a_statement())
    registry = CollectorRegistry()
    registry.register(states)
    assert samples(states.text()) == samples(generate_latest(registry).decode())


@given(st.text())
def test_any_label_value_survives_the_parser(text):
    shown = f'x{{a="{escaped(text)}"}} 1.0\n'
    if "\n" in escaped(text) or any(mark in text for mark in "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):
        return                           # the parser itself splits lines at these
    assert samples(shown) == {("x", (("a", text),)): 1.0}


def test_names_and_units_follow_the_practice_of_prometheus():
    for family in FAMILIES:
        assert family.name.startswith("siaga24_")
        assert (family.kind == "counter") == family.name.endswith("_total")
        assert not family.name.endswith(("_ms", "_us", "_percent", "_minutes"))
        assert family.help.endswith(".")


def full() -> MonitorMetrics:
    clock = FixedClock()
    metrics = MonitorMetrics(vantage="local", version="0.1.0", clock=lambda: clock.now_ms)
    metrics.states.set_targets([a_target()])
    show(metrics.states, *some_runs("ued"), a_run(sequence=9, outcome=Outcome.MISSED, verdict=Verdict.UNKNOWN))
    metrics.states.set_statement(a_statement())
    metrics.appended(runs=3, duration_s=0.004, lag_s=0.2, heartbeat_ms=NOON_MS)
    metrics.ledger_failed()
    metrics.backlog(4)
    metrics.late(0.02)
    metrics.in_flight(2)
    metrics.fault("suspended")
    return metrics


def test_the_monitors_own_counters_show():
    found = samples(full().render().decode())
    assert found["siaga24_ledger_runs_appended_total", ()] == 3
    assert found["siaga24_ledger_errors_total", ()] == 1
    assert found["siaga24_ledger_backlog_runs", ()] == 4
    assert found["siaga24_ledger_lag_seconds", ()] == 0.2
    assert found["siaga24_monitor_heartbeat_timestamp_seconds", ()] == NOON_MS / 1000
    assert found["siaga24_ledger_append_seconds_count", ()] == 1
    assert found["siaga24_run_lateness_seconds_sum", ()] == 0.02
    assert found["siaga24_runs_in_flight", ()] == 2
    assert found["siaga24_monitor_faults_total", (("kind", "suspended"),)] == 1
    assert found["siaga24_monitor_info", (("vantage", "local"), ("version", "0.1.0"))] == 1


def test_no_series_stands_there_twice():
    text = full().render().decode()
    lines = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    types = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(set(types))


PROMETHEUS_ACCEPTS = (                   # what Debian's Prometheus 2.42 sends
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


def test_open_metrics_is_given_to_who_accepts_it_and_the_text_format_to_others():
    metrics = full()
    assert metrics.answer()[0] == metrics.answer("*/*")[0] == "text/plain; version=0.0.4; charset=utf-8"
    assert metrics.answer(PROMETHEUS_ACCEPTS)[0].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")


def test_open_metrics_text_is_read_by_the_library_s_strict_parser_and_says_the_same():
    metrics = full()
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in open_metrics_families(metrics.render(PROMETHEUS_ACCEPTS).decode())
        for sample in family.samples
    }
    plain = samples(metrics.render().decode())
    of_services = {key for key in plain if not key[0].startswith(("process_", "python_")) and not key[0].endswith("_created")}
    assert {key: found[key] for key in of_services} == {key: plain[key] for key in of_services}


def test_a_text_of_many_services_comes_in_pieces(clock: FixedClock):
    states = StateCollector(lambda: clock.now_ms)
    states.set_targets([a_target(service=f"layanan-{number}") for number in range(2 * PIECE + 1)])
    pieces = list(states.pieces())
    assert "".join(pieces) == states.text()
    assert max(piece.count("\n") for piece in pieces) == PIECE * len(VERDICTS)


def test_a_service_has_as_many_series_as_the_page_says(states: StateCollector):
    run = a_run(tries=(a_try(steps=(a_step_result(
        phases=Phases(dns_us=1, connect_us=1, tls_us=1, first_byte_us=1, body_us=1), certificate_ends_ms=NOON_MS,
    ),)),))
    show(states, run)
    states.set_statement(a_statement(), [
        Burn(length_ms=length, down_ms=1, known_ms=1, rate=Fraction(1)) for length in WINDOWS_MS
    ])
    of_service = [key for key in samples(states.text()) if ("service", "antrean") in key[1]]
    assert len(of_service) == series_of(1)
    assert f"at most {series_of(1)} series" in reference()


def test_an_agency_s_runs_are_counted_by_how_long_they_took(states: StateCollector):
    show(states, a_run(), a_run(sequence=1), a_run(sequence=2, verdict=Verdict.UNKNOWN, outcome=Outcome.MISSED))
    found = samples(states.text())
    name = "siaga24_agency_run_duration_seconds"
    assert found[f"{name}_bucket", (("agency", "dinkes"), ("le", "0.05"))] == 2
    assert found[f"{name}_bucket", (("agency", "dinkes"), ("le", "+Inf"))] == 2
    assert found[f"{name}_count", (("agency", "dinkes"),)] == 2
    assert found[f"{name}_sum", (("agency", "dinkes"),)] == 0.024


def test_the_first_certificate_to_end_shows(states: StateCollector):
    show(states, a_run(tries=(a_try(steps=(
        a_step_result(certificate_ends_ms=NOON_MS + 86_400_000), a_step_result(certificate_ends_ms=NOON_MS),
        a_step_result(),
    )),)))
    assert value(states, "siaga24_tls_certificate_end_timestamp_seconds", **OF_TRANSACTION) == NOON_MS / 1000


def test_the_page_about_the_metrics_is_the_one_that_the_code_prints():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m monitors.metrics > docs/metrics.md"


@pytest.mark.engine
def test_promtool_finds_nothing_to_say():
    """Prometheus' own checker; ``make ready`` has it."""
    promtool = peers.find("promtool")
    assert promtool is not None, 'no promtool: run "make ready"'
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=full().render(), capture_output=True, check=False,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_flapping_is_shown_while_it_lasts(states: StateCollector, clock: FixedClock):
    assert value(states, "siaga24_transaction_flapping", **OF_TRANSACTION) == 0
    runs = some_runs("duuduud")
    show(states, *runs)
    assert value(states, "siaga24_transaction_flapping", **OF_TRANSACTION) == 1
    clock.now_ms = runs[-1].started_ms + 1_800_000
    assert value(states, "siaga24_transaction_flapping", **OF_TRANSACTION) == 0


def test_what_a_transaction_that_writes_has_left_of_its_day_shows_at_each_scrape():
    metrics, left = full(), {"dinkes/antrean/ambil-nomor": 4}
    name = ("siaga24_write_budget_left_tries", tuple(sorted(OF_TRANSACTION.items())))
    assert name not in samples(metrics.render().decode())
    metrics.watch_writes(lambda: list(left.items()))
    assert samples(metrics.render().decode())[name] == 4
    left["dinkes/antrean/ambil-nomor"] = 0
    assert samples(metrics.render().decode())[name] == 0
