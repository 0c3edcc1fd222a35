"""Values in `env` that look like secrets are refused, and never repeated."""

from __future__ import annotations

import pytest

from stacks.definition.check_secret import check_env
from stacks.definition.faults import Findings, Place
from stacks.definition.shapes import Record


def faults_of(name, value):
    findings = Findings(file="a.yaml")
    check_env(Record(at=Place(findings=findings, line=1), values={name: value}))
    return findings.lines()


@pytest.mark.parametrize(("name", "value"), [
    ("ADMIN_PASSWORD", "hunter2"), ("DB_PASS", "hunter2"), ("API_KEY", "hunter2"), ("ACCESS_TOKEN", "hunter2"), ("JWT_SECRET", "hunter2"),
    ("password", "hunter2"), ("SECRET_KEY", "hunter2"), ("KATA_SANDI", "hunter2"), ("URL", "https://ops:hunter2@lain.example"),
    ("DSN", "host=db user=a password=hunter2"), ("CERT", "-----BEGIN RSA PRIVATE KEY-----\nhunter2"),
    ("BROKER", "amqp://guest:hunter2@mq:5672/"), ("DATABASE_URL", "postgresql://a:hunter2@db/a"),
])
def test_what_looks_like_a_secret_is_refused_and_not_repeated(name, value):
    [fault] = faults_of(name, value)
    assert "expected no secret in a definition" in fault
    assert "hunter2" not in fault


def test_the_way_to_mend_it_names_the_secret_and_its_file():
    [fault] = faults_of("smtp_password", "x")
    assert 'list SMTP_PASSWORD under "secrets"; the service reads the file that SMTP_PASSWORD_FILE names' in fault


def test_a_database_is_pointed_to_its_own_key():
    assert 'write "database: own"' in faults_of("DSN", "postgresql://a:b@db/a")[0]


@pytest.mark.parametrize(("name", "value"), [
    ("SECRET_KEY_FILE", "/run/secrets/SECRET_KEY"), ("PASSWORD_MIN_LENGTH", "12"), ("TOKEN_TTL", "3600"), ("REQUIRE_PASSWORD", "true"),
    ("OFFICE_NAME", "Puskesmas Garuda"), ("URL", "https://lain.example/a"), ("KEYBOARD", "qwerty"), ("PASSPORT_OFFICE", "Jayapura"),
    ("ADMIN_PASSWORD", ""), ("MAIL", "ops@lain.example"), ("URL", "https://[broken"),
])
def test_what_only_sounds_alike_passes(name, value):
    assert faults_of(name, value) == ()
