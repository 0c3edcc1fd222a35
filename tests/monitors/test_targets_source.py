"""Targets documents on disk: read as one set, faults with the file's name, changes noticed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from monitors.core.document import to_document
from monitors.core.errors import DocumentError
from monitors.core.model import Target
from monitors.targets_source import TargetsFiles
from tests.factories import a_target


def write(file: Path, *targets: Target) -> Path:
    file.write_text(json.dumps(to_document(targets)), encoding="utf-8")
    return file


def test_a_folder_and_a_file_are_one_set_in_order_of_key(tmp_path: Path):
    folder = tmp_path / "targets"
    folder.mkdir()
    write(folder / "b.json", a_target(agency="b"))
    write(folder / "a.json", a_target(agency="a", service="z"), a_target(agency="a", service="y"))
    extra = write(tmp_path / "extra.json", a_target(agency="c"))
    (folder / ".tulis-sementara.json").write_text("{", encoding="utf-8")
    (folder / "catatan.txt").write_text("bukan sasaran", encoding="utf-8")
    found = TargetsFiles((folder, extra)).read()
    assert [target.key for target in found] == ["a/y", "a/z", "b/antrean", "c/antrean"]


def test_an_empty_folder_has_no_targets(tmp_path: Path):
    assert TargetsFiles((tmp_path,)).read() == ()


def test_one_authority_s_text_is_kept_once(tmp_path: Path):
    pem = "-----BEGIN CERTIFICATE-----\n" + "x" * 500
    write(tmp_path / "a.json", a_target(agency="a", ca_pem=pem))
    write(tmp_path / "b.json", a_target(agency="b", ca_pem=pem))
    one, other = TargetsFiles((tmp_path,)).read()
    assert one.ca_pem is other.ca_pem
    assert one.ca_pem == pem


def test_faults_name_the_file(tmp_path: Path):
    lost = tmp_path / "hilang.json"
    with pytest.raises(DocumentError) as error:
        TargetsFiles((lost,)).read()
    assert str(error.value) == f'{lost}: there is no such file or folder; "siaga24 stack up" writes one'

    broken = tmp_path / "rusak.json"
    broken.write_text('{"version": 1,', encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        TargetsFiles((broken,)).read()
    assert str(error.value).startswith(f"{broken}: not JSON: ")

    broken.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(DocumentError, match="not JSON"):
        TargetsFiles((broken,)).read()

    broken.write_text('{"version": 2, "targets": []}', encoding="utf-8")
    with pytest.raises(DocumentError, match="version 2, but this monitor reads version 1"):
        TargetsFiles((broken,)).read()

    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentError, match="not JSON"):
        TargetsFiles((broken,)).read()


def test_a_target_in_two_files_is_refused_with_both_names(tmp_path: Path):
    one, two = write(tmp_path / "1.json", a_target()), write(tmp_path / "2.json", a_target())
    with pytest.raises(DocumentError) as error:
        TargetsFiles((tmp_path,)).read()
    assert str(error.value) == f"{two}: dinkes/antrean stands in {one} too; leave it out of one of them"


def test_the_signature_changes_with_what_is_read_and_with_nothing_else(tmp_path: Path):
    file = write(tmp_path / "a.json", a_target())
    files = TargetsFiles((tmp_path, tmp_path / "nanti.json"))
    first = files.signature()
    (tmp_path / "catatan.txt").write_text("x", encoding="utf-8")
    assert files.signature() == first
    os.utime(file, ns=(1, 1))
    second = files.signature()
    assert second != first
    write(tmp_path / "nanti.json", a_target(service="lain"))
    third = files.signature()
    assert third != second
    file.unlink()
    assert files.signature() not in (first, second, third)


def test_a_file_that_is_replaced_in_one_stroke_is_a_change(tmp_path: Path):
    file = write(tmp_path / "a.json", a_target())
    stat = file.stat()
    files = TargetsFiles((file,))
    before = files.signature()
    fresh = write(tmp_path / ".a.json", a_target())
    os.utime(fresh, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    fresh.replace(file)
    assert file.stat().st_size == stat.st_size
    assert files.signature() != before


def test_a_target_that_did_not_change_is_the_same_object_when_it_is_read_again(tmp_path: Path):
    files = TargetsFiles((tmp_path,))
    write(tmp_path / "a.json", a_target(service="a"), a_target(service="b"))
    before = {target.service: target for target in files.read()}
    write(tmp_path / "a.json", a_target(service="b"), a_target(service="a", base_url="https://lain.example"), a_target(service="c"))
    after = {target.service: target for target in files.read()}
    assert after["b"] is before["b"]
    assert after["a"].base_url == "https://lain.example"
    assert list(after) == ["a", "b", "c"]


def test_after_a_broken_document_the_targets_before_it_are_still_the_same_objects(tmp_path: Path):
    files = TargetsFiles((tmp_path,))
    file = write(tmp_path / "a.json", a_target())
    before = files.read()
    text = file.read_text(encoding="utf-8")
    for broken in (text.replace("base_url", "base_uri"), text[:-1], "", text + "x"):
        file.write_text(broken, encoding="utf-8")
        with pytest.raises(DocumentError):
            files.read()
    file.write_text(text, encoding="utf-8")
    assert files.read()[0] is before[0]
