"""The page of all keys is the one that the grammar makes."""

from __future__ import annotations

from stacks.definition.grammar import AGENCY, SETTINGS
from stacks.definition.lists import ListOf, OneOf
from stacks.definition.shapes import MapOf, Shape
from stacks.reference import reference
from stacks.tiers import TEMPLATES

PAGE = TEMPLATES.parent / "docs" / "definitions.md"


def keys_of(kind):
    """Yield every key below a kind."""
    if isinstance(kind, Shape):
        for name, key in kind.keys.items():
            yield name, key
            yield from keys_of(key.kind)
    elif isinstance(kind, MapOf | ListOf):
        yield from keys_of(kind.kind)
    elif isinstance(kind, OneOf):
        for form in (kind.scalar, kind.items, kind.table):
            yield from keys_of(form)


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == reference(), "make it anew: python -m stacks.reference > docs/definitions.md"


def test_the_page_has_every_key():
    page = reference()
    for shape in (AGENCY, SETTINGS):
        for name, key in keys_of(shape):
            assert f"| `{name}` | {key.doc}" in page


def test_the_commented_reference_file_shows_every_key_of_an_agency():
    text = (TEMPLATES / "agency" / "agency.yaml").read_text(encoding="utf-8")
    shown = {name for name, _ in keys_of(AGENCY) if f"{name}:" in text}
    left_out = {name for name, _ in keys_of(AGENCY)} - shown
    assert left_out == {"put", "patch", "delete", "head", "options", "cookie"}
