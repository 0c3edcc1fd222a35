from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.templates.services.loket.conftest import open_office
from tests.templates.services.loket.office import PASSWORD, Answer, Office, Replica, eventually

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def office(engine, loket_image, tmp_path_factory):
    """An office of this file's own: its database is broken again and again."""
    yield from open_office(engine, loket_image, tmp_path_factory)


@pytest.fixture(scope="module")
def replica(office):
    assert office.run("loket", "migrate")[0] == 0
    return office.ready(ANSWER_SECONDS="2")


def burst(replica: Replica) -> list[Answer]:
    """Open the start page many times at once."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: replica.browser().get("/"), range(40)))


def test_before_the_schema_is_there_the_health_check_says_so_and_pages_are_friendly(office: Office):
    eventually(office.database_answers)
    replica = office.start()
    health = eventually(lambda: _health_if_up(replica))
    assert health.status == 503
    assert health.json["status"] == "gagal"
    assert "skema" in health.json["reason"]
    page = replica.browser().get("/")
    assert page.status == 503
    assert page.words("h1") == "Layanan sedang terganggu"
    code, output = office.run("loket", "migrate")
    assert code == 0, output
    eventually(replica.is_healthy)


def test_eight_migrations_at_once_leave_one_schema(office):
    eventually(office.database_answers)
    office.sql("drop schema public cascade; create schema public authorization loket")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: office.run("loket", "migrate"), range(8)))
    assert [code for code, _ in results] == [0] * 8, results
    assert sum("schema files applied" in output for _, output in results) == 1
    assert sum("up to date" in output for _, output in results) == 7
    assert office.sql("select count(*) from loket_schema") == "1"


def test_a_migration_without_a_database_fails_in_words_and_without_the_password(office):
    office.write_secret("nowhere", f"postgresql://loket:{PASSWORD}@nowhere.invalid:5432/loket")
    code, output = office.run("loket", "migrate", "--wait", "0", DATABASE_URL_FILE="/run/secrets/nowhere")
    assert code == 1
    assert "the database did not answer" in output
    assert PASSWORD not in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("break_it", "mend_it"),
    [
        (lambda office: office.database.stop(timeout=20), lambda office: office.database.start()),
        (lambda office: office.database.kill(), lambda office: office.database.start()),
        (lambda office: office.silence_database(), lambda office: office.database.unpause()),
    ],
    ids=["stopped", "killed", "silent"],
)
def test_with_the_database_away_everything_answers_503_and_comes_back_by_itself(office, replica, break_it, mend_it):
    """Silent is the worst: connections stay open, nothing answers. A hang fails by the browser's patience."""
    browser = replica.browser()
    form = browser.form()
    ticket = browser.take().attribute("[data-tiket]", "data-tiket")
    # Several requests at once leave several connections in the pool: each of them will be dead afterwards.
    burst(replica)
    break_it(office)
    try:
        with ThreadPoolExecutor(24) as pool:
            pages = list(pool.map(lambda _: replica.browser().get("/"), range(48)))
        assert {page.status for page in pages} == {503}
        assert pages[0].words("h1") == "Layanan sedang terganggu"
        assert pages[0].headers["retry-after"]
        assert browser.get(f"/antrean/{ticket}").status == 503
        assert browser.get(f"/api/antrean/{ticket}").json["status"] == "gagal"
        assert browser.get("/api/status").status == 503
        assert browser.post("/antrean", form).status == 503
        health = replica.health()
        assert health.status == 503
        assert health.json["reason"].startswith(("basis data", "sambungan ke basis data"))
        assert replica.browser().get("/version").status == 200, "what needs no database goes on"
        code, _ = replica.container.exec_run(["loket", "health"])
        assert code == 1
    finally:
        mend_it(office)
    eventually(replica.is_healthy)
    eventually(lambda: browser.get(f"/antrean/{ticket}").status == 200)
    eventually(lambda: browser.post("/antrean", form).status == 303)
    logs = replica.logs()
    assert "database away" in logs
    assert "Traceback" not in logs


def test_once_it_is_back_no_request_fails_for_a_stale_connection(office):
    replica = office.ready()
    burst(replica)
    # Ends every session from the server's side at one moment, as a restart does, but with no time away.
    office.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loket'")
    assert {answer.status for answer in burst(replica)} == {200}


def test_a_request_whose_connection_dies_under_it_is_answered_from_another_one(office):
    replica = office.ready()
    waiting = "select count(*) from pg_stat_activity where application_name = 'loket' and wait_event_type = 'Lock'"
    with ThreadPoolExecutor(2) as pool:
        pool.submit(office.sql, "begin; lock table counter; select pg_sleep(2); commit")
        eventually(lambda: office.sql("select count(*) from pg_locks where mode = 'AccessExclusiveLock'") != "0")
        request = pool.submit(replica.browser().get, "/")
        eventually(lambda: office.sql(waiting) == "1", within_s=5)
        office.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loket'")
        assert not request.done(), "its connection ended while it was waiting"
        assert request.result().status == 200


def test_a_replica_that_starts_before_its_database_becomes_healthy_with_it(office):
    office.database.stop(timeout=20)
    try:
        replica = office.start()
        health = eventually(lambda: _health_if_up(replica))
        assert health.status == 503
    finally:
        office.database.start()
    eventually(replica.is_healthy)


def test_a_database_that_takes_no_writes_is_not_healthy(office, replica):
    office.sql("alter role loket set default_transaction_read_only = on")
    try:
        office.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loket'")
        # The first answers may still tell of the connections that were just ended.
        assert eventually(lambda: _reason(replica) == "basis data hanya dapat dibaca")
        browser = replica.browser()
        assert browser.post("/antrean", browser.form()).status == 503
    finally:
        office.sql(
            "alter role loket reset default_transaction_read_only;"
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loket'"
        )
    eventually(replica.is_healthy)


def test_a_wrong_password_is_told_without_showing_it(office):
    office.write_secret("wrong", "postgresql://loket:kanari-salah@db:5432/loket")
    replica = office.start(DATABASE_URL_FILE="/run/secrets/wrong")
    health = eventually(lambda: _health_if_up(replica))
    assert health.status == 503
    time.sleep(0.5)  # the pool's own attempts go on in the background; what they write is looked at too
    assert "kanari-salah" not in health.text + replica.logs()


def _health_if_up(replica: Replica):
    try:
        return replica.health()
    except OSError:
        return None


def _reason(replica: Replica) -> str:
    health = replica.health()
    return str(health.json["reason"]) if health.status == 503 else ""
