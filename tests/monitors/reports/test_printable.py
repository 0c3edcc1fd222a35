"""Whatever a name or a failure holds, a report is made and shows what can be shown."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import typst

from monitors.core.wording import Language
from monitors.reports.charts import bar
from monitors.reports.files import Format, made
from monitors.reports.printable import in_fonts, printable
from tests.monitors.reports.made import final, service, with_service


@pytest.mark.parametrize(("text", "expected"), [
    ("Dinas Kesehatan", "Dinas Kesehatan"),
    ("a\nb\tc", "a b c"),
    ("a\x00\x07b", "a\ufffd\ufffdb"),
    ("\ue000\ufffe\ud800", "\ufffd\ufffd\ufffd"),
    ("99,9\u202e% 9,99", "99,9% 9,99"),   # it would have been read from right to left
    ("\u200b\u2066x\u2069", "x"),
    ("ꦲꦏ 部 😀", "ꦲꦏ 部 😀"),
])
def test_what_has_no_meaning_or_turns_text_round_is_not_printed(text, expected):
    assert printable(text) == expected


def test_letters_that_the_fonts_lack_are_boxes_and_the_others_stay():
    assert in_fonts("Kab. Ngawi 部 ✓ 99,9 % § é") == "Kab. Ngawi □ ✓ 99,9 % § é"


def test_the_fonts_have_every_letter_that_is_let_through():
    letters = "".join(chr(code) for code in range(0x20, 0x10000) if in_fonts(chr(code)) == chr(code))
    assert len(letters) > 600
    typst.compile(
        b'#set document(title: "x")\n#set text(font: "Libertinus Serif")\n#sys.inputs.letters', format="pdf",
        sys_inputs={"letters": letters}, ignore_system_fonts=True, pdf_standards=["a-2a", "ua-1"],
    )


@pytest.mark.parametrize("name", ["ꦲꦏ꧀ꦱꦫ Jawa", "😀 部 العربية", "a\x07\x00b", "\ufffe\ue000\ud7ff", "]]>&amp;<![CDATA["])
def test_a_report_with_such_a_name_is_made_in_every_format(name):
    target = replace(service(final()).target, service_name=name)
    files = made(with_service(final(), 0, target=target), Language.ID, Format)
    assert len(files) == 5
    rows = list(csv.DictReader(io.StringIO(next(c for n, c in files.items() if n.endswith("services.csv")).decode())))
    assert rows[0]["service_name"] == printable(name)


def test_drawings_hold_no_sign_that_xml_refuses():
    assert "\x07" not in bar([("a\x07b", 1, "1")])
