"""The grammar of journeys in a browser: a list of actions, each one thing that a citizen does or looks at."""

from __future__ import annotations

from stacks.definition import names
from stacks.definition.amounts import Duration, Whole
from stacks.definition.grammar_expect import SELECTOR
from stacks.definition.lists import ListOf
from stacks.definition.scalars import Text
from stacks.definition.shapes import Key, MapOf, Shape

TEXT_PREFIX = "text="


def place_on_page(text: str) -> str:
    """Check a selector: CSS, or words that can be seen."""
    if text.startswith(TEXT_PREFIX):
        return "" if text.removeprefix(TEXT_PREFIX).strip() else "write the words after text="
    mend = SELECTOR.check(text) if SELECTOR.check else ""
    return mend and f"{mend}, or text= and words that can be seen"


_PLACE = Text(word="a CSS selector, or text= and words that can be seen", check=place_on_page, most=500)
_SHOWN = Text(word="text that can be seen", most=1000, takes_numbers=True)

BROWSER_EXPECT = Shape(
    title="expect in a browser",
    doc="What can be seen on the page by and by.",
    keys={
        "text": Key(kind=_SHOWN, doc="Text that can be seen.", example="Nomor antrean"),
        "selector": Key(kind=_PLACE, doc="Element that shows it.", default="anywhere on the page", example="'#nomor'"),
    },
    rules={"minProperties": 1},
)

ACTION = Shape(
    title="action",
    doc="One thing done or looked at: exactly one of these keys.",
    keys={
        "open": Key(
            kind=Text(
                word="a path such as /, or a whole address", most=2000,
                check=lambda text: names.step_url(_without_values(text)),
            ),
            doc="Open a page, which must answer with 2xx.",
            example="/",
        ),
        "fill": Key(
            kind=MapOf(
                names=_PLACE, kind=Text(word="text to type", most=1000, takes_numbers=True, may_be_empty=True), most=20,
                example="{'#nama': Budi}", what="a mapping from selectors to what is typed there",
            ),
            doc="Type into fields.",
            example="{'#nama': Budi}",
        ),
        "click": Key(kind=_PLACE, doc="Click on an element.", example="'button#ambil'"),
        "wait": Key(kind=_PLACE, doc="Wait until an element can be seen.", example="'#nomor'"),
        "expect": Key(kind=BROWSER_EXPECT, doc="What must be seen.", example="{text: Nomor antrean, selector: h1}"),
        "save": Key(
            kind=MapOf(
                names=Text(
                    word="a name of small letters, digits and underscores", pattern=names.SAVED_PATTERN, most=40,
                    check=names.matches(names.SAVED_PATTERN, "write it such as nomor_antrean"),
                ),
                kind=_PLACE, most=20, example="{nomor: '#nomor'}", what="a mapping from names to selectors",
            ),
            doc="Keep the text of an element as `${name}` for later actions and steps.",
            example="{nomor: '#nomor'}",
        ),
    },
    rules={"minProperties": 1, "maxProperties": 1},
)

BROWSER = Shape(
    title="browser",
    doc="Do a citizen's journey in Chromium (an extra, see browser.md). Where there is no browser, or it ends or hangs "
    "itself, the run is `unknown`, not `down`. A step that fails keeps a picture of the page.",
    keys={
        "actions": Key(
            kind=ListOf(kind=ACTION, most=50), doc="What is done, in this order; the first opens a page.",
            required=True, example="[{open: /}, {expect: {text: Loket}}]",
        ),
        "width": Key(
            kind=Whole(low=320, high=3840), doc="Width of the window in pixels.", default="1280", example="390"
        ),
        "height": Key(kind=Whole(low=240, high=2160), doc="Height of the window.", default="720", example="844"),
        "patience": Key(
            kind=Duration(low_ms=100, high_ms=60_000, usual="5s"),
            doc="How long each action after `open` may wait for what it needs.", default="5s", example="10s",
        ),
    },
)


def _without_values(text: str) -> str:
    return text.replace("${", "x").replace("}", "x")
