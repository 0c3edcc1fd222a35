"""A journey in a browser: from a definition's actions to the monitor's, and back to plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitors.core.requests import BrowserAction, BrowserDo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stacks.definition.shapes import Record


def build_actions(actions: Sequence[tuple[Any, Record]]) -> tuple[BrowserAction, ...]:
    """Make the actions; one for each field that is filled and each value that is kept."""
    return tuple(made for _, action in actions for made in _build(action))


def _build(action: Record) -> Iterator[BrowserAction]:
    if action["open"]:
        yield BrowserAction(do=BrowserDo.OPEN, text=action["open"])
    for do in (BrowserDo.CLICK, BrowserDo.WAIT):
        if action[do.value]:
            yield BrowserAction(do=do, selector=action[do.value])
    if action["fill"]:
        for selector, text in action["fill"].values.items():
            yield BrowserAction(do=BrowserDo.FILL, selector=selector, text=text)
    if action["expect"]:
        expect = action["expect"]
        yield BrowserAction(do=BrowserDo.EXPECT, selector=expect["selector"] or "", text=expect["text"] or "")
    if action["save"]:
        for name, selector in action["save"].values.items():
            yield BrowserAction(do=BrowserDo.SAVE, selector=selector, text=name)


def shown_actions(actions: Sequence[BrowserAction]) -> list[dict[str, Any]]:
    """Return the actions as plain values that read back as the same."""
    return [{action.do.value: _shown(action)} for action in actions]


def _shown(action: BrowserAction) -> Any:
    if action.do is BrowserDo.OPEN:
        return action.text
    if action.do is BrowserDo.FILL:
        return {action.selector: action.text}
    if action.do is BrowserDo.SAVE:
        return {action.text: action.selector}
    if action.do is BrowserDo.EXPECT:
        return {key: text for key, text in (("text", action.text), ("selector", action.selector)) if text}
    return action.selector


def browser_title(record: Record) -> str:
    """Return what a step without a name is called by: the page that is opened first."""
    actions: list[tuple[Any, Record]] = record["actions"] or []
    return str(next((action["open"] for _, action in actions if action["open"]), ""))
