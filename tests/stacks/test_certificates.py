"""Supplied certificates: everything wrong with one is told at once; what soon expires is a warning."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from stacks.certificates import Supplied, check_supplied
from stacks.parts import Certificate
from tests.stacks.certs import NOW, make, write

HOST = "antrean.dinkes.go.id"
ROOT = make("Akar", is_ca=True, days=3650)
MIDDLE = make("Antara", signer=ROOT, is_ca=True, days=1000)


def check(folder: Path, *chain, key=None, hosts=(HOST,), now=NOW) -> Supplied:
    cert_file, key_file = write(folder, *chain, key=key)
    return check_supplied(Certificate(cert_file=cert_file, key_file=key_file), hosts, now)


def test_a_good_chain_is_taken_as_it_is(tmp_path: Path) -> None:
    leaf = make("host", signer=MIDDLE, hosts=(HOST,))
    found = check(tmp_path, leaf, MIDDLE)
    assert (found.faults, found.warnings) == ((), ())
    assert found.pair is not None
    assert found.pair.cert_pem.encode() == leaf.pem + MIDDLE.pem
    assert found.pair.key_pem.encode() == leaf.key_pem
    assert found.pair.ca_pem == "", "a public chain is trusted by the system"


def test_a_chain_that_ends_in_its_own_root_brings_what_callers_must_trust(tmp_path: Path) -> None:
    found = check(tmp_path, make("host", signer=MIDDLE, hosts=(HOST,)), MIDDLE, ROOT)
    assert found.pair is not None
    assert found.pair.ca_pem.encode() == ROOT.pem


@pytest.mark.parametrize(("names", "covers"), [
    (("*.dinkes.go.id",), True),
    (("*.DINKES.go.id",), True),
    (("*.go.id",), False),
    (("dinkes.go.id",), False),
    (("antrean.*.go.id",), False),
    ((), False),
])
def test_hosts_are_compared_as_callers_compare_them(tmp_path: Path, names: tuple[str, ...], covers: bool) -> None:
    found = check(tmp_path, make("host", signer=ROOT, hosts=names))
    assert (found.pair is not None) is covers
    if not covers:
        assert f"the certificate is not for {HOST}" in found.faults[0]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    old = make("host", signer=MIDDLE, hosts=("lain.go.id",), start=NOW - dt.timedelta(days=400), days=365)
    found = check(tmp_path, old, ROOT, key=make("asing"))
    text = "\n".join(found.faults)
    assert found.pair is None
    for part in (
        "the private key does not belong to the first certificate",
        f"the certificate is not for {HOST}; it is for lain.go.id",
        'the chain is broken: "CN=host" was not signed by the next certificate, "CN=Akar"',
        '"CN=host" expired on 2025-11-27; renew it',
    ):
        assert part in text


def test_one_that_is_not_valid_yet_is_refused(tmp_path: Path) -> None:
    found = check(tmp_path, make("host", signer=ROOT, hosts=(HOST,), start=NOW + dt.timedelta(hours=2)))
    assert [fault.partition(":")[2] for fault in found.faults] == [
        ' "CN=host" is valid from 2026-01-01 07:00 UTC only; use it later, or set this machine\'s clock',
    ]


def test_one_that_expires_within_thirty_days_is_a_warning(tmp_path: Path) -> None:
    found = check(tmp_path, make("host", signer=ROOT, hosts=(HOST,), days=20))
    assert found.pair is not None
    assert found.warnings == (f'{tmp_path}/host.pem: "CN=host" expires on 2026-01-20, in 19 days; renew it soon',)


def test_files_that_are_missing_or_something_else_are_told(tmp_path: Path) -> None:
    missing = Certificate(cert_file=tmp_path / "no.pem", key_file=tmp_path / "no.key")
    assert [fault.partition(":")[2] for fault in check_supplied(missing, (HOST,), NOW).faults] == [
        " the certificate cannot be read (No such file or directory); correct gateway/certificate/cert",
        " the private key cannot be read (No such file or directory); correct gateway/certificate/key",
    ]
    (tmp_path / "text").write_text("text", encoding="utf-8")
    wrong = Certificate(cert_file=tmp_path / "text", key_file=tmp_path / "text")
    texts = "\n".join(check_supplied(wrong, (HOST,), NOW).faults)
    assert "holds no PEM certificate" in texts
    assert "holds no PEM private key" in texts


def test_a_key_with_a_password_is_told(tmp_path: Path) -> None:
    leaf = make("host", signer=ROOT, hosts=(HOST,))
    cert_file, key_file = write(tmp_path, leaf)
    key_file.write_bytes(leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x"),
    ))
    found = check_supplied(Certificate(cert_file=cert_file, key_file=key_file), (HOST,), NOW)
    assert found.faults == (f"{key_file}: the private key has a password; expected one without, in a file of mode 0600",)
