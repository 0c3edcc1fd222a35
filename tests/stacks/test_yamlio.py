"""Bytes to a tree with line numbers and the text as it stands; plain values to YAML and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks import yamlio
from stacks.definition.tree import Items, Scalar, Table, YamlFault, plain


def test_values_keep_their_text_their_line_and_whether_they_were_quoted():
    tree = yamlio.read(b'# first\nharga: 1.10\nkode: "007"\ndaftar:\n  - yes\n')
    (_, price), (key, code), (_, items) = tree.entries
    assert price == Scalar(text="1.10", line=2)
    assert (key.line, code) == (3, Scalar(text="007", line=3, is_plain=False))
    assert isinstance(items, Items)
    assert items.items == (Scalar(text="yes", line=5),)


def test_duplicate_keys_are_kept_for_the_one_who_tells_of_them():
    assert [key.text for key, _ in yamlio.read(b"a: 1\na: 2\n").entries] == ["a", "a"]


def test_an_alias_repeats_its_value():
    tree = yamlio.read(b"a: &x {b: 1}\nc: *x\n")
    assert isinstance(tree.entries[0][1], Table)
    assert plain(tree) == {"a": {"b": 1}, "c": {"b": 1}}


def test_a_byte_order_mark_is_no_fault():
    assert plain(yamlio.read(b"\xef\xbb\xbfa: 1\n")) == {"a": 1}


@pytest.mark.parametrize(("data", "line", "what"), [
    (b"", 1, "the file is empty"), (b"---\n", 1, "the file is empty"), (b"a: 1\n---\nb: 2\n", 3, "a second document begins"),
    (b"- 1\n", 1, "the file holds a list"), (b"teks\n", 1, "the file holds one text"), (b"a: \xff\n", 1, "byte 0xff is not UTF-8"),
    (b"a: 1\nb: \x1b\n", 2, "control character 0x1b"), (b"a:\n\t- 1\n", 2, "a tab stands where the line is indented"),
    (b"a: 1\nb: 'x\n", 2, "a quote or bracket that opens here is never closed"),
    (b"a: [1\n", 1, "a quote or bracket that opens here is never closed"),
    (b'a: "\\d"\n', 1, "a backslash inside double quotes that begins no escape"), (b"a: {b: ${x}}\n", 1, "${...} without quotes inside {...}"),
    (b"a: &x [*x]\n", 1, "an alias stands inside the thing that it names"), (b"? [a]\n: 1\n", 1, "a key is a list or a mapping"),
    (b"a: b: c\n", 1, "a second colon with a space after it"), (b"{}]\n", 1, "something stands after the end"),
    (b"a: " + b"[" * 200_000, 1, "more than 40 levels of nesting"), (b"a: 1\n" * 60_000, 1, "the file has 300000 bytes"),
    (b"a: !!binary x\n", 1, 'the tag "!!binary"'),
])
def test_what_is_no_readable_document_is_told_with_its_line(data, line, what):
    with pytest.raises(YamlFault) as told:
        yamlio.read(data)
    assert told.value.line == line
    assert told.value.what.startswith(what)


def test_a_bomb_of_aliases_ends_long_before_its_million_million_values():
    bomb = "".join(f"k{i}: &k{i} [{', '.join(['x' if i == 0 else f'*k{i - 1}'] * 10)}]\n" for i in range(12))
    with pytest.raises(YamlFault, match="more than 20000 values"):
        yamlio.read(bomb.encode())


@pytest.mark.parametrize("text", ["no", "0123", "1e3", "22:30", "2024-01-31", "", "~", "a: b", "- a", "#", "é", "a\nb\n", "${x}", "*a", " a "])
def test_text_that_is_written_reads_back_as_the_same_text(text):
    [(_, value)] = yamlio.read(yamlio.write({"x": text}).encode()).entries
    assert isinstance(value, Scalar)
    assert value.text == text


@given(st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\u2028\u2029\ufeff"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3), max_leaves=8,
))
def test_any_tree_of_texts_is_written_and_read_back(value):
    def texts(node):
        if isinstance(node, Table):
            return {key.text: texts(below) for key, below in node.entries}
        return [texts(item) for item in node.items] if isinstance(node, Items) else node.text

    assert texts(yamlio.read(yamlio.write({"x": value}).encode())) == {"x": value}


def test_a_number_is_written_digit_by_digit():
    assert yamlio.write({"target": yamlio.Verbatim("99.50")}) == "target: 99.50\n"


def test_an_editor_reads_values_by_yaml_1_2():
    assert plain(yamlio.read(b"a: true\nb: 12\nc: 1.5\nd: ~\ne: no\nf: '12'\ng: [x]\n")) == {
        "a": True, "b": 12, "c": 1.5, "d": None, "e": "no", "f": "12", "g": ["x"],
    }


def test_no_other_file_of_the_toolkit_reads_yaml():
    root = Path(yamlio.__file__).parent.parent
    users = {
        str(path.relative_to(root)) for folder in ("cli", "infra", "monitors", "stacks") for path in (root / folder).rglob("*.py")
        if re.search(r"^\s*(from|import) (ruamel|yaml)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert users == {"stacks/yamlio.py"}
