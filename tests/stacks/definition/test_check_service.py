"""Rules between the keys of a service that the broken files do not show."""

from __future__ import annotations

import pytest

from stacks import yamlio
from stacks.definition.check_service import check_service
from stacks.definition.faults import Findings, Place
from stacks.definition.grammar_service import SERVICE
from stacks.tiers import standard_tiers

HOSTED = "name: A\nimage: a:1\nport: 80\ntransactions: {t: {steps: [{get: /}]}}\n"
EXTERNAL = "name: A\nhosting: external\nurl: https://a.example\ntransactions: {t: {steps: [{get: /}]}}\n"


def faults_of(text, folder):
    findings = Findings(file="a.yaml")
    record = SERVICE.read(yamlio.read(text.encode()), Place(findings=findings, line=1))
    assert record is not None
    check_service(record, standard_tiers()["silver"], folder)
    return findings.lines()


@pytest.mark.parametrize("text", [HOSTED, EXTERNAL, HOSTED + "volumes: {a: /data, b: /data2}\n", HOSTED + "database: {own: {memory: 1GiB}}\n"])
def test_a_good_service_has_no_fault(text, tmp_path):
    assert faults_of(text, tmp_path) == ()


def test_an_external_service_is_told_of_every_key_that_hosting_needs(tmp_path):
    faults = faults_of(EXTERNAL + "replicas: 2\nenv: {A: b}\nworkers: {w: {command: [x]}}\n", tmp_path)
    assert [fault.split(": ")[1] for fault in faults] == ["replicas", "env", "workers"]


def test_the_same_path_for_two_volumes_is_told(tmp_path):
    [fault] = faults_of(HOSTED + "volumes: {a: /data, b: /data}\n", tmp_path)
    assert 'its path /data is also that of "a"' in fault


@pytest.mark.parametrize(("env", "what"), [("DATABASE_URL", "is made from the database"), ("DATABASE_URL_FILE", "is set by the toolkit")])
def test_nothing_else_may_set_where_the_database_is(env, what, tmp_path):
    [fault] = faults_of(HOSTED + f"database: own\nenv: {{{env}: x}}\n", tmp_path)
    assert what in fault


def test_a_name_is_a_secret_or_a_variable(tmp_path):
    [fault] = faults_of(HOSTED + "secrets: [KODE]\nenv: {KODE: x}\n", tmp_path)
    assert "env/KODE: KODE is also a secret" in fault


@pytest.mark.parametrize(("content", "what"), [(None, "cannot be read: no such file"), ("x", "holds no PEM certificate")])
def test_the_certificates_to_trust_are_looked_at(content, what, tmp_path):
    if content:
        (tmp_path / "ca.pem").write_text(content, encoding="utf-8")
    [fault] = faults_of(EXTERNAL + "ca: ca.pem\n", tmp_path)
    assert what in fault


def test_one_primary_transaction_among_several_is_enough(tmp_path):
    text = HOSTED.replace("{t: ", "{u: {primary: false, steps: [{get: /}]}, t: ")
    assert faults_of(text, tmp_path) == ()
