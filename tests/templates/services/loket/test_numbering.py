from __future__ import annotations

import importlib.util
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

SOURCE = Path(__file__).parents[4] / "templates" / "services" / "loket" / "loket" / "numbering.py"


@pytest.fixture(scope="module")
def numbering():
    """Load the module by its file: the service is an image's content, not a package of this project."""
    spec = importlib.util.spec_from_file_location("loket_numbering", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KTP=Kartu Tanda Penduduk, KK=Kartu Keluarga", [("KTP", "Kartu Tanda Penduduk"), ("KK", "Kartu Keluarga")]),
        ("KTP,KK", [("KTP", "KTP"), ("KK", "KK")]),
        ("Informasi, Pendaftaran", [("A", "Informasi"), ("B", "Pendaftaran")]),
        ("KTP, Lain-lain", [("KTP", "KTP"), ("B", "Lain-lain")]),
        (" A = Loket = satu ", [("A", "Loket = satu")]),
    ],
    ids=["code and name", "code alone", "name alone gets a letter by its place", "mixed", "first equals sign counts"],
)
def test_list_of_services_is_read(numbering, text, expected):
    assert [(counter.code, counter.name) for counter in numbering.parse_services(text)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("KTP,,KK", "entry 2 of the list is empty; remove the extra comma"),
        ("ktp=Kartu", '"ktp=Kartu" has the code "ktp"; a code is 1 to 8 capital letters, as in KTP=Kartu Tanda Penduduk'),
        ("KTP=", '"KTP=" has no name after the equals sign; write one, as in KTP=Kartu Tanda Penduduk'),
        ("KTP, KTP=Kartu", 'the code "KTP" is there twice; give each service a code of its own'),
        ("B=Bayar, Info", 'the code "B" is there twice; give each service a code of its own'),
        ("UJI=Uji kir", '"UJI=Uji kir" has the code "UJI", which marks numbers of a monitor; choose another code'),
        (
            ",".join(f"Layanan {i}" for i in range(27)),
            '"Layanan 26" has no code and the letters A to Z are used up; write CODE=Layanan 26',
        ),
    ],
    ids=["empty entry", "small letters", "no name", "twice", "letter by place taken", "reserved", "more than letters"],
)
def test_faulty_list_is_refused_in_words(numbering, text, message):
    with pytest.raises(ValueError) as caught:
        numbering.parse_services(text)
    assert str(caught.value) == message


def test_number_has_three_digits_and_grows_beyond_them(numbering):
    assert numbering.label("warga", "A", 17) == "A-017"
    assert numbering.label("warga", "A", 1024) == "A-1024"
    assert numbering.label("uji", "A", 17) == "UJI-A-017"


@pytest.mark.parametrize(
    ("number", "serving", "is_today", "expected"),
    [
        (1, 0, True, "menunggu"),
        (17, 16, True, "menunggu"),
        (17, 17, True, "dipanggil"),
        (17, 18, True, "terlewat"),
        (17, 0, False, "kedaluwarsa"),
    ],
    ids=["nobody called yet", "next", "called", "called before", "yesterday's"],
)
def test_where_a_number_stands(numbering, number, serving, is_today, expected):
    assert numbering.standing(number=number, serving=serving, is_today=is_today) == expected


def test_people_ahead_are_those_called_before(numbering):
    assert numbering.ahead(number=17, serving=12) == 4, "13, 14, 15 and 16"
    assert numbering.ahead(number=1, serving=0) == 0
    assert numbering.ahead(number=17, serving=20) == 0


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Jakarta", "06.05 WIB"),
        ("Asia/Pontianak", "06.05 WIB"),
        ("Asia/Makassar", "07.05 WITA"),
        ("Asia/Jayapura", "08.05 WIT"),
    ],
)
def test_time_is_told_with_the_zone_s_indonesian_name(numbering, zone, expected):
    moment = datetime(2025, 11, 24, 23, 5, tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    assert numbering.spoken_time(moment) == expected
    assert numbering.spoken_date(moment) == "Selasa, 25 November 2025", "already tomorrow where the office is"
