"""What a release does to what runs: traps 1, 2, 7 and 9 of the docker provider, and the gateway beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPException

import pytest

from infra.spec import HealthSpec, JobSpec, SecretSpec, Sensitive
from monitors.core.errors import StackError, UnhealthyError
from tests.infra.specs import an_image
from tests.scenarios.load import LoadPlan, running_load
from tests.stacks.engine.conftest import Hosted
from tests.stacks.engine.rig import PULUMI_LEAVES_LOOPS_OPEN
from tests.stacks.engine.small import (
    CODE,
    HEALTH,
    HTTPS_PORT,
    IMPATIENT,
    a_real_gateway,
    a_small_service,
    a_small_stack,
    ca_file,
    with_first,
)

pytestmark = [pytest.mark.engine, PULUMI_LEAVES_LOOPS_OPEN]


URL = f"https://kecil.{CODE}.example"


def _answer(hosted: Hosted) -> str:
    return hosted.rig.ask(URL, ca_file(hosted.rig))


def _replicas(hosted: Hosted) -> set[str]:
    return {str(each.id) for each in hosted.rig.containers(CODE, component="replica")}


def test_a_changed_health_check_is_the_one_that_runs(hosted: Hosted) -> None:
    health = hosted.spec.services[0].health
    assert health is not None
    before = _replicas(hosted)
    hosted.rig.up(with_first(hosted.spec, health=replace(health, interval_ms=7_000)))
    after = hosted.rig.containers(CODE, component="replica")
    assert {each.attrs["Config"]["Healthcheck"]["Interval"] for each in after} == {7_000_000_000}
    assert not before & {each.id for each in after}


def test_a_release_never_has_fewer_replicas_than_were_asked_for(hosted: Hosted) -> None:
    counts: list[int] = []
    done = threading.Event()

    def count() -> None:
        while not done.wait(0.05):
            counts.append(len(hosted.rig.containers(CODE, component="replica")))

    thread = threading.Thread(target=count)
    thread.start()
    try:
        hosted.rig.up(with_first(hosted.spec, env=(("KATA", "rilis dua"),)))
    finally:
        done.set()
        thread.join()
    assert min(counts) == 2, counts
    assert max(counts) == 4, counts
    assert counts[-1] == 2
    assert _answer(hosted) == "rilis dua"


@pytest.mark.parametrize(
    ("env", "health", "says"),
    [
        ((("MATI", "kunci hilang"),), HEALTH, "keeps ending with code 3|ended with code 3"),
        ((("SAKIT", "ya"),), IMPATIENT, "is not well after 3 s|is unhealthy"),
    ],
    ids=["it ends at once", "it never becomes well"],
)
def test_an_unwell_release_fails_with_its_log_again_and_again_and_the_old_one_serves(
    hosted: Hosted, env: tuple[tuple[str, str], ...], health: HealthSpec, says: str,
) -> None:
    before, text = _replicas(hosted), _answer(hosted)
    bad = with_first(hosted.spec, env=env, health=health)
    for _ in range(2):
        with pytest.raises(UnhealthyError, match=says) as caught:
            hosted.rig.up(bad)
        assert any("kunci hilang" in line or "siap" in line for line in caught.value.log_lines), caught.value.log_lines
        assert before <= _replicas(hosted)
        assert _answer(hosted) == text
    hosted.rig.up(with_first(hosted.spec, env=(("KATA", "sembuh"), ("SEBAB", says))))
    assert len(hosted.rig.containers(CODE, component="replica", all=True)) == 2, "something of the bad release is left"
    assert _answer(hosted) == "sembuh"


def test_failed_releases_do_not_pile_up(hosted: Hosted) -> None:
    before = _replicas(hosted)
    for name in ("satu", "dua", "tiga"):
        with pytest.raises(UnhealthyError, match=r"ended with code 3|keeps ending with code 3"):
            hosted.rig.up(with_first(hosted.spec, env=(("MATI", name),)))
        there = hosted.rig.containers(CODE, component="replica", all=True)
        assert len(there) == 4, "the old release and the newest bad one"
        assert before <= {str(each.id) for each in there}
        assert sum(f"MATI={name}" in each.attrs["Config"]["Env"] for each in there) == 2


@pytest.mark.quiet
def test_a_release_cuts_off_no_request_under_way(hosted: Hosted) -> None:
    failures: list[str] = []
    answered: list[str] = []
    done = threading.Event()

    def post() -> None:
        while not done.is_set():
            try:
                answered.append(hosted.rig.ask(URL, ca_file(hosted.rig), method="POST"))
            except (AssertionError, OSError, HTTPException) as exc:
                failures.append(repr(exc))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        hosted.rig.up(with_first(hosted.spec, env=(("KATA", "rilis tanpa putus"),)))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(answered) >= 8
    assert "rilis tanpa putus" in answered


def test_an_image_that_is_not_there_fails_before_anything_old_is_touched(hosted: Hosted) -> None:
    before, text = _replicas(hosted), _answer(hosted)
    with pytest.raises(Exception, match="No such image"):
        hosted.rig.up(with_first(hosted.spec, image=an_image(999), secrets=()))
    assert _replicas(hosted) == before
    assert _answer(hosted) == text


def test_a_failed_job_keeps_the_old_release_and_is_run_anew_by_the_next_up(hosted: Hosted) -> None:
    before = _replicas(hosted)
    # Fails the first time it runs in a volume of its own, then succeeds: /tmp of one container lives as long as it does.
    job = JobSpec(name="migrasi", command=("sh", "-c", 'echo gagal-dulu; test -n "$RELEASE"; exit 4'))
    with pytest.raises(UnhealthyError, match="job migrasi of kecil: failed with code 4") as caught:
        hosted.rig.up(with_first(hosted.spec, jobs=(job,)))
    assert "gagal-dulu" in " ".join(caught.value.log_lines)
    with pytest.raises(UnhealthyError, match="failed with code 4"):
        hosted.rig.up(with_first(hosted.spec, jobs=(job,)))
    jobs = hosted.rig.containers(CODE, component="job", all=True)
    assert len(jobs) == 1
    assert jobs[0].logs().decode().count("gagal-dulu") == 2, "the second up did not run the job again"
    assert _replicas(hosted) == before


@contextmanager
def _under_load(hosted: Hosted) -> Iterator[None]:
    plan = LoadPlan(
        url=f"https://kecil.{CODE}.example:{HTTPS_PORT}/", connect_to=f"127.0.0.1:{HTTPS_PORT}",
        ca_file=str(ca_file(hosted.rig)), clients=8, at_least=500, per_second=150,
    )
    with running_load(plan) as load:
        yield
    assert load.report is not None
    assert load.report.total_failed == 0, str(load.report)


@pytest.mark.quiet
def test_a_new_value_of_a_secret_reaches_every_replica_and_fails_no_request(hosted: Hosted) -> None:
    rig, before = hosted.rig, _replicas(hosted)
    with _under_load(hosted):
        rig.up(with_first(hosted.spec, secrets=(SecretSpec(name="KUNCI", value=Sensitive("kenari-nilai-baru")),)))
    after = rig.containers(CODE, component="replica", all=True)
    assert [each.exec_run(["cat", "/run/secrets/KUNCI"]).output for each in after] == [b"kenari-nilai-baru"] * 2
    assert not before & {str(each.id) for each in after}
    with _under_load(hosted):
        rig.up(with_first(hosted.spec, secrets=()))
    assert all(each.exec_run(["ls", "/run/secrets"]).output.split() in ([], [b"DATABASE_URL"])
               for each in rig.containers(CODE, component="replica"))


@pytest.mark.quiet
def test_a_service_added_and_a_new_certificate_fail_no_request_and_replace_no_gateway(hosted: Hosted) -> None:
    rig = hosted.rig
    gateway, = rig.containers(CODE, component="gateway")
    other = a_small_service(rig, "baru", replicas=1)
    hosts = (hosted.spec.services[0].host, other.host)
    spec = a_small_stack(rig, *hosted.spec.services, other, gateway=a_real_gateway(rig, hosts))
    with _under_load(hosted):
        rig.up(spec)
        assert rig.ask(f"https://baru.{CODE}.example", ca_file(rig)) == "halo"
    assert [each.id for each in rig.containers(CODE, component="gateway")] == [gateway.id]
    with _under_load(hosted):
        rig.up(hosted.spec)
    assert rig.ask(f"https://baru.{CODE}.example", ca_file(rig), status=421).startswith("<!doctype html>")


def test_a_refused_gateway_configuration_changes_nothing(hosted: Hosted) -> None:
    digest = hosted.rig.gateway_says(CODE, "/digest")
    broken = replace(hosted.spec, gateway=replace(hosted.spec.gateway, certificate_pem="bukan sertifikat"))
    with pytest.raises(StackError, match="HAProxy refuses the new configuration") as caught:
        hosted.rig.up(broken)
    assert "gateway.pem" in str(caught.value), "HAProxy's own reason is missing"
    assert hosted.rig.gateway_says(CODE, "/digest") == digest
    assert _answer(hosted)
