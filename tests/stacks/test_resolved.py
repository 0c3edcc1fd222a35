"""An agency with every default filled in reads back as the same agency."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stacks import yamlio
from stacks.loader import load_agency
from stacks.model import Agency, Settings
from stacks.resolved import as_json, resolved
from stacks.tiers import TEMPLATES, standard_tiers

SAMPLES = TEMPLATES.parent / "stacks" / "agencies"
GOLDEN = Path(__file__).parent / "resolved_agencies"
FILES = [*sorted(SAMPLES.glob("d*.yaml")), TEMPLATES / "agency" / "agency.yaml"]


def load(path: Path) -> Agency:
    return load_agency(path, Settings(), standard_tiers())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_shown_reads_back_as_the_same_agency(path, tmp_path):
    agency = load(path)
    shown = tmp_path / path.name
    shown.write_text(yamlio.write(resolved(agency, path.parent)), encoding="utf-8")
    assert load(shown) == agency


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_sample_is_shown_in_full_as_it_was_read_by_eye(path):
    agency = load(SAMPLES / path.name)
    assert yamlio.write(resolved(agency, SAMPLES)) == path.read_text(encoding="utf-8")


def test_every_sample_has_been_read_by_eye():
    assert {path.name for path in GOLDEN.glob("*.yaml")} == {path.name for path in SAMPLES.glob("d*.yaml")}


def test_files_are_named_from_the_folder_of_the_definition(tmp_path):
    folder = tmp_path / "agencies"
    (folder / "tls").mkdir(parents=True)
    (folder / "tls" / "a.pem").write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
    (folder / "tls" / "a.key").touch()
    (folder / "sandi").touch(mode=0o600)
    (folder / "dinas.yaml").write_text(
        "version: 1\ncode: dinas\nname: Dinas\nkind: ministry\ntime_zone: Asia/Makassar\nnetwork: {subnet: 10.124.0.0/26}\n"
        "gateway: {https_port: 443, certificate: {cert: tls/a.pem, key: tls/a.key}}\nservices:\n"
        "  a:\n    name: A\n    image: a:1\n    port: 80\n    transactions: {t: {steps: [{post: /, json: {n: 1.50, d: [1]}}]}}\n"
        "    database: {external: {host: db, name: db, user: u, password_file: sandi}}\n"
        "  b:\n    name: B\n    hosting: external\n    url: https://b.example\n    ca: tls/a.pem\n"
        "    transactions: {t: {steps: [{get: /, expect: {css: [h1, h2], status: '200,303'}}]}}\n",
        encoding="utf-8",
    )
    agency = load(folder / "dinas.yaml")
    plain = resolved(agency, folder)
    assert plain["gateway"]["certificate"] == {"cert": "tls/a.pem", "key": "tls/a.key"}
    assert plain["services"]["a"]["database"]["external"]["password_file"] == "sandi"
    assert plain["services"]["b"]["ca"] == "tls/a.pem"
    again = folder / "lagi" / "dinas.yaml"
    again.parent.mkdir()
    again.write_text(yamlio.write(resolved(agency, again.parent)), encoding="utf-8")
    assert resolved(load(again), folder) == plain


def test_json_holds_numbers_as_numbers():
    plain = as_json(resolved(load(FILES[0]), SAMPLES))
    assert plain["services"]["antrean"]["promise"]["target"] == 99.5
    assert json.loads(json.dumps(plain)) == plain


def test_what_differs_from_every_default_is_shown_and_reads_back(tmp_path):
    path = tmp_path / "dinas.yaml"
    path.write_text(
        "version: 1\ncode: dinas\nname: Dinas\nkind: regency\ntime_zone: Asia/Jayapura\ntier: gold\nwave: pilot\n"
        "network: {subnet: 10.124.0.0/26}\ngateway: {bind: 10.0.0.1, https_port: 443, http_port: 80}\nservices:\n  a:\n    name: A\n"
        "    criticality: 1\n    image: a:1\n    command: [a, b]\n    port: 81\n    replicas: 5\n    health: /sehat\n    host: a.example\n"
        "    answer_timeout: 7s\n    stop_grace: 41s\n    egress: true\n    env: {A: '1'}\n    secrets: [S]\n    volumes: {v: /data}\n"
        "    database: {own: {memory: 96MiB}}\n    workers: {w: {command: [c], replicas: 3}}\n    jobs: {j: {command: [d], deadline: 9s}}\n"
        "    resources: {memory: 33MiB, cpus: 1.25, pids: 44}\n    log: {file: 2MiB, files: 7}\n    promise: {target: 98.765, latency: 1234ms}\n"
        "    transactions:\n      t: {primary: true, interval: 55s, deadline: 11s, latency: 777ms, writes: true, steps: [{get: /}]}\n",
        encoding="utf-8",
    )
    agency = load(path)
    [service] = agency.services
    shown = resolved(agency, tmp_path)["services"]["a"]
    assert (service.replicas, service.command, service.port, service.health, service.host) == (5, ("a", "b"), 81, "/sehat", "a.example")
    assert (service.answer_timeout_ms, service.stop_grace_ms, service.egress) == (7_000, 41_000, True)
    assert (shown["stop_grace"], shown["answer_timeout"], shown["database"]) == ("41s", "7s", {"own": {"memory": "96MiB"}})
    assert (shown["resources"]["memory"], shown["resources"]["pids"], shown["log"]) == ("33MiB", 44, {"file": "2MiB", "files": 7})
    assert (service.workers[0].replicas, service.jobs[0].deadline_ms, str(service.promise.target)) == (3, 9_000, "98.765")
    again = tmp_path / "lagi" / "dinas.yaml"
    again.parent.mkdir()
    again.write_text(yamlio.write(resolved(agency, again.parent)), encoding="utf-8")
    assert load(again) == agency
