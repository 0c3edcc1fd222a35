"""Cleaning up over real HTTP: after a failure and after a page that hangs, with the session and the values of the try."""

from __future__ import annotations

from monitors.core.model import SaveKind, Step
from tests.probing import save, tried, watching
from tests.servers import Answer, page, routes, serving, silent

MAKE = Step(name="ambil", method="POST", url="/antrean", saves=(save("id", SaveKind.JSON, "$.id"),))
READ = Step(name="baca", url="/status")
REMOVE = Step(
    name="buang", method="DELETE", url="/antrean/${id}", headers=(("X-Uji", "${run:uuid}"),), always=True, critical=False,
)


def removed(status: Answer, deadline_ms: int = 2000) -> tuple[list[str], list[str]]:
    """Run the journey; give the requests of the try, and the names of steps that failed."""
    site = routes({"/antrean": page('{"id": "007"}'), "/status": status, "/antrean/007": page("")})
    with serving(site) as server:
        attempt = tried(watching(server.url, MAKE, READ, REMOVE, deadline_ms=deadline_ms))
        marks = [asked.headers["x-uji"] for asked in server.asked if asked.method == "DELETE"]
    assert len(marks) == 1
    assert len(marks[0]) == 36
    return [f"{a.method} {a.path}" for a in server.asked], [step.name for step in attempt.steps if not step.passed]


def test_what_was_made_is_removed_after_a_good_try_and_after_a_failed_one():
    assert removed(page("baik")) == (["POST /antrean", "GET /status", "DELETE /antrean/007"], [])
    assert removed(page("rusak", status=500)) == (["POST /antrean", "GET /status", "DELETE /antrean/007"], ["baca"])


def test_it_is_removed_after_a_page_that_hangs():
    asked, failed = removed(silent, deadline_ms=700)
    assert asked[-1] == "DELETE /antrean/007"
    assert failed == ["baca"]
