"""The standard tiers, and the settings of a workspace."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Network

import pytest

from monitors.core.errors import DefinitionError
from monitors.core.model import Step, Transaction
from monitors.core.provability import narrowest_target
from stacks.definition.grammar import TIERS
from stacks.model import Settings
from stacks.tiers import TEMPLATES, load_settings, load_tier, standard_tiers


def test_the_standard_tiers_are_those_of_the_grammar():
    assert set(standard_tiers()) == set(TIERS.meaning)


@pytest.mark.parametrize("code", list(TIERS.meaning))
def test_a_tier_fits_its_file_its_interval_and_its_promise(code):
    tier = standard_tiers()[code]
    assert tier.code == code
    assert 2 * tier.deadline_ms < tier.interval_ms
    usual = Transaction(name="x", steps=(Step(name="x"),), interval_ms=tier.interval_ms, deadline_ms=tier.deadline_ms)
    assert tier.promise.target <= narrowest_target([usual], Settings().lone_failures)


def test_tiers_grow_from_bronze_to_gold():
    bronze, silver, gold = (standard_tiers()[code] for code in ("bronze", "silver", "gold"))
    assert bronze.replicas < silver.replicas < gold.replicas
    assert bronze.promise.target < silver.promise.target < gold.promise.target
    assert bronze.interval_ms > silver.interval_ms > gold.interval_ms


def test_a_faulty_tier_is_told_like_any_file(tmp_path):
    path = tmp_path / "emas.yaml"
    path.write_text("version: 1\ncode: emas\nreplicas: 0\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as told:
        load_tier(path)
    assert any("replicas: 0 is out of range" in line for line in told.value.faults)
    assert any('the key "promise" is missing' in line for line in told.value.faults)


def test_settings_that_say_nothing_are_the_defaults(tmp_path):
    path = tmp_path / "siaga24.yaml"
    path.write_text("version: 1\n", encoding="utf-8")
    assert load_settings(path) == Settings()


def test_the_settings_of_a_new_workspace_are_the_defaults():
    assert load_settings(TEMPLATES / "workspace" / "siaga24.yaml") == Settings()


def test_settings_are_read(tmp_path):
    path = tmp_path / "siaga24.yaml"
    path.write_text(
        "version: 1\nnetwork: {pool: 10.0.0.0/20, prefix: 27}\ndomain: layanan.example\ndocker: {host: 'ssh://ops@a'}\n"
        "monitor: {listen: '127.0.0.1:1', vantage: papua, lone_failures: 0.1}\nwaves: [satu, dua]\n",
        encoding="utf-8",
    )
    assert load_settings(path) == Settings(
        pool=IPv4Network("10.0.0.0/20"), prefix=27, domain="layanan.example", docker_host="ssh://ops@a", listen="127.0.0.1:1",
        vantage="papua", lone_failures=Decimal("0.1"), waves=("satu", "dua"),
    )


def test_all_faults_of_the_settings_are_told_at_once(tmp_path):
    path = tmp_path / "siaga24.yaml"
    path.write_text("version: 1\nnetwork: {pool: 10.0.0.0/20, prefix: 16}\ndomian: x\nmonitor: {listen: 9924}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as told:
        load_settings(path)
    text = "\n".join(told.value.faults)
    assert "network/prefix: an agency's /16 is larger than the pool 10.0.0.0/20; expected a prefix from 20 to 28" in text
    assert 'domian: the key "domian" is not known' in text
    assert "monitor/listen: 9924 without quotes is read as a number" in text
