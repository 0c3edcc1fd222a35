"""Values of a workspace are valid when they exist."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Network

import pytest

from monitors.core.model import Hosting
from stacks.model import Agency, AgencyKind, Gateway, Service, Settings, is_code
from stacks.parts import Job, LogLimits, Resources, Worker
from tests.factories import a_transaction


def a_service(**given):
    defaults = {
        "code": "antrean", "name": "Antrean", "transactions": (a_transaction(),), "image": "loket:1", "port": 8000, "host": "a.example",
    }
    return Service(**{**defaults, **given})


def an_agency(**given):
    defaults = {
        "code": "dinkes", "name": "Dinkes", "kind": AgencyKind.CITY, "time_zone": "Asia/Jakarta", "services": (a_service(),),
        "subnet": IPv4Network("10.124.0.0/26"), "gateway": Gateway(),
    }
    return Agency(**{**defaults, **given})


@pytest.mark.parametrize("text", ["a", "dinkes-bandung", "a1", "a" * 40])
def test_a_code_is_a_label_that_begins_with_a_letter(text):
    assert is_code(text)


@pytest.mark.parametrize("text", ["", "A", "1a", "a-", "a_b", "a.b", "a" * 41, "a\n", "é"])
def test_anything_else_is_no_code(text):
    assert not is_code(text)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: a_service(code="Antrean"), "its code is not a DNS label"), (lambda: a_service(criticality=0), "criticality 0; expected 1 to 4"),
    (lambda: a_service(transactions=()), "no transaction is primary"),
    (lambda: a_service(transactions=(a_transaction(primary=False),)), "no transaction is primary"),
    (lambda: a_service(image=""), "a hosted service has an image and no url"), (lambda: a_service(port=0), "port 0; expected 1 to 65535"),
    (lambda: a_service(replicas=0), "0 replicas"), (lambda: a_service(host=""), "it has no host name"),
    (lambda: a_service(hosting=Hosting.EXTERNAL), "an external service has a url and no image"),
    (lambda: an_agency(code="x_"), "its code is not a DNS label"), (lambda: an_agency(services=(a_service(), a_service())), "share a code"),
    (lambda: an_agency(subnet=None), "has no subnet"), (lambda: an_agency(gateway=None), "has no gateway"),
    (lambda: Gateway(https_port=0), "https_port 0"), (lambda: Gateway(http_port=8443), "are both 8443"),
    (lambda: Resources(memory_bytes=1), "needs 6 MiB"), (lambda: Resources(cpus=Decimal(0)), "cpus 0"), (lambda: Resources(pids=0), "pids 0"),
    (lambda: LogLimits(file_bytes=1), "log file size"), (lambda: LogLimits(files=0), "log files 0"),
    (lambda: Worker(name="w", command=()), "its command is empty"), (lambda: Worker(name="w", command=("x",), replicas=0), "0 replicas"),
    (lambda: Job(name="j", command=()), "its command is empty"), (lambda: Job(name="j", command=("x",), deadline_ms=0), "deadline 0 ms"),
    (lambda: Settings(prefix=8), "prefix 8: expected 14 to 28"), (lambda: Settings(waves=()), "waves"),
])
def test_an_impossible_value_is_refused_with_the_field_and_the_value(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_an_agency_of_external_services_alone_needs_no_subnet():
    watched = a_service(hosting=Hosting.EXTERNAL, url="https://a.example", image="")
    agency = an_agency(services=(watched,), subnet=None, gateway=None)
    assert (agency.hosted, agency.external) == ((), (watched,))


def test_a_service_is_found_by_its_code():
    assert an_agency().service("antrean").name == "Antrean"
    with pytest.raises(KeyError):
        an_agency().service("antre")
