"""Pages made to harm a parser: each ends within its limits, and the next page is read as ever."""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from monitors.probes.extract import By, Found, Query, is_small
from monitors.probes.reader import READABLE, PageReader
from monitors.probes.reader_process import MEMORY_BYTES

CSS = Query(By.CSS, "b.nomor")
GOOD = "<!-- " + "x" * 5000 + " --><b class=nomor>A-7</b>"
FOUND = Found("A-7")

HOSTILE = {
    # each open <font> is opened anew within each <p>: the tree grows with the square of the page
    "formatting elements": "".join(f"<font a{n}><p>" for n in range(5_000)),
    "deep nesting": "<div>" * 200_000,
    "attributes without end": "<p " + " ".join(f"a{n}=1" for n in range(130_000)) + ">",
}


def read_all(jobs: list[tuple[str, list[Query]]], *, workers: int = 1) -> list[list[Found]]:
    async def run() -> list[list[Found]]:
        reader = PageReader(workers=workers)
        try:
            loop = asyncio.get_running_loop()
            futures = []
            for body, queries in jobs:
                done = loop.create_future()
                reader.read(body, queries, done.set_result)
                futures.append(done)
            return [await future for future in futures]
        finally:
            reader.close()

    return asyncio.run(run())


def test_a_page_is_read_by_every_way_in_the_order_asked():
    queries = [CSS, Query(By.REGEX, r"[A-Z]-\d"), Query(By.CSS, "b", "class"), Query(By.CSS, "#tidak")]
    [found] = read_all([(GOOD, queries)])
    assert found == [FOUND, Found("A-7"), Found("nomor"), Found(None)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_that_takes_too_much_is_given_up_and_the_next_one_is_read(name: str):
    memory_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, after = read_all([(HOSTILE[name], [CSS]), (GOOD, [CSS])])
    assert found == [Found(None, f"reading the page needs {READABLE}")]
    assert after == [FOUND]
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory_before) / 1024
    assert grown_mb < 40, "the page was parsed in the monitor's own process"


def test_a_pattern_that_runs_away_is_our_fault():
    body = GOOD + "x" * 5000
    [[found]] = read_all([(body, [Query(By.REGEX, r"(x+x+)+y")])])
    assert found.value is None
    assert found.is_ours
    assert 'the pattern "(x+x+)+y" takes too long on this body' in found.problem


def test_json_that_is_searched_for_ever_is_given_up():
    body = "[" + ",".join(['{"a":{"b":1}}'] * 40_000) + "]"
    [[found], [after]] = read_all([(body, [Query(By.JSON, "$[?count($..*) > 999999999]")]), (GOOD, [CSS])])
    assert found == Found(None, f"reading the page needs {READABLE}")
    assert after == FOUND


def test_a_cancelled_page_calls_nobody_back():
    async def run() -> list[str]:
        called = []
        reader = PageReader(workers=1)
        loop = asyncio.get_running_loop()
        reader.read(GOOD, [CSS], lambda _found: called.append("first")).cancel()
        done = loop.create_future()
        reader.read(GOOD, [CSS], done.set_result)
        await done
        reader.close()
        return called

    assert asyncio.run(run()) == []


def limit_and_size(parent: int) -> tuple[str, int]:
    """Address space that the child of a worker may have, as the kernel says it, and what it has now in bytes."""
    child = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()[0]
    limits = Path(f"/proc/{child}/limits").read_text(encoding="ascii")
    status = Path(f"/proc/{child}/status").read_text(encoding="ascii")
    return limits.split("Max address space")[1].split()[0], int(status.split("VmSize:")[1].split()[0]) * 1024


SLACK_BYTES = 4 << 20                    # what a process may have given back since it took its own size


def test_a_reader_s_memory_is_bounded_before_its_first_page():
    """Half a second of computing fills some 300 MB, so the limit itself is looked at, not a page that meets it."""
    async def run() -> tuple[str, int]:
        reader = PageReader(workers=1)
        done = asyncio.get_running_loop().create_future()
        reader.read(GOOD, [CSS], done.set_result)
        await done
        [process] = reader._processes
        found = limit_and_size(process.pid)
        reader.close()
        return found

    limit, size = asyncio.run(run())
    assert limit != "unlimited"
    assert int(limit) <= size + MEMORY_BYTES + SLACK_BYTES


def test_closing_leaves_no_process_behind():
    async def run() -> list[int]:
        reader = PageReader(workers=2)
        done = asyncio.get_running_loop().create_future()
        reader.read(GOOD, [CSS], done.set_result)
        await done
        pids = [process.pid for process in reader._processes]
        reader.close()
        return pids

    pids = asyncio.run(run())
    assert pids
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_closing_in_the_middle_of_a_page_ends_without_a_complaint():
    """The worker's task and ``close`` both end the process, in either order."""
    complaints: list[dict[str, object]] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, told: complaints.append(told))
        reader = PageReader(workers=2)
        done = asyncio.get_running_loop().create_future()
        reader.read(GOOD, [CSS], done.set_result)
        await done
        reader.read(HOSTILE["deep nesting"], [CSS], lambda _found: None)
        tasks = list(reader._tasks)
        reader.close()
        reader.close()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in ended] == [asyncio.CancelledError] * 2

    asyncio.run(run())
    assert complaints == []


@pytest.mark.parametrize(("body", "query", "small"), [
    ("x" * 4096, CSS, True),
    ("x" * 4097, CSS, False),
    ("{}", Query(By.JSON, "$[?match(@.a, 'x')]"), False),
    ("{}", Query(By.JSON, "$.a"), True),
])
def test_only_what_can_do_no_harm_is_read_on_the_loop(body: str, query: Query, small: bool):
    assert is_small(body, [query]) is small
