"""What stands near an incident in time is linked; what is far is not."""

from __future__ import annotations

from dataclasses import replace

from monitors.core.deployment import Deployment, from_entries
from monitors.core.history import ServiceHistory
from monitors.core.incident import incidents
from monitors.core.incident_links import NEAR_MS, IncidentLinks, links_of
from monitors.core.maintenance import from_entries as maintenance_of
from monitors.core.timeline import service_timeline
from tests.factories import NOON_MS, a_target, an_entry, some_runs
from tests.monitors.core.histories import a_definition, a_history
from tests.monitors.core.test_maintenance import announced

BAD_MS = NOON_MS + 60_000                # the last good run began 30 s before


def near(*entries, letters: str = "uudduu", definitions=None) -> IncidentLinks:
    made = a_history(some_runs(letters), definitions=definitions)
    history = ServiceHistory(
        agency="dinkes", service="antrean", definitions=made.definitions, lives=made.lives, stretches=made.stretches,
    )
    (found,) = incidents(history, service_timeline(history, until_ms=NOON_MS + 30_000 * len(letters)))
    return links_of(
        found, history, deployments=from_entries(entries), maintenance=maintenance_of(entries), causes=(),
    )


def deployed(at_ms: int, **body) -> Deployment:
    (found,) = from_entries([an_entry(at_ms=at_ms, number=1, body={"result": "done", "changed": 2, **body})])
    return found


def test_a_deployment_from_half_an_hour_before_the_last_good_run_to_the_end_is_told():
    last_good_ms, first_good_ms = BAD_MS - 30_000, BAD_MS + 60_000
    for at_ms, is_near in (
        (last_good_ms - NEAR_MS, True), (last_good_ms - NEAR_MS - 1, False), (first_good_ms, True),
        (first_good_ms + 1, False),
    ):
        assert bool(near(an_entry(at_ms=at_ms)).deployments) is is_near, at_ms


def test_a_deployment_that_was_under_way_counts_from_its_start():
    entry = an_entry(at_ms=BAD_MS + 600_000, body={"started_ms": BAD_MS, "result": "failed", "failure": "sakit"})
    (one,) = near(entry).deployments
    assert (one.succeeded, one.failure) == (False, "sakit")


def test_another_agencys_deployment_is_not_told():
    assert near(an_entry(agency="dukcapil", at_ms=BAD_MS)).deployments == ()


def test_while_it_is_open_all_that_came_since_is_near():
    assert near(an_entry(at_ms=BAD_MS + 86_400_000), letters="uudd").deployments


def test_a_changed_definition_is_told_and_the_first_one_is_not():
    changed = a_definition(recorded_ms=BAD_MS - 1, digest="b" * 64, target=a_target(criticality=1))
    found = near(definitions=[a_definition(digest="a" * 64), changed])
    assert [one.digest for one in found.definitions] == ["b" * 64]


def test_maintenance_that_overlaps_is_told_whether_or_not_it_counts():
    inside = announced(start_ms=BAD_MS + 30_000, length=60_000)
    before = replace(announced(start_ms=BAD_MS - 60_000, length=60_000), number=2)
    (one,) = near(inside, before).maintenance
    assert one.number == 1


def test_a_deployment_is_read_as_it_was_told():
    one = deployed(NOON_MS, command="destroy", started_ms=NOON_MS - 5)
    assert (one.command, one.started_ms, one.ended_ms, one.changed, one.succeeded) == (
        "destroy", NOON_MS - 5, NOON_MS, 2, True,
    )
