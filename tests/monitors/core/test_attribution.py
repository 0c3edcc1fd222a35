"""Each down millisecond has one owner, by the published rules or a signed decision."""

from __future__ import annotations

import errno
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.attribution import (
    OWNER_BY,
    RULES,
    Layer,
    Owner,
    Rule,
    attribute,
    by_owner,
    from_entries,
    layer_of,
)
from monitors.core.common_cause import Watched, common_causes
from monitors.core.entry import Entry, EntryKind
from monitors.core.model import Hosting, Verdict
from monitors.core.span import clip, total
from monitors.probes.failures import Phase, explain
from tests.factories import NOON_MS, a_step, a_target, a_transaction, an_entry
from tests.monitors.core.watched import went

REFUSED = "connection refused by antrean.dinkes.example after 1 ms"
UNRESOLVED = "the name antrean.dinkes.example could not be resolved after 12 ms"
EXPIRED = "the certificate of antrean.dinkes.example has expired"
WRONG = "expected status 200, got 503 after 12 ms"
ELSEWHERE = a_transaction(steps=(a_step(url="https://sso.example/login"),))
END_MS = NOON_MS + 6 * 30_000


def parts_of(first, *others, decisions=()):
    watched, timeline = first
    return attribute(timeline, (NOON_MS, END_MS), watched, common_causes([watched, *(o[0] for o in others)]), decisions)


def service(name: str = "antrean", reason: str = WRONG, letters: str = "uudduu", **given):
    return went(a_target(service=name, **{"connect_to": "127.0.0.1:8443", **given}), letters, reason=reason)


@pytest.mark.parametrize(("first", "others", "rule"), [
    pytest.param(service(), [service("rujukan", letters="uuuuuu")], Rule.ANSWERED, id="it answered wrongly, alone"),
    pytest.param(service(), [service("rujukan")], Rule.WHOLE_HOST, id="all of its host answered wrongly"),
    pytest.param(
        service(), [service("rujukan"), service("arsip", letters="uuuuuu")], Rule.ANSWERED, id="two of three of its host",
    ),
    pytest.param(service(reason=REFUSED), [], Rule.GATEWAY, id="our gateway took no connection"),
    pytest.param(service(reason=EXPIRED), [], Rule.GATEWAY, id="our gateway's certificate"),
    pytest.param(
        service(reason=REFUSED, hosting=Hosting.EXTERNAL, connect_to=""), [], Rule.NOTHING, id="another's host, alone",
    ),
    pytest.param(service(reason=UNRESOLVED, hosting=Hosting.EXTERNAL), [], Rule.NAME, id="no name"),
    pytest.param(
        service(reason=REFUSED), [service("rujukan", REFUSED, connect_to="10.0.0.9:443")], Rule.NETWORK,
        id="no connection to any host of the agency",
    ),
    pytest.param(
        service(), [service("rujukan", connect_to="10.0.0.9:443")], Rule.ANSWERED, id="two hosts answered wrongly",
    ),
    pytest.param(service(reason=REFUSED, transactions=(ELSEWHERE,)), [], Rule.ELSEWHERE, id="a step asks another host"),
])
def test_the_first_rule_that_holds_says_whose_it_was(first, others, rule):
    (part,) = parts_of(first, *others)
    assert (part.rule, part.owner) == (rule, OWNER_BY[rule])
    assert part.end_ms - part.start_ms == 60_000


@pytest.mark.parametrize(("failure", "layer"), [
    (explain(6, "", host="a.example", phase=Phase.DNS, taken_us=5), Layer.NAME),
    (explain(7, "", host="a.example", phase=Phase.CONNECT, taken_us=5, system=errno.ECONNREFUSED), Layer.CONNECT),
    (explain(7, "", host="a.example", phase=Phase.CONNECT, taken_us=5, system=errno.EHOSTUNREACH), Layer.CONNECT),
    (explain(7, "", host="a.example", phase=Phase.CONNECT, taken_us=5, system=errno.ETIMEDOUT), Layer.CONNECT),
    (explain(7, "", host="a.example", phase=Phase.CONNECT, taken_us=5), Layer.CONNECT),
    (explain(28, "", host="a.example", phase=Phase.CONNECT, taken_us=5), Layer.CONNECT),
    (explain(28, "", host="a.example", phase=Phase.DNS, taken_us=5), Layer.NAME),
    (explain(28, "", host="a.example", phase=Phase.TLS, taken_us=5), Layer.TLS),
    (explain(28, "", host="a.example", phase=Phase.FIRST_BYTE, taken_us=5), Layer.ANSWER),
    (explain(28, "", host="a.example", phase=Phase.BODY, taken_us=5), Layer.ANSWER),
    (explain(35, "handshake failure", host="a.example", phase=Phase.TLS, taken_us=5), Layer.TLS),
    (explain(60, "", host="a.example", phase=Phase.TLS, taken_us=5, verify=10), Layer.TLS),
    (explain(52, "", host="a.example", phase=Phase.FIRST_BYTE, taken_us=5), Layer.ANSWER),
])
def test_the_layer_is_read_from_the_sentence_that_the_probe_really_says(failure, layer):
    assert layer_of(f'step 1 of 2 "buka": {failure.problem}') is layer


def test_where_no_sentence_was_kept_nothing_is_guessed():
    assert layer_of("") is Layer.UNTOLD


def signed(_: Entry) -> bool:
    return True


def unsigned(_: Entry) -> bool:
    return False


def decision(number: int, start_ms: int, end_ms: int, owner: str = "hosting", **given) -> Entry:
    return an_entry(**{
        "kind": EntryKind.ATTRIBUTION, "number": number, "signature": "ab", "service": "antrean",
        "body": {"start_ms": start_ms, "end_ms": end_ms, "owner": owner, "reason": "berita acara"}, **given,
    })


def test_a_signed_decision_takes_its_part_and_the_later_one_counts():
    told = [decision(1, NOON_MS + 60_000, NOON_MS + 100_000), decision(2, NOON_MS + 70_000, NOON_MS + 80_000, "network")]
    parts = parts_of(service(), decisions=from_entries(told, signed))
    assert [(p.start_ms - NOON_MS, p.end_ms - NOON_MS, p.owner, p.decision) for p in parts] == [
        (60_000, 70_000, Owner.HOSTING, 1), (70_000, 80_000, Owner.NETWORK, 2), (80_000, 100_000, Owner.HOSTING, 1),
        (100_000, 120_000, Owner.APPLICATION, 0),
    ]


def test_a_decision_that_nobody_signed_or_that_is_of_another_service_or_owner_decides_nothing():
    assert from_entries([decision(1, 1, 2)], unsigned) == ()
    assert from_entries([decision(1, 1, 2, "nobody"), decision(2, 2, 2)], signed) == ()
    other = from_entries([decision(1, NOON_MS, END_MS, service="rujukan")], signed)
    (part,) = parts_of(service(), decisions=other)
    assert part.rule is Rule.ANSWERED


LETTERS = st.text(st.sampled_from("uuuddn-e"), min_size=2, max_size=40)
REASONS = st.sampled_from([WRONG, REFUSED, UNRESOLVED, EXPIRED, ""])


@given(
    st.tuples(LETTERS, REASONS), st.tuples(LETTERS, REASONS, st.integers(0, 29_000)),
    st.tuples(st.integers(0, 1_200_000), st.integers(1, 1_200_000)),
    st.lists(st.tuples(st.integers(0, 1_200_000), st.integers(1, 300_000), st.sampled_from(list(Owner))), max_size=4),
)
def test_attributed_time_sums_to_down_time_and_no_moment_has_two_owners(one, other, span, decided):
    watched, timeline = went(a_target(connect_to="g:1"), one[0], reason=one[1])
    second, _ = went(a_target(service="rujukan", connect_to="g:1"), other[0], reason=other[1], shift_ms=other[2])
    told = [
        decision(number, NOON_MS + at, NOON_MS + at + lasts, owner.value)
        for number, (at, lasts, owner) in enumerate(decided, 1)
    ]
    window = (NOON_MS + span[0], NOON_MS + sum(span))
    parts = attribute(
        timeline, window, watched, common_causes([watched, second]), from_entries(told, signed),
    )
    down = clip(timeline.spans(Verdict.DOWN), window)
    assert sum(by_owner(parts).values()) == total(down)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(parts))
    assert all(part.start_ms < part.end_ms for part in parts)


def test_an_outage_without_a_run_that_tells_why_is_undetermined():
    watched, timeline = service()
    bare = Watched(definitions=watched.definitions, incidents=())
    assert [p.owner for p in attribute(timeline, (NOON_MS, END_MS), bare, ())] == [Owner.UNDETERMINED]


def test_the_published_table_is_the_one_that_is_applied():
    text = (Path(__file__).parents[3] / "docs" / "attribution.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert rows == [(rule.value, owner.value if owner else "as decided") for rule, owner in RULES]
