"""Settings of a monitor: what is taken, and the words for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from monitors.settings import DEFAULT_LISTEN, Listen, MonitorSettings


@pytest.mark.parametrize(("text", "host", "port"), [
    ("127.0.0.1:9924", "127.0.0.1", 9924), ("[::1]:80", "::1", 80), ("monitor.example:0", "monitor.example", 0),
])
def test_an_address_is_read_and_written_back(text: str, host: str, port: int):
    listen = Listen.parse(f" {text} ")
    assert (listen.host, listen.port, str(listen)) == (host, port, text)


@pytest.mark.parametrize("text", ["", "9924", ":9924", "127.0.0.1", "127.0.0.1:", "::1:80", "a:70000", "a:-1", "a b:1", "[]:1"])
def test_what_is_no_address_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError) as error:
        Listen.parse(text)
    assert str(error.value) == f'listen "{text}": expected HOST:PORT, for example 127.0.0.1:9924'


def a_setting(**given) -> MonitorSettings:
    defaults = {"targets": (Path("targets"),), "ledger": Path("ledger.sqlite"), "listen": Listen.parse(DEFAULT_LISTEN)}
    return MonitorSettings(**{**defaults, **given})


def test_the_monitor_listens_on_loopback_unless_told_otherwise():
    assert Listen.parse(DEFAULT_LISTEN).host == "127.0.0.1"


@pytest.mark.parametrize("name", ["local", "jakarta-1", "dc.surabaya_2", "9"])
def test_a_vantage_is_a_short_name(name: str):
    assert a_setting(vantage=name).vantage == name


@pytest.mark.parametrize("name", ["", "Jakarta", "a b", "-a", "a" * 64, "é"])
def test_a_vantage_that_would_not_do_as_a_label_is_refused(name: str):
    with pytest.raises(UsageError, match="expected lower-case letters, digits, dots and dashes, as in jakarta-1"):
        a_setting(vantage=name)


def test_a_monitor_without_targets_or_runs_is_refused():
    with pytest.raises(UsageError, match="no targets: expected at least one document or folder"):
        a_setting(targets=())
    with pytest.raises(UsageError, match="most runs at once 0: expected 1 or more"):
        a_setting(most_runs_at_once=0)


def test_a_canary_that_is_none_is_refused_in_the_words_of_a_person():
    with pytest.raises(UsageError) as error:
        a_setting(canaries=("https://bmkg.go.id/", "10.0.0.1"))
    assert str(error.value) == (
        'canary "10.0.0.1": expected a URL or HOST:PORT, for example https://www.bmkg.go.id/ or 10.0.0.1:53'
    )


def test_times_are_not_negative():
    for given in ({"drain_ms": -1}, {"clock_stable_ms": -1}):
        with pytest.raises(UsageError, match="expected 0 or more"):
            a_setting(**given)
