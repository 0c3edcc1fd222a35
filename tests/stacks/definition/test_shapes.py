"""Records and maps: what can be read is read, and every fault is told."""

from __future__ import annotations

from stacks import yamlio
from stacks.definition.amounts import Whole
from stacks.definition.faults import Findings, Place
from stacks.definition.scalars import Text
from stacks.definition.shapes import Key, MapOf, Record, Shape

SHAPE = Shape(
    title="loket", doc="", keys={
        "nama": Key(kind=Text(), doc="", required=True, example="Loket 1"), "port": Key(kind=Whole(low=1, high=9), doc=""),
    },
)


def read(kind, text):
    findings = Findings(file="a.yaml")
    value = kind.read(yamlio.read(text.encode()), Place(findings=findings, line=1))
    return value, findings.lines()


def test_a_record_keeps_what_is_good_and_where_everything_stands():
    record, faults = read(SHAPE, "nama: A\nport: 10\n")
    assert isinstance(record, Record)
    assert (record["nama"], record["port"], record.has("port")) == ("A", None, True)
    assert (record.place("port").line, record.place("port").path) == (2, ("port",))
    assert faults == ("a.yaml:2: port: 10 is out of range; expected a whole number from 1 to 9; choose a number in that range",)


def test_the_place_of_a_key_that_is_not_there_is_where_it_would_be():
    record, _ = read(SHAPE, "nama: A\n")
    assert record.place("port").path == ("port",)
    assert not record.has("port")


def test_of_a_key_that_stands_twice_the_first_counts():
    record, faults = read(SHAPE, "nama: A\nnama: B\n")
    assert record["nama"] == "A"
    assert faults == ('a.yaml:2: nama: the key "nama" stands here and in line 1; expected each key once; remove one of the two',)


def test_unknown_and_missing_keys_are_told_together():
    _, faults = read(SHAPE, "nma: A\n")
    assert faults == (
        'a.yaml:1: nma: the key "nma" is not known; expected one of nama, port; did you mean "nama"?',
        'a.yaml:1: file: the key "nama" is missing; expected text; add it, such as "nama: Loket 1"',
    )


def test_a_map_reads_free_keys_and_keeps_their_order():
    record, faults = read(MapOf(names=Text(), kind=Whole(low=1, high=9)), "b: 1\na: 2\nno: 3\n")
    assert list(record.values.items()) == [("b", 1), ("a", 2)]
    assert len(faults) == 1
    assert "no without quotes is false" in faults[0]


def test_a_map_with_too_many_entries_is_told():
    assert "it has 3 entries; expected 1 to 2; take some out" in read(MapOf(names=Text(), kind=Text(), most=2), "a: x\nb: x\nc: x\n")[1][0]


def test_the_schema_of_a_record_refuses_other_keys():
    schema = SHAPE.schema()
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["nama"]
