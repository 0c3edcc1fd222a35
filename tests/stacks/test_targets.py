from ipaddress import IPv4Address

import pytest

from monitors.core.document import from_document, to_document
from monitors.core.model import Hosting
from stacks.parts import Gateway
from stacks.targets import Endpoint, endpoints_of, targets_of
from tests.factories import a_transaction
from tests.stacks.some_agency import a_service, an_agency


def test_a_hosted_service_is_asked_by_its_own_name_at_the_gateways_address():
    agency = an_agency(gateway=Gateway(bind=IPv4Address("10.1.2.3"), https_port=8443))
    target, = targets_of(agency, endpoints_of(agency, "CA"))
    assert target.base_url == "https://antrean.dinkes.example:8443"
    assert target.connect_to == "10.1.2.3:8443"
    assert target.ca_pem == "CA"
    assert target.hosting is Hosting.TOOLKIT


def test_the_usual_port_is_not_written():
    agency = an_agency(gateway=Gateway(https_port=443))
    assert endpoints_of(agency, "")["antrean"] == Endpoint(
        base_url="https://antrean.dinkes.example", connect_to="127.0.0.1:443",
    )


def test_an_external_service_is_asked_where_it_is_and_trusts_what_its_file_says():
    agency = an_agency(services=(
        a_service(
            code="surat", hosting=Hosting.EXTERNAL, url="https://surat.example/app", image="", port=0, host="",
            ca_pem="CA LAIN",
        ),
    ))
    target, = targets_of(agency, endpoints_of(agency, "CA"))
    assert (target.base_url, target.connect_to, target.ca_pem) == ("https://surat.example/app", "", "CA LAIN")
    assert target.hosting is Hosting.EXTERNAL


def test_all_that_the_monitor_needs_is_carried_over_and_survives_the_document():
    agency = an_agency(
        name="Dinas Kesehatan", time_zone="Asia/Jayapura",
        services=(a_service(name="Antrean", criticality=1, transactions=(a_transaction(name="ambil-nomor"),)),),
    )
    targets = targets_of(agency, endpoints_of(agency, "CA"))
    target = targets[0]
    assert (target.agency, target.service, target.agency_name, target.service_name) == (
        "dinkes", "antrean", "Dinas Kesehatan", "Antrean",
    )
    assert (target.time_zone, target.criticality) == ("Asia/Jayapura", 1)
    assert target.promise == agency.services[0].promise
    assert target.transactions == agency.services[0].transactions
    assert from_document(to_document(targets)) == targets


def test_a_hosted_service_without_an_endpoint_is_our_own_fault():
    with pytest.raises(ValueError, match="'antrean' of 'dinkes' is hosted and has no endpoint"):
        targets_of(an_agency(), {})
