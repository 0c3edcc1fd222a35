"""Rules of a journey in a browser that reach over several keys, and what it saves. Told at their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.definition.grammar_browser import ACTION
from stacks.definition.near import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.faults import Place
    from stacks.definition.shapes import Record


def check_browser(record: Record) -> None:
    """Tell what is wrong between the actions."""
    actions: list[tuple[Place, Record]] = record["actions"] or []
    for at, action in actions:
        written = list(action.places)
        if not written:
            at.fault("the action does nothing", f"one of {listed(ACTION.keys)}", 'add one, such as "open: /"')
        for key in written[1:]:
            action.place(key).fault(
                f'the action has both "{written[0]}" and "{key}"', "one thing an action", "make two actions of it"
            )
        expect: Record | None = action["expect"]
        if expect is not None and not expect.places:
            expect.at.fault("nothing is expected", "text, selector or both", 'add one, such as "text: Nomor antrean"')
    if actions and actions[0][1].places and not actions[0][1].has("open"):
        actions[0][0].fault(
            "the journey does not begin with a page", 'an action "open" first', 'add "- open: /" before it'
        )


def browser_saves(step: Record) -> list[str]:
    """Return the names under which a step's journey keeps values."""
    return [name for _, _, name in _saves(step)]


def browser_texts(step: Record) -> Iterator[tuple[Place, str]]:
    """Yield every text in which values are put; those that an earlier action saved are filled in already."""
    own: set[str] = set()
    for _, action in _actions(step):
        for place, text in _texts(action):
            for name in own:
                text = text.replace(f"${{{name}}}", "x")  # noqa: PLW2901 - of this text alone
            yield place, text
        own |= set(action["save"].values if action["save"] else ())


def _texts(action: Record) -> Iterator[tuple[Place, str]]:
    for key in ("open", "click", "wait"):
        if action[key]:
            yield action.place(key), action[key]
    for key in ("fill", "save"):
        for name, text in action[key].values.items() if action[key] else ():
            place = action[key].place(name)
            yield place, text
            if key == "fill":
                yield place, name
    expect: Record | None = action["expect"]
    for key in expect.values if expect else ():
        if expect:
            yield expect.place(key), expect[key]


def _saves(step: Record) -> Iterator[tuple[Place, str, str]]:
    for _, action in _actions(step):
        if action["save"]:
            for name, selector in action["save"].values.items():
                yield action["save"].place(name), selector, name


def _actions(step: Record) -> list[tuple[Place, Record]]:
    record: Record | None = step["browser"]
    return (record["actions"] or []) if record else []
