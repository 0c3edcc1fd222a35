"""Agency files to agencies: the samples load to what they say, and each kind of fault is told in its exact words."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitors.core.errors import DefinitionError
from monitors.core.model import Assertion, AssertKind, Hosting, Save, SaveKind
from stacks.loader import check_file, load_agency
from stacks.model import Agency, Settings
from stacks.tiers import TEMPLATES, load_settings, standard_tiers

BAD = Path(__file__).parent / "bad_agencies"
SAMPLES = TEMPLATES.parent / "stacks" / "agencies"
BAD_NAMES = sorted(path.stem for path in BAD.glob("*.yaml"))


def load_sample(code: str) -> Agency:
    return load_agency(SAMPLES / f"{code}.yaml", load_settings(SAMPLES / "siaga24.yaml"), standard_tiers())


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_broken_file_is_told_in_its_exact_words(name, monkeypatch):
    monkeypatch.chdir(BAD)
    with pytest.raises(DefinitionError) as told:
        load_agency(Path(f"{name}.yaml"), Settings(), standard_tiers())
    assert "\n".join(told.value.faults) + "\n" == Path(f"{name}.expected").read_text(encoding="utf-8")
    assert told.value.exit_code == 2


def test_the_broken_files_are_of_many_kinds_and_each_has_its_message():
    assert len(BAD_NAMES) >= 34
    messages = {(BAD / f"{name}.expected").read_text(encoding="utf-8").partition(": ")[2] for name in BAD_NAMES}
    assert len(messages) == len(BAD_NAMES)
    assert {path.stem for path in BAD.glob("*.expected")} == set(BAD_NAMES)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_every_message_says_where_what_is_what_was_expected_and_how_to_mend(name):
    for line in (BAD / f"{name}.expected").read_text(encoding="utf-8").splitlines():
        place, path, message = line.split(": ", 2)
        file, number = place.split(":")
        assert (file, number.isdigit(), bool(path)) == (f"{name}.yaml", True, True)
        assert "; expected " in message
        assert all(part.strip() for part in message.partition("; expected ")[2].split("; ", 1))


def test_one_pass_tells_all_faults_of_a_file_in_the_order_of_its_lines():
    lines = (BAD / "many-faults.expected").read_text(encoding="utf-8").splitlines()
    numbers = [int(line.split(":")[1]) for line in lines]
    assert len(lines) >= 7
    assert numbers == sorted(numbers)


def test_the_bandung_sample_loads_to_what_it_says():
    agency = load_sample("dinkes-bandung")
    assert (agency.name, agency.time_zone, agency.tier) == ("Dinas Kesehatan Kota Bandung", "Asia/Jakarta", "silver")
    assert agency.subnet == IPv4Network("10.124.0.0/26")
    assert agency.gateway
    assert agency.gateway.https_port == 8443
    assert [service.code for service in agency.hosted] == ["antrean", "vaksinasi"]
    assert [service.code for service in agency.external] == ["informasi"]
    antrean = agency.service("antrean")
    assert (antrean.image, antrean.port, antrean.replicas) == ("siaga24/loket:1.0.0", 8000, 2)
    assert antrean.host == "antrean.dinkes-bandung.example"
    assert antrean.promise.target == Decimal("99.5")
    assert antrean.database
    assert antrean.database.is_own
    assert [(job.name, job.command) for job in antrean.jobs] == [("migrate", ("loket", "migrate"))]
    assert [(one.name, one.primary) for one in antrean.transactions] == [("ambil-nomor", True), ("status-kantor", False)]
    journey = antrean.transactions[0]
    assert (journey.interval_ms, journey.deadline_ms, journey.writes) == (5_000, 2_000, True)
    assert [(step.method, step.url) for step in journey.steps] == [
        ("GET", "/"), ("POST", "/antrean"), ("GET", "/api/antrean/${tiket}"),
    ]
    opened, taken, read = journey.steps
    assert opened.saves == (Save(name="csrf", kind=SaveKind.CSS, expression="input[name=csrf]", attribute="value"),)
    assert taken.form == (("csrf", "${csrf}"), ("layanan", "UMUM"))
    assert taken.max_redirects == 1
    assert read.assertions == (
        Assertion(kind=AssertKind.STATUS, expected="200"),
        Assertion(kind=AssertKind.JSON, name="$.status", expected="menunggu"),
        Assertion(kind=AssertKind.JSON, name="$.kode", expected="UMUM"),
    )
    watched = agency.service("informasi")
    assert (watched.hosting, watched.url, watched.image) == (Hosting.EXTERNAL, "http://127.0.0.1:8099", "")
    assert [step.critical for step in watched.transactions[0].steps] == [True, False]


def test_the_jayapura_sample_lies_in_another_time_zone_and_has_two_hosted_services():
    agency = load_sample("disdukcapil-jayapura")
    assert agency.time_zone == "Asia/Jayapura"
    assert [service.code for service in agency.hosted] == ["adminduk", "akta-keliling"]
    assert not agency.external


def test_the_tier_fills_what_the_file_leaves_open():
    silver = standard_tiers()["silver"]
    [service] = load_sample("disdukcapil-jayapura").services[1:]
    assert service.promise == silver.promise
    assert service.resources == silver.resources
    assert service.log == silver.log
    assert service.database
    assert service.database.memory_bytes == silver.database_memory_bytes


def test_the_commented_reference_is_a_good_definition_of_every_key():
    checked = check_file(TEMPLATES / "agency" / "agency.yaml", Settings(), standard_tiers())
    assert checked.findings.lines() == ()
    assert checked.findings.warning_lines() == ()
    assert checked.agency


def text_of(**changes: str) -> str:
    """Return a small good definition with lines replaced by key."""
    lines = {
        "version": "version: 1", "code": "code: dinas", "name": "name: Dinas", "kind": "kind: city",
        "time_zone": "time_zone: Asia/Jakarta", "tier": "tier: silver", "network": "network: {subnet: 10.124.0.0/26}",
        "gateway": "gateway: {https_port: 8443}", "services": "services:\n  antrean:\n    name: Antrean",
        "image": "    image: siaga24/loket:1.0.0", "port": "    port: 8000", "extra": "",
        "transactions": "    transactions:\n      ambil:", "times": "", "steps": "        steps:\n          - get: /",
    }
    return "\n".join((lines | changes).values()) + "\n"


def load_text(folder: Path, text: str, **given: str) -> Agency:
    path = folder / "dinas.yaml"
    path.write_text(text, encoding="utf-8")
    return load_agency(path, Settings(**given), standard_tiers())  # type: ignore[arg-type]


def test_a_promise_keeps_its_digits_as_written(tmp_path):
    agency = load_text(tmp_path, text_of(extra="    promise: {target: 99.982}"))
    assert str(agency.services[0].promise.target) == "99.982"


def test_an_interval_without_a_deadline_leaves_room_for_two_tries(tmp_path):
    agency = load_text(tmp_path, text_of(times="        interval: 5s"))
    assert agency.services[0].transactions[0].deadline_ms == 2_000


def test_the_latency_target_of_the_promise_is_cut_at_the_deadline(tmp_path):
    agency = load_text(tmp_path, text_of(times="        interval: 5s"))
    assert (agency.services[0].promise.latency_target_ms, agency.services[0].transactions[0].latency_target_ms) == (3_000, 2_000)


def test_an_alias_repeats_a_whole_value(tmp_path):
    second = "  kedua:\n    name: Kedua\n    image: siaga24/loket:1.0.0\n    port: 8000\n    transactions: *semua\n"
    agency = load_text(tmp_path, text_of(transactions="    transactions: &semua\n      ambil:") + second)
    assert agency.services[0].transactions == agency.services[1].transactions


def test_a_promise_narrower_than_its_transactions_can_prove_is_a_warning_and_no_fault(tmp_path):
    path = tmp_path / "dinas.yaml"
    path.write_text(text_of(extra="    promise: {target: 99.95}"), encoding="utf-8")
    checked = check_file(path, Settings(), standard_tiers())
    assert checked.agency
    [warning] = checked.findings.warning_lines()
    assert warning.endswith(
        "dinas.yaml:14: services/antrean/promise: a promise of 99.95 % cannot be proven with 0.05 % of lone failures; "
        "expected at most 99.894 % with these intervals and deadlines; make deadlines or intervals shorter, or promise less",
    )


def test_a_promise_so_wide_that_alert_rules_stay_silent_is_a_warning(tmp_path):
    path = tmp_path / "dinas.yaml"
    path.write_text(text_of(extra="    promise: {target: 90}"), encoding="utf-8")
    [warning] = check_file(path, Settings(), standard_tiers()).findings.warning_lines()
    assert "no outage burns its budget 14.4 times too fast" in warning


EXTERNAL: dict[str, Any] = {"network": "", "gateway": "", "image": "    hosting: external"}


def warnings_of(folder: Path, settings: Settings | None = None, **changes: str) -> list[str]:
    path = folder / "dinas.yaml"
    path.write_text(text_of(**changes), encoding="utf-8")
    checked = check_file(path, settings or Settings(), standard_tiers())
    assert checked.agency, checked.findings.lines()
    return [line.partition("dinas.yaml:")[2] for line in checked.findings.warning_lines()]


def test_a_private_address_is_a_warning_since_no_monitor_goes_there(tmp_path):
    [warning] = warnings_of(tmp_path, port="    url: https://10.20.0.7:8443/layanan", **EXTERNAL)
    assert warning == (
        "13: services/antrean/url: 10.20.0.7 is an address of a private network, and will not be watched unless ops "
        "allow it; expected a public address or a name; use one, or have ops allow it: allow_networks in siaga24.yaml, "
        "or siaga24 monitor run --allow-network 10.20.0.7"
    )


def test_an_address_that_ops_allow_is_no_warning(tmp_path):
    allowed = Settings(allow_networks=("10.20.0.0/16",))
    assert warnings_of(tmp_path, allowed, port="    url: https://10.20.0.7:8443/layanan", **EXTERNAL) == []
    [_] = warnings_of(tmp_path, allowed, port="    url: https://10.21.0.7:8443/layanan", **EXTERNAL)


@pytest.mark.parametrize(("step", "told"), [
    ("get: http://169.254.169.254/latest", "steps/0/get: 169.254.169.254 is the address of a cloud's metadata service"),
    ("get: http://localhost:8000/", "steps/0/get: localhost is a name of the monitor's own machine"),
    ("get: http://[::1]/", "steps/0/get: ::1 is an address of the monitor's own machine"),
    ("tcp: {host: 172.16.3.4, port: 25}", "steps/0/tcp/host: 172.16.3.4 is an address of a private network"),
    ("websocket: {url: 'wss://192.168.1.9/kabar'}", "steps/0/websocket/url: 192.168.1.9 is an address of a private"),
    ("dns: {name: situs.example, server: '10.1.1.1:53'}", "steps/0/dns/server: 10.1.1.1 is an address of a private"),
])
def test_steps_that_go_to_such_addresses_are_warned_of_too(tmp_path, step, told):
    [warning] = warnings_of(tmp_path, steps=f"        steps:\n          - {step}")
    assert told in warning


@pytest.mark.parametrize("step", [
    "get: /layanan", "get: https://situs.example/", "get: https://8.8.8.8/", "get: https://10.example.id/",
    "get: /alih?ke=http://10.0.0.1/", "dns: {name: situs.example, server: 'ns.example:53'}",
])
def test_names_and_public_addresses_are_no_warning(tmp_path, step):
    assert warnings_of(tmp_path, steps=f"        steps:\n          - {step}") == []


def test_an_external_service_needs_neither_network_nor_gateway(tmp_path):
    text = text_of(network="", gateway="", image="    hosting: external", port="    url: https://situs.example/layanan/")
    agency = load_text(tmp_path, text)
    assert (agency.subnet, agency.gateway, agency.hosted) == (None, None, ())
    assert agency.services[0].url == "https://situs.example/layanan"


def test_a_file_that_is_not_there_is_told_like_any_fault(tmp_path):
    with pytest.raises(DefinitionError, match="cannot be read: no such file or directory; expected a file"):
        load_agency(tmp_path / "tidak-ada.yaml", Settings(), standard_tiers())


def test_an_external_database_reads_its_password_from_a_file_that_others_cannot_read(tmp_path):
    secret = tmp_path / "kata-sandi"
    secret.write_text("rahasia", encoding="utf-8")
    text = text_of(extra="    database: {external: {host: db, name: a, user: b, password_file: kata-sandi}}")
    secret.chmod(0o644)
    with pytest.raises(DefinitionError, match="can be read by other users; expected mode 0600"):
        load_text(tmp_path, text)
    secret.chmod(0o600)
    [service] = load_text(tmp_path, text).services
    assert service.database
    assert service.database.external
    assert service.database.external.password_file == secret
    assert service.egress


WORDS = st.sampled_from([
    "version", "code", "name", "services", "transactions", "steps", "get", "post", "expect", "save", "status", "json", "css",
    "matches", "form", "env", "secrets", "volumes", "database", "external", "promise", "target", "interval", "antrean", "no",
    "0123", "1e3", "22:30", "${a}", "${", "[", "]", "{", "}", ": ", "- ", "\n", "  ", "\t", "&a ", "*a", "<<", "!!", "|", ">",
    "'", '"', "#", "---", "\x00", "é", "99.5", "30s", "/", "~", "null", "?", "%", "@", "`", "\\", "1" * 60, "10.124.0.0/26",
])


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=40).map("".join), st.text(max_size=200)), st.booleans())
@example("[" * 3000, False)
@example("{" * 3000 + "}" * 3000, False)
@example("a: &a [*a]", False)
@example("? {a: b}\n: c", False)
@example("a: " + "9" * 5000, False)
def test_whatever_stands_in_a_file_only_a_definition_error_comes_of_it(tmp_path_factory, text, grafted):
    path = tmp_path_factory.mktemp("any") / "dinas.yaml"
    whole = text_of(steps=f"        steps:\n          - {text}") if grafted else text
    path.write_bytes(whole.encode("utf-8", "surrogatepass"))
    try:
        load_agency(path, Settings(), standard_tiers())
    except DefinitionError as told:
        faults = told.faults
    else:
        faults = ("none",)
    assert faults


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_good_file_with_one_value_replaced_by_anything_never_breaks_the_loader(tmp_path_factory, data):
    lines = (TEMPLATES / "agency" / "agency.yaml").read_text(encoding="utf-8").splitlines()
    places = [number for number, line in enumerate(lines) if ": " in line.partition("#")[0]]
    place = data.draw(st.sampled_from(places))
    value = data.draw(st.one_of(WORDS, st.text(max_size=30), st.integers().map(str), st.floats().map(str)))
    lines[place] = lines[place].partition(": ")[0] + ": " + value
    path = tmp_path_factory.mktemp("any") / "agency.yaml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        load_agency(path, Settings(), standard_tiers())
    except DefinitionError as told:
        faults = told.faults
    else:
        faults = ("none",)
    assert faults
