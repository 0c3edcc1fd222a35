"""How a fault reads."""

from __future__ import annotations

from stacks.definition.faults import Findings, Place, quoted


def test_a_fault_says_where_what_is_what_was_expected_and_how_to_mend():
    findings = Findings(file="dinkes.yaml")
    Place(findings=findings, line=1).below("services").below("antrean", 14).fault("it is so", "it thus", "mend it")
    assert findings.lines() == ("dinkes.yaml:14: services/antrean: it is so; expected it thus; mend it",)


def test_faults_come_in_the_order_of_the_lines_each_once():
    findings = Findings(file="a.yaml")
    for line in (9, 3, 9):
        Place(findings=findings, line=line).fault("x", "y", "z")
    assert findings.lines() == ("a.yaml:3: file: x; expected y; z", "a.yaml:9: file: x; expected y; z")


def test_a_warning_is_no_fault():
    findings = Findings(file="a.yaml")
    Place(findings=findings, line=1).warn("x", "y", "z")
    assert findings.lines() == ()
    assert len(findings.warning_lines()) == 1


def test_a_password_inside_an_address_is_never_repeated():
    assert quoted("postgresql://antrean:rahasia@db/antrean") == '"postgresql://***@db/antrean"'


def test_long_text_is_cut_and_stays_on_one_line():
    assert quoted("a\n" * 100) == '"' + ("a " * 30) + '..."'
