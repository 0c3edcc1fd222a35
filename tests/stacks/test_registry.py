"""Who is registered: the heads of the files of a workspace, told as the loader tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.nation import Registered
from stacks import yamlio
from stacks.registry import head, registered_in
from stacks.tiers import TEMPLATES

SAMPLES = TEMPLATES.parent / "stacks" / "agencies"


def test_the_samples_are_registered_as_they_are():
    assert registered_in(SAMPLES) == (
        Registered(
            code="dinkes-bandung", name="Dinas Kesehatan Kota Bandung", kind="city", province="jawa-barat", wave="pilot",
        ),
        Registered(
            code="disdukcapil-jayapura", name="Dinas Kependudukan dan Pencatatan Sipil Kota Jayapura", kind="city",
            province="papua", wave="pilot",
        ),
    )


def test_an_agency_without_services_or_with_faults_is_registered_all_the_same(tmp_path: Path):
    (tmp_path / "siaga24.yaml").write_text("version: 1\n", encoding="utf-8")
    (tmp_path / "baru.yaml").write_text("version: 1\ncode: baru\nname: Dinas Baru\nkind: regency\nservices: {}\n", encoding="utf-8")
    (tmp_path / "rusak.yaml").write_text("\tname: x\n", encoding="utf-8")
    assert registered_in(tmp_path) == (
        Registered(code="baru", name="Dinas Baru", kind="regency", wave="rest"), Registered(code="rusak", wave="rest"),
    )


def test_a_folder_that_is_no_workspace_registers_nobody(tmp_path: Path):
    (tmp_path / "baru.yaml").write_text("version: 1\nname: Dinas Baru\n", encoding="utf-8")
    assert registered_in(tmp_path) == ()


@pytest.mark.parametrize(("line", "name"), [
    ('name: "Dinas: Kesehatan"  # lama', "Dinas: Kesehatan"),
    ("name: 'Dinas #1'", "Dinas #1"),
    ("name: Dinas #1", "Dinas"),
    ("name: ' '", " "),
    ('name: " Dinas " # lama', " Dinas "),
    ("name: Dinas   # lama", "Dinas"),
    ("name: Dinas#1 a:b", "Dinas#1 a:b"),
    ('name: "Dinas \\u00e9"', "Dinas é"),
    ("name: &a Dinas", "Dinas"),
    ("name: >-\n  Dinas\n  Baru", "Dinas Baru"),
    ("name: Dinas\n  Baru\nkind: city", "Dinas Baru"),
    ("services:\n  antrean:\n    name: Antrean\nname: Dinas", "Dinas"),
    ("{name: Dinas, kind: city}", "Dinas"),
    ('"name": Dinas', "Dinas"),
])
def test_a_name_is_read_as_yaml_reads_it(line, name):
    assert head(f"{line}\n".encode())["name"] == name


@given(st.text(alphabet="ab #:'\"-&\\.", min_size=1, max_size=8))
def test_what_is_read_fast_is_what_yaml_says(value):
    data = f"code: a\nname: {value}\n".encode()
    found = head(data)
    try:
        told = {key.text: node.text for key, node in yamlio.read(data).entries}      # type: ignore[union-attr]
    except Exception:  # noqa: BLE001 - no YAML: then anything will do
        return
    assert found.get("name", "") == told["name"]
