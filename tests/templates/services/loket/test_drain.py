from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from tests.templates.services.loket.office import PATIENCE_S, Office, Replica, eventually

pytestmark = pytest.mark.engine


def load(host: str, *, keep_alive: bool, started: threading.Event) -> tuple[int, list[str]]:
    """Ask for the start page without a pause until the port is closed; return how many came well and what did not.

    A new connection that meets the very moment of closing is reset by the kernel instead of refused; no server can
    help that. It counts as refused only where the next attempt is refused.
    """
    good = 0
    bad: list[str] = []
    at_the_door = ""
    connection = HTTPConnection(host, 8000, timeout=PATIENCE_S)
    while True:
        try:
            is_new = connection.sock is None
            if is_new:
                connection.connect()
        except ConnectionRefusedError:
            return good, bad
        except ConnectionResetError:
            connection.close()
            continue
        if at_the_door:
            bad.append(at_the_door)
            at_the_door = ""
        try:
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                good += 1
                started.set()
            else:
                bad.append(f"status {response.status}")
        except OSError as exc:
            if is_new:
                at_the_door = repr(exc)
            else:
                bad.append(repr(exc))
            connection.close()
        if not keep_alive:
            connection.close()


def test_sigterm_under_load_fails_nobody_and_ends_cleanly(office: Office):
    replica = office.ready(DRAIN_SECONDS="2")
    started = [threading.Event() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        clients = [
            pool.submit(load, replica.host, keep_alive=i % 2 == 0, started=event) for i, event in enumerate(started)
        ]
        for event in started:
            assert event.wait(PATIENCE_S)
        before = replica.logs().count(" loket.access ")
        replica.container.kill("SIGTERM")
        results = [client.result() for client in clients]
    assert [bad for _, bad in results if bad] == []
    assert replica.container.wait(timeout=30)["StatusCode"] == 0
    logs = replica.logs()
    assert logs.count(" loket.access ") > before + 8, "requests were served after the signal"
    assert "connections cut" not in logs
    assert logs.rstrip().endswith("ended")


def test_while_it_ends_the_health_check_fails_and_pages_are_still_served(office: Office):
    replica = office.ready(DRAIN_SECONDS="8")
    browser = replica.browser()
    form = browser.form()
    replica.container.kill("SIGTERM")
    health = eventually(lambda: _ending(replica))
    assert health.json["status"] == "berhenti"
    page = browser.get("/")
    assert page.status == 200
    assert page.headers["connection"] == "close", "clients are told to open a new connection, at another replica"
    assert browser.post("/antrean", form).status == 303
    replica.container.kill("SIGTERM")
    assert browser.get("/").status == 200, "a second signal cuts nobody off"
    assert replica.container.wait(timeout=60)["StatusCode"] == 0


def test_idle_keep_alive_connections_do_not_hold_the_end_up(office: Office):
    replica = office.ready(DRAIN_SECONDS="0")
    idle = [HTTPConnection(replica.host, 8000, timeout=PATIENCE_S) for _ in range(5)]
    for connection in idle:
        connection.request("GET", "/version")
        connection.getresponse().read()
    silent = HTTPConnection(replica.host, 8000, timeout=PATIENCE_S)
    silent.connect()  # has sent nothing at all
    replica.container.kill("SIGTERM")
    assert replica.container.wait(timeout=30)["StatusCode"] == 0
    assert "connections cut" not in replica.logs()
    for connection in [*idle, silent]:
        assert connection.sock.recv(1) == b"", "closed in order, not reset"
        connection.close()


def test_a_request_in_flight_when_the_end_comes_is_answered(office: Office):
    """The request waits for a lock in the database when the signal comes, and the drain takes no time at all."""
    replica = office.ready(DRAIN_SECONDS="0")
    waiting = "select count(*) from pg_stat_activity where application_name = 'loket' and wait_event_type = 'Lock'"
    with ThreadPoolExecutor(2) as pool:
        pool.submit(office.sql, "begin; lock table counter; select pg_sleep(2); commit")
        eventually(lambda: office.sql("select count(*) from pg_locks where mode = 'AccessExclusiveLock'") != "0")
        request = pool.submit(replica.browser().get, "/")
        eventually(lambda: office.sql(waiting) != "0", within_s=5)
        replica.container.kill("SIGTERM")
        assert not request.done(), "the signal came while the request was waiting"
        assert request.result().status == 200
    assert replica.container.wait(timeout=30)["StatusCode"] == 0


def test_a_stop_before_it_serves_is_obeyed_at_once(office: Office):
    """A first process that has not asked for SIGTERM would never see it: then this waits for ever."""
    replica = office.start()
    replica.container.kill("SIGTERM")
    assert replica.container.wait(timeout=30)["StatusCode"] == 143


def _ending(replica: Replica):
    health = replica.health()
    return health if health.status == 503 else None
