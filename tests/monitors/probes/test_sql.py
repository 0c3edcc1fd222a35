"""SQL steps against a real PostgreSQL: what it answers, how it refuses, and that no password comes out."""

from __future__ import annotations

import docker
import pytest

from monitors.core.errors import UsageError
from monitors.core.model import Step, StepResult, Try
from monitors.core.requests import SqlQuery, SqlTls
from monitors.probes.guard import Guard
from monitors.probes.secrets_store import SecretStore
from tests.hostile.certificates import Certificates, issue
from tests.postgres_server import PASSWORD, Postgres, postgres_server
from tests.probing import tried, watching
from tests.servers import closed_port, raw, serving

pytestmark = pytest.mark.engine

WRONG = "salah-sekali-sandinya"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("sql"))


@pytest.fixture(scope="module")
def database(engine: docker.DockerClient, certificates):
    leaf = issue("127.0.0.1", signer=certificates._root)
    with postgres_server(engine, certificate=leaf.pem, key=leaf.key_pem) as server:
        yield server


SECRETS = SecretStore(None, {"SIAGA24_SECRET_DINKES__SANDI_DB": PASSWORD, "SIAGA24_SECRET_DINKES__SALAH": WRONG})


def attempt(port: int, *, ca_pem: str = "", deadline_ms: int = 3000, guard=None, **given) -> Try:
    query = SqlQuery(**{
        "host": "127.0.0.1", "port": port, "database": "antrean", "user": "pemantau", "password": "sandi_db", "tls": SqlTls.NONE, **given,
    })
    target = watching("https://layanan.example", Step(name="sql", sql=query), ca_pem=ca_pem, deadline_ms=deadline_ms)
    return tried(target, secrets=SECRETS, **({"guard": guard} if guard else {}))


def asked(server: Postgres, **given) -> StepResult:
    found = attempt(server.port, **given)
    assert found.fault == ""
    return found.steps[0]


@pytest.mark.parametrize(("query", "expected"), [
    ("SELECT 1", None),
    ("SELECT count(*) > 0 FROM loket", "t"),
    ("SELECT '007'", "007"),
    ("SELECT ''", ""),
    ("SELECT n, repeat('x', 100) FROM loket, generate_series(1, 3000000) LIMIT 3000000", "7"),
])
def test_the_first_value_is_compared_as_the_text_that_the_server_writes(database, query, expected):
    step = asked(database, query=query, expected=expected)
    assert (step.passed, step.reason, step.address) == (True, "", "127.0.0.1")
    assert step.phases.connect_us > 0
    assert step.phases.first_byte_us > 0


@pytest.mark.parametrize(("query", "expected", "problem"), [
    ("SELECT 6", "7", 'expected the first value to be "7", got "6"'),
    ("SELECT NULL", "7", 'expected the first value to be "7", got NULL'),
    ("SELECT 1 WHERE false", "1", "expected the query to give a row, it gave none"),
    ("SELECT * FROM tiada", None, 'the query failed: relation "tiada" does not exist (42P01)'),
    ("INSERT INTO loket VALUES (8) RETURNING n", None, "cannot execute INSERT in a read-only transaction (25006)"),
    ("SELECT 1; INSERT INTO loket VALUES (8)", None, "cannot insert multiple commands into a prepared statement"),
])
def test_another_answer_or_none_is_told(database, query, expected, problem):
    step = asked(database, query=query, expected=expected)
    assert not step.passed
    assert problem in step.reason
    assert database.sql("SELECT count(*) FROM loket") == "1"


@pytest.mark.parametrize(("given", "problem"), [
    ({"password": "salah"}, 'does not let the user pemantau in: password authentication failed for user "pemantau"'),
    ({"password": ""}, "no password supplied"),
    ({"user": "tiada"}, 'does not let the user tiada in: password authentication failed for user "tiada"'),
    ({"database": "tiada"}, 'does not let the user pemantau in: database "tiada" does not exist'),
])
def test_a_login_that_is_refused_is_told_and_no_password_with_it(database, given, problem):
    step = asked(database, **given)
    assert not step.passed
    assert problem in step.reason
    assert PASSWORD not in step.reason
    assert WRONG not in step.reason


def test_a_password_that_comes_back_in_an_answer_is_kept_out(database):
    step = asked(database, query=f"SELECT '{PASSWORD}'", expected="lain")
    assert step.reason.endswith('expected the first value to be "lain", got "${secret:sandi_db}"')


def test_what_was_asked_and_answered_is_kept_as_evidence_without_the_password(database):
    evidence = asked(database, query=f"SELECT 'x {PASSWORD}'", expected="lain").evidence
    assert evidence is not None
    assert evidence.request == f"SQL SELECT 'x ${{secret:sandi_db}}' in antrean at 127.0.0.1:{database.port}"
    assert evidence.body == "x ${secret:sandi_db}"
    assert asked(database).evidence is None


def test_a_secret_that_is_not_there_is_our_own_lack(database):
    found = attempt(database.port, password="tiada")
    assert 'the secret "tiada" of dinkes is not there' in found.fault


@pytest.mark.parametrize(("tls", "trusts", "problem"), [
    (SqlTls.VERIFY, True, ""),
    (SqlTls.REQUIRE, False, ""),
    (SqlTls.VERIFY, False, "TLS with 127.0.0.1"),
])
def test_tls_is_as_the_step_says(database, request, tls, trusts, problem):
    certificates = request.getfixturevalue("certificates")
    step = asked(database, tls=tls, ca_pem=certificates.ca_pem if trusts else issue("CA lain", is_ca=True).pem.decode())
    assert step.passed is not bool(problem)
    assert problem in step.reason


def test_a_server_whose_processes_are_stopped_runs_into_the_deadline_and_then_answers_again(database):
    with database.stopped():
        step = asked(database, deadline_ms=300)
    assert f"while logging in to 127.0.0.1:{database.port}" in step.reason
    assert asked(database).passed


def test_a_query_that_takes_too_long_is_ended_by_the_deadline(database):
    step = asked(database, query="SELECT pg_sleep(20)", deadline_ms=400)
    assert not step.passed
    assert f"while waiting for 127.0.0.1:{database.port} to answer the query" in step.reason


def test_what_is_no_database_is_told():
    with closed_port() as port:
        found = attempt(port).steps[0]
    assert "could not connect to 127.0.0.1" in found.reason
    assert "refused" in found.reason
    with serving(raw(b"220 halo\r\n"), is_first=True) as server:
        assert not attempt(server.port).steps[0].passed


def test_a_guarded_place_is_refused(database):
    assert "an address of the monitor's own machine" in asked(database, guard=Guard()).reason


def test_a_step_without_a_database_is_refused_before_it_runs():
    with pytest.raises(UsageError, match="it names no database or no user"):
        attempt(1, database="")
