"""The local authority: made once, keys private, certificates signed anew only where they must be."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from monitors.core.errors import StackError
from stacks.authority import LEAF_DAYS, RENEW_DAYS, Authority, KeyPair, host_names
from tests.stacks.certs import NOW

HOSTS = ("antrean.dinkes.example", "vaksin.dinkes.example")


def leaf_of(pair: KeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.cert_pem.encode())


def test_a_second_request_gives_the_same_bytes(tmp_path: Path) -> None:
    first = Authority(tmp_path).leaf("dinkes", HOSTS, NOW)
    assert Authority(tmp_path).leaf("dinkes", HOSTS, NOW + dt.timedelta(days=100)) == first
    assert Authority(tmp_path).leaf("dinkes", tuple(reversed(HOSTS)), NOW) == first


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    Authority(tmp_path).leaf("dinkes", HOSTS, NOW)
    for name in ("ca.key", "dinkes.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


def test_a_certificate_is_for_its_hosts_and_lives_no_longer_than_browsers_accept(tmp_path: Path) -> None:
    cert = leaf_of(Authority(tmp_path).leaf("dinkes", HOSTS, NOW))
    assert set(host_names(cert)) == set(HOSTS)
    assert cert.not_valid_after_utc - cert.not_valid_before_utc < dt.timedelta(days=398)


@pytest.mark.parametrize(("days", "is_new"), [
    (LEAF_DAYS - RENEW_DAYS, False), (LEAF_DAYS - RENEW_DAYS + 1, True), (LEAF_DAYS + 5, True),
])
def test_it_is_renewed_when_less_than_thirty_days_are_left(tmp_path: Path, days: int, is_new: bool) -> None:
    first = Authority(tmp_path).leaf("dinkes", HOSTS, NOW)
    later = Authority(tmp_path).leaf("dinkes", HOSTS, NOW + dt.timedelta(days=days))
    assert (later != first) is is_new
    assert later.ca_pem == first.ca_pem


def test_another_host_and_a_lost_or_garbled_file_get_a_new_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    first = authority.leaf("dinkes", HOSTS, NOW)
    more = authority.leaf("dinkes", (*HOSTS, "baru.dinkes.example"), NOW)
    assert more != first
    (tmp_path / "dinkes.pem").write_text("garbled", encoding="utf-8")
    mended = authority.leaf("dinkes", HOSTS, NOW)
    (tmp_path / "dinkes.pem").unlink()
    assert len({first, more, mended, authority.leaf("dinkes", HOSTS, NOW)}) == 4


def test_a_new_authority_signs_all_certificates_anew(tmp_path: Path) -> None:
    first = Authority(tmp_path).leaf("dinkes", HOSTS, NOW)
    (tmp_path / "ca.pem").unlink()
    (tmp_path / "ca.key").unlink()
    second = Authority(tmp_path).leaf("dinkes", HOSTS, NOW)
    assert second.ca_pem != first.ca_pem
    leaf_of(second).verify_directly_issued_by(x509.load_pem_x509_certificate(second.ca_pem.encode()))


def test_half_an_authority_or_a_strange_key_is_never_replaced(tmp_path: Path) -> None:
    Authority(tmp_path / "a").leaf("dinkes", HOSTS, NOW)
    Authority(tmp_path / "b").leaf("dinkes", HOSTS, NOW)
    (tmp_path / "a" / "ca.key").write_bytes((tmp_path / "b" / "ca.key").read_bytes())
    with pytest.raises(StackError, match=r"does not belong to ca\.pem"):
        Authority(tmp_path / "a").leaf("dinkes", HOSTS, NOW)
    (tmp_path / "a" / "ca.key").unlink()
    with pytest.raises(StackError, match="cannot be read"):
        Authority(tmp_path / "a").leaf("dinkes", HOSTS, NOW)


def test_agencies_that_begin_at_the_same_time_share_one_authority(tmp_path: Path) -> None:
    codes = [f"instansi-{n}" for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        pairs = list(pool.map(lambda code: Authority(tmp_path).leaf(code, HOSTS, NOW), codes))
    assert len({pair.ca_pem for pair in pairs}) == 1
    assert len({pair.key_pem for pair in pairs}) == len(codes)


def test_a_tls_client_that_trusts_the_authority_accepts_the_host_and_refuses_another(tmp_path: Path) -> None:
    pair = Authority(tmp_path).leaf("dinkes", HOSTS, dt.datetime.now(dt.UTC))
    (tmp_path / "served.pem").write_text(pair.cert_pem + pair.key_pem, encoding="utf-8")
    assert handshake(tmp_path / "served.pem", pair.ca_pem, HOSTS[0]) == ""
    assert "mismatch" in handshake(tmp_path / "served.pem", pair.ca_pem, "lain.example")


def handshake(served: Path, ca_pem: str, host: str) -> str:
    """Return why a client refused, "" if it did not."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(served)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as secured:
                secured.recv(1)
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ssl.create_default_context(cadata=ca_pem).wrap_socket(ours, server_hostname=host):
            return ""
    except ssl.SSLCertVerificationError as exc:
        return exc.verify_message
    finally:
        ours.close()
        thread.join()


def test_a_pair_shows_no_key(tmp_path: Path) -> None:
    assert "PRIVATE" not in repr(Authority(tmp_path).leaf("dinkes", HOSTS, NOW))
