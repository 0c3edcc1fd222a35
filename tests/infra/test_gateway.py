from dataclasses import replace

import pytest

from infra.gateway import body, config_text, gateway_files, servers_up
from infra.naming import keyed_digest
from infra.spec import MIB, LimitSpec, Sensitive, StackSpec
from tests.infra.specs import CANARY, a_gateway, a_service, a_spec, with_service

STATISTICS = """\
# pxname,svname,status,addr,
https,FRONTEND,OPEN,,
antrean,antrean-1,UP,10.124.0.34:8000,
antrean,antrean-2,DOWN,10.124.0.35:8000,
antrean,antrean-3,MAINT (resolution),,
antrean,BACKEND,UP,,
surat,surat-1,UP,10.124.0.36:8000,

"""


def _config(spec: StackSpec) -> str:
    return config_text(spec, "0123456789ab")


CHECKS = (
    "default-server check inter 500ms fastinter 200ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down "
    "resolvers docker init-addr none"
)


def test_every_zero_loss_setting_that_was_measured_is_there():
    text = _config(a_spec())
    for setting in (
        "option redispatch 1", "option idle-close-on-response", "retries 4",
        "retry-on conn-failure empty-response response-timeout 503", "timeout connect 500ms", "timeout server 2000ms",
        "nameserver engine 127.0.0.11:53", "hold valid 500ms", "hold nx 0s", "hold obsolete 0s",
        "accepted_payload_size 8192", "http-request disable-l7-retry unless METH_GET", "balance leastconn",
        "option httpchk", "timeout check 1s", "http-check send meth GET uri /healthz", "http-check expect status 200",
        CHECKS,
    ):
        assert f"    {setting}" in text, setting
    settings = [line for line in text.splitlines() if not line.strip().startswith("#")]
    assert not any("shutdown-sessions" in line for line in settings), "it cuts off what a leaving replica still serves"


def test_there_is_room_for_old_and_new_replicas_and_two_more():
    assert "server-template antrean- 8 antrean:8000" in _config(with_service(a_spec(), replicas=3))


def test_each_host_goes_to_its_own_service_and_others_are_told_so():
    text = _config(a_spec(services=(a_service(code="antrean"), a_service(code="surat"))))
    assert "use_backend antrean if { var(txn.host) -m str antrean.dinkes.example }" in text
    assert "use_backend surat if { var(txn.host) -m str surat.dinkes.example }" in text
    assert "acl known var(txn.host) -m str -- antrean.dinkes.example surat.dinkes.example" in text
    assert "http-request return status 421" in text


def test_the_gateway_takes_no_more_connections_than_fit_into_its_memory():
    limits = LimitSpec(memory_bytes=128 * MIB)
    assert "    maxconn 1310\n" in _config(a_spec(gateway=a_gateway(limits=limits)))


def test_a_service_may_take_longer_to_answer():
    assert "timeout server 9000ms" in _config(with_service(a_spec(), answer_timeout_ms=9_000))


def test_http_only_redirects_and_only_where_it_was_asked_for():
    assert "frontend http\n" not in _config(a_spec())
    text = _config(a_spec(gateway=a_gateway(http_port=8080)))
    assert "redirect code 308 location https://%[var(txn.host)]:8443%[pathq]" in text
    usual = _config(a_spec(gateway=a_gateway(http_port=80, https_port=443)))
    assert "location https://%[var(txn.host)]%[pathq]" in usual


def test_the_digest_changes_with_configuration_certificate_and_key_and_with_nothing_else():
    spec = a_spec()
    digest, files = gateway_files(spec)
    assert gateway_files(replace(spec, engine_id="LAIN"))[0] == digest
    others = [
        with_service(spec, replicas=3),
        replace(spec, gateway=replace(spec.gateway, certificate_pem="-----BEGIN CERTIFICATE-----\nBARU\n")),
        replace(spec, gateway=replace(spec.gateway, key_pem=Sensitive("-----BEGIN PRIVATE KEY-----\nBARU\n"))),
    ]
    digests = {gateway_files(other)[0] for other in others}
    assert len(digests) == 3
    assert digest not in digests
    assert {file.path.partition("/")[0] for file in files} == {digest}


def test_the_running_gateway_tells_the_digest_that_names_its_folder():
    digest, files = gateway_files(a_spec())
    config = next(file.content.reveal() for file in files if file.path.endswith("/haproxy.cfg"))
    assert f'string "{digest}" if {{ path /digest }}' in config


def test_the_key_is_in_a_file_for_the_gateway_alone_and_not_in_the_configuration():
    _, files = gateway_files(a_spec())
    with_key = [file for file in files if CANARY in file.content.reveal()]
    assert [file.path.rpartition("/")[2] for file in with_key] == ["gateway.pem"]
    assert with_key[0].mode == 0o400


def test_the_digest_is_keyed():
    spec = a_spec()
    assert gateway_files(spec)[0] != gateway_files(replace(spec, digest_key=Sensitive("lain")))[0]
    assert len(keyed_digest(spec.digest_key, "x")) == len(gateway_files(spec)[0])


def test_only_servers_that_are_up_count_each_in_its_own_backend():
    assert servers_up(STATISTICS, "antrean") == {"10.124.0.34"}
    assert servers_up(STATISTICS, "surat") == {"10.124.0.36"}
    assert servers_up(STATISTICS, "lain") == frozenset()


def test_an_answer_in_chunks_is_put_together():
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"
    assert body(chunked) == "abcdef"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab",
    ],
    ids=["nothing", "another status", "cut off in a chunk", "cut off"],
)
def test_an_answer_that_is_not_a_whole_200_is_an_error(answer):
    with pytest.raises(ValueError, match="the gateway"):
        body(answer)
