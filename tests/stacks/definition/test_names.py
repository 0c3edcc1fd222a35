"""What good names look like: each check gives "" or how to mend the text."""

from __future__ import annotations

import pytest

from stacks.definition import names


@pytest.mark.parametrize(("check", "text"), [
    (names.code, "dinkes-bandung"), (names.code, "a"), (names.code, "a" * 40),
    (names.host, "antrean.dinkes-bandung.example"), (names.host, "localhost"), (names.host, "9layanan.example"),
    (names.time_zone, "Asia/Jayapura"), (names.image, "siaga24/loket:1.0.0"), (names.image, "registry.example:5000/a/b:2"),
    (names.image, "loket@sha256:" + "a" * 64), (names.path, "/healthz?a=1"), (names.base_url, "https://situs.example:8443/a"),
    (names.step_url, "/"), (names.step_url, "https://lain.example/a?b=c"), (names.step_url, "/cari?url=https://x"),
    (names.subnet, "10.124.0.0/26"), (names.address, "0.0.0.0"), (names.listen, "127.0.0.1:9924"),  # noqa: S104
    (names.engine_host, "unix:///var/run/docker.sock"), (names.engine_host, "ssh://ops@host"), (names.mount_path, "/data"),
    (names.mount_path, "/var/lib/berkas"), (names.mount_path, "/tmpfiles"),
])
def test_a_good_name_passes(check, text):
    assert check(text) == ""


@pytest.mark.parametrize(("check", "text", "mend"), [
    (names.code, "Dinas Kesehatan", 'write it such as "dinas-kesehatan"'), (names.code, "9x", 'write it such as "x"'),
    (names.code, "a" * 41, 'write it such as "' + "a" * 40 + '"'), (names.code, "-", "begin with a small letter"), (names.code, "a-", 'write it such as "a"'),
    (names.host, "Antrean.example", "write labels"), (names.host, "a..b", "write labels"), (names.host, "10.0.0.1", "write a name"),
    (names.host, "a" * 64 + ".example", "write labels"), (names.host, "é.example", "write labels"),
    (names.time_zone, "WIT", "write Asia/Jayapura"), (names.time_zone, "+08:00", "write Asia/Makassar"),
    (names.time_zone, "asia/jakarta", 'did you mean "Asia/Jakarta"?'), (names.time_zone, "Mars/Olympus", "write Asia/Jakarta"),
    (names.image, "loket", "add the version"), (names.image, "loket:latest", "name a version"), (names.image, "Loket:1", "write NAME:TAG"),
    (names.image, "loket:1 --privileged", "write NAME:TAG"), (names.path, "healthz", "begin with one slash"),
    (names.path, "//lain.example/", "begin with one slash"), (names.path, "/a b", "percent-encoded"),
    (names.base_url, "ftp://situs.example", "with http or https"), (names.base_url, "https://a:b@situs.example", "take the user and password out"),
    (names.base_url, "https://situs.example/?a", "take out what follows"), (names.base_url, "https://situs.example:99999", "write it such as"),
    (names.base_url, "https://[::1", "write it such as"), (names.step_url, "antrean", "begin with one slash"),
    (names.subnet, "10.124.0.9/26", "write its first address: 10.124.0.0/26"), (names.subnet, "10.124.0.0", "add the prefix"),
    (names.subnet, "fd00::/64", "write it such as"), (names.subnet, "10.124.0.0/99", "write it such as"), (names.address, "localhost", "write an address"),
    (names.listen, "9924", "write ADDRESS:PORT"), (names.listen, "127.0.0.1:99999999", "write ADDRESS:PORT"),
    (names.engine_host, "/var/run/docker.sock", "write unix:///"), (names.mount_path, "data", "write an absolute path"),
    (names.mount_path, "/data/", "write an absolute path"), (names.mount_path, "/a/../run", "write an absolute path"),
    (names.mount_path, "/run", "/run/secrets is taken"), (names.mount_path, "/run/secrets/x", "/run/secrets is taken"),
    (names.mount_path, "/tmp", "/tmp is taken"), (names.mount_path, "/proc/x", "/proc is taken"),
    (names.mount_path, "/var/lib/postgresql/data", 'write "database: own"'), (names.mount_path, "/", "write an absolute path"),
])
def test_a_bad_name_is_told_how_to_mend(check, text, mend):
    assert mend in check(text)
