"""Trusted certificates as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.errors import ProbeFault
from monitors.probes import trust
from monitors.probes.trust import TrustFiles, system_roots


def test_a_text_is_one_file_with_exactly_that_text_until_it_is_closed():
    files = TrustFiles()
    path = files.path("PEM satu")
    assert Path(path).read_text(encoding="utf-8") == "PEM satu"
    assert files.path("PEM satu") == path
    assert Path(files.path("PEM dua")).read_text(encoding="utf-8") == "PEM dua"
    files.close()
    files.close()


def test_without_memory_files_an_ordinary_one_is_used_and_removed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr("os.memfd_create")
    files = TrustFiles()
    path = Path(files.path("PEM"))
    assert path.read_text(encoding="utf-8") == "PEM"
    files.close()
    assert not path.exists()


def test_the_system_s_authorities_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    bundle = tmp_path / "roots.pem"
    bundle.write_text("x", encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert system_roots() == str(bundle)
    assert TrustFiles().path("") == str(bundle)


def test_a_machine_without_authorities_is_our_fault_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tidak-ada"))
    monkeypatch.setattr(trust, "USUAL_PLACES", ())
    with pytest.raises(ProbeFault, match="install the package ca-certificates, or name a file in SSL_CERT_FILE"):
        system_roots()
