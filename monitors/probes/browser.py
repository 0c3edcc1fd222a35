"""Browser steps: a journey through pages in Chromium. What is heavy or can hang runs in processes of its own.

No browser, no place for one, or a browser that ends or hangs is our own fault: the run is `unknown`. Only what a page
did or did not do in a browser that worked is the service's.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from monitors.core.errors import ProbeFault
from monitors.core.evidence import Evidence
from monitors.core.verdict import US_PER_S, spoken_us
from monitors.probes.browser_desk import AT_ONCE, Browsers
from monitors.probes.coroutine import Desk, ServiceProblem
from monitors.probes.evidence import BODY_BYTES, LINE_CHARACTERS, shown

if TYPE_CHECKING:
    from monitors.core.model import Step, Target
    from monitors.core.requests import BrowserJourney
    from monitors.probes.coroutine import Course

ANSWER_S = 0.5                           # kept of the step's time for the answer to come
OVERHEAD_SHARE = 4                       # a fourth of the time spent before the first page is too much to judge by
PICTURE_EVERY_S = 600                    # of the same failure: 100 kB every 30 s would fill the ledger

_browsers: WeakKeyDictionary[Desk, Browsers] = WeakKeyDictionary()


class BrowserQuestion:
    """One journey."""

    __slots__ = ("_picture_at_s", "_pictured", "browsers", "job")

    def __init__(self, desk: Desk, target: Target, journey: BrowserJourney) -> None:
        self.browsers = _browsers.setdefault(desk, Browsers(os.environ))
        self.job: dict[str, Any] = {
            "actions": [(action.do.value, action.selector, action.text) for action in journey.actions],
            "base_url": target.base_url, "connect_to": target.connect_to, "ca_pem": target.ca_pem,
            "width": journey.width, "height": journey.height, "patience_ms": journey.patience_ms,
            "time_zone": target.time_zone, "guard": desk.guard.rules(),
        }
        self._pictured, self._picture_at_s = "", 0.0

    async def ask(self, course: Course) -> None:
        """Do the journey. Raises ServiceProblem: a page failed; ProbeFault: the browser did."""
        browser = self.browsers.ready()
        course.is_ours = True            # in time a journey says itself what a page did not do
        course.doing = f"waiting for a browser that is free ({AT_ONCE} says how many there may be)"
        left_s = course.left_s
        place = await self.browsers.place()
        waited_s = left_s - course.left_s
        course.doing = "waiting for the browser, which should have said before what it is held up by"
        answer_s = min(ANSWER_S, course.left_s / 5)
        told = await place.travel(self.job | browser | {
            "ends_s": time.monotonic() + course.left_s - answer_s, "saved": dict(course.saved),
        })
        found = _Told(told)
        if found.text_of("fault"):
            raise ProbeFault(found.text_of("fault"))
        self._take(course, found)
        problem = found.text_of("problem")
        if not problem:
            return
        overhead_us = int(waited_s * US_PER_S) + found.number("start_us")
        if told.get("ran_out") is True and is_unfair(overhead_us, int(left_s * US_PER_S)):
            raise ProbeFault(
                f"it took {spoken_us(overhead_us)} until the browser was there, so that too little time was left "
                f"({problem})",
            )
        course.outcome.evidence = self._evidence(found, problem)
        raise ServiceProblem(problem)

    @staticmethod
    def _take(course: Course, found: _Told) -> None:
        outcome = course.outcome
        outcome.status, outcome.address = found.number("status"), found.text_of("address")
        course.spent("first_byte", found.number("open_us"))
        course.spent("body", found.number("rest_us"))
        saved = found.told.get("saved")
        if isinstance(saved, dict):
            outcome.saved = {str(name): str(value) for name, value in saved.items()}

    def _evidence(self, found: _Told, problem: str) -> Evidence:
        picture, now_s = found.text_of("picture"), time.monotonic()
        if problem == self._pictured and now_s - self._picture_at_s < PICTURE_EVERY_S:
            picture = ""
        elif picture:
            self._pictured, self._picture_at_s = problem, now_s
        unreached = found.told.get("unreached")
        lines = [f"not reached: {one}" for one in unreached] if isinstance(unreached, list) else []
        return Evidence(
            request=shown(f"GET {found.text_of('url')}")[:LINE_CHARACTERS], head=shown("\n".join(lines)),
            body=shown(found.text_of("text")).encode()[:BODY_BYTES].decode("utf-8", "ignore"), screenshot=picture,
        )


def is_unfair(overhead_us: int, time_us: int) -> bool:
    """Tell whether so much of a step's time went by before its first page that a time-out says nothing of the service.

    Of 20 s, 5 s are not too much; 6 s are.
    """
    return overhead_us * OVERHEAD_SHARE > time_us


class _Told:
    """An answer of a process that strangers' pages ran below: nothing is believed of its form."""

    __slots__ = ("told",)

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    def text_of(self, name: str) -> str:
        value = self.told.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        value = self.told.get(name)
        return value if isinstance(value, int) and value >= 0 else 0


def make(desk: Desk, target: Target, step: Step) -> BrowserQuestion:
    """Make a step ready."""
    assert step.browser is not None  # noqa: S101 - the registry's key
    return BrowserQuestion(desk, target, step.browser)
