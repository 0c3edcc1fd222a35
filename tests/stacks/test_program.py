from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.spec import MIB, Sensitive
from monitors.core.errors import PreflightError
from stacks.model import Database, ExternalDatabase, Job, Resources, Volume, Worker
from stacks.program import (
    DATABASE_IMAGE,
    DIGEST_KEY,
    GATEWAY_IMAGE,
    Inputs,
    TlsIdentity,
    image_names,
    inline_program,
    secret_files,
    secret_keys,
    spec_of,
)
from tests.infra.specs import an_image
from tests.infra.test_stack import KeepingHooks, StrictMocks
from tests.stacks.some_agency import a_service, an_agency

EXTERNAL = ExternalDatabase(
    host="pg.example", name="antre db", user="app@lain", password_file=Path("/rahasia/sandi"), port=5433,
)


def inputs_for(agency: Any, **secrets: str) -> Inputs:
    """Build the inputs of an agency: every image, every secret."""
    keys = {key: f"nilai rahasia {key}" for key in (*secret_keys(agency), *secret_files(agency))} | secrets
    return Inputs(
        images={
            name: an_image(number, volumes=("/var/lib/postgresql/data",) if name == DATABASE_IMAGE else ())
            for number, name in enumerate(image_names(agency), 1)
        },
        secrets={key: Sensitive(value) for key, value in keys.items()},
        certificate=TlsIdentity(certificate_pem="SERTIFIKAT", key_pem=Sensitive("KUNCI TLS"), ca_pem="CA"),
        engine_host="unix:///var/run/docker.sock",
        engine_id="ABCD:EFGH",
    )


def test_images_are_named_once_and_the_toolkits_own_only_where_needed():
    assert image_names(an_agency()) == (GATEWAY_IMAGE, "siaga24/loket:1.0.0")
    both = an_agency(services=(
        a_service(database=Database()), a_service(code="surat", host="surat.dinkes.example"),
    ))
    assert image_names(both) == (GATEWAY_IMAGE, "siaga24/loket:1.0.0", DATABASE_IMAGE)
    external = an_agency(services=(a_service(database=Database(external=EXTERNAL)),))
    assert DATABASE_IMAGE not in image_names(external)


def test_secrets_are_made_for_what_is_ours_and_read_for_what_is_others():
    agency = an_agency(services=(
        a_service(secrets=("SECRET_KEY",), database=Database()),
        a_service(code="surat", host="surat.dinkes.example", database=Database(external=EXTERNAL)),
    ))
    assert secret_keys(agency) == (DIGEST_KEY, "antrean.SECRET_KEY", "antrean.database-password")
    assert secret_files(agency) == {"surat.database-password": Path("/rahasia/sandi")}


def test_everything_that_a_definition_says_of_a_service_reaches_the_spec():
    agency = an_agency(services=(
        a_service(
            command=("loket", "serve"), replicas=3, health="/siap", answer_timeout_ms=5_000, stop_grace_ms=30_000,
            env=(("BAHASA", "id"),), secrets=("SECRET_KEY",), volumes=(Volume(name="berkas", path="/data"),),
            workers=(Worker(name="surel", command=("loket", "surel"), replicas=2),),
            jobs=(Job(name="migrasi", command=("loket", "migrate"), deadline_ms=60_000),),
            resources=Resources(memory_bytes=512 * MIB, cpus=Decimal("1.5"), pids=99),
            database=Database(memory_bytes=384 * MIB),
        ),
    ))
    service, = spec_of(agency, inputs_for(agency)).services
    assert service.command == ("loket", "serve")
    assert (service.replicas, service.health_path, service.port, service.host) == (
        3, "/siap", 8000, "antrean.dinkes.example",
    )
    assert (service.answer_timeout_ms, service.stop_grace_ms) == (5_000, 30_000)
    assert service.env == (("BAHASA", "id"),)
    assert [secret.name for secret in service.secrets] == ["SECRET_KEY"]
    assert service.secrets[0].value.reveal() == "nilai rahasia antrean.SECRET_KEY"
    assert [(volume.name, volume.path) for volume in service.volumes] == [("berkas", "/data")]
    assert [(worker.name, worker.command, worker.replicas) for worker in service.workers] == [
        ("surel", ("loket", "surel"), 2),
    ]
    assert [(job.name, job.command, job.deadline_ms) for job in service.jobs] == [
        ("migrasi", ("loket", "migrate"), 60_000),
    ]
    assert (service.limits.memory_bytes, service.limits.cpus, service.limits.pids) == (512 * MIB, Decimal("1.5"), 99)
    assert service.database is not None
    assert service.database.limits.memory_bytes == 384 * MIB
    assert service.database.password.reveal() == "nilai rahasia antrean.database-password"
    assert not service.has_egress


def test_an_external_database_comes_as_the_same_secret_file_and_opens_a_way_out():
    agency = an_agency(services=(a_service(database=Database(external=EXTERNAL)),))
    service, = spec_of(agency, inputs_for(agency, **{"antrean.database-password": "a/b c"})).services
    url, = service.secrets
    assert url.name == "DATABASE_URL"
    assert url.value.reveal() == "postgresql://app%40lain:a%2Fb%20c@pg.example:5433/antre%20db"
    assert service.database is None
    assert service.has_egress


def test_a_service_may_ask_for_a_way_out():
    agency = an_agency(services=(a_service(egress=True),))
    assert spec_of(agency, inputs_for(agency)).services[0].has_egress


def test_what_does_not_go_together_is_refused_before_anything_changes():
    agency = an_agency(services=(a_service(replicas=50),))
    with pytest.raises(PreflightError, match=r"agency 'dinkes': subnet 10\.124\.0\.0/26: its app network .* has room"):
        spec_of(agency, inputs_for(agency))


def test_an_agency_that_hosts_nothing_has_no_stack():
    agency = an_agency(services=(), subnet=None, gateway=None)
    with pytest.raises(PreflightError, match="hosts no service"):
        spec_of(agency, inputs_for(agency))


def test_no_secret_shows_in_the_text_of_inputs_or_spec():
    agency = an_agency(services=(a_service(secrets=("SECRET_KEY",), database=Database()),))
    inputs = inputs_for(agency)
    for text in (repr(inputs), repr(spec_of(agency, inputs))):
        assert "nilai rahasia" not in text
        assert "KUNCI TLS" not in text


def test_the_program_exports_what_the_monitor_and_the_next_run_need(monkeypatch):
    import pulumi  # noqa: PLC0415 - beside its mocks

    agency = an_agency(services=(a_service(secrets=("SECRET_KEY",), database=Database()),))
    inputs = inputs_for(agency)
    mocks = StrictMocks()
    exported: dict[str, Any] = {}
    pulumi.runtime.set_mocks(mocks, project="siaga24", stack="dinkes", preview=False)
    monkeypatch.setattr("stacks.program.pulumi.export", exported.__setitem__)
    known: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        inline_program(agency, inputs, KeepingHooks(mocks))()
        return pulumi.Output.all(**exported).apply(known.update)

    program()
    assert known["targets"]["version"] == 1
    assert [target["service"] for target in known["targets"]["targets"]] == ["antrean"]
    assert known["endpoints"] == {
        "antrean": {"url": "https://antrean.dinkes.example:21990", "connectTo": "127.0.0.1:21990"},
    }
    assert set(known["releases"]) == {"antrean"}
    assert known["engine"] == "ABCD:EFGH"
    assert known["volumes"] == ["siaga24_dinkes_antrean_database"]
    assert known["gateway"]
    assert "nilai rahasia" not in repr(known)
