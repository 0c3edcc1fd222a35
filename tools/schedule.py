"""Running parts side by side, each as soon as the parts it needs are ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from tools.command import stop_all
from tools.part import Part, PartError
from tools.progress import Board


def run_parts(parts: Sequence[Part], needs: Mapping[str, Sequence[str]], board: Board) -> dict[str, PartError]:
    """Make every part ready and return the failures by part.

    ``needs``: part -> parts that must be ready before it; those that are not in ``parts`` count as ready. A part whose
    need failed is not begun; the others go on, because their work is kept for the next run. Needs that go round in a
    circle raise ``graphlib.CycleError`` before anything begins.
    """
    by_name = {part.name: part for part in parts}
    before = {name: [need for need in needs.get(name, ()) if need in by_name] for name in by_name}
    order = TopologicalSorter(before)
    order.prepare()
    running: dict[Future[str], str] = {}
    failed: dict[str, PartError] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(parts))) as pool:
        try:
            while order.is_active():
                for name in order.get_ready():
                    voice = board.begin(name)
                    if lost := [need for need in before[name] if need in failed]:
                        failed[name] = PartError(f"not begun, because {' and '.join(lost)} failed")
                        board.finish(name, failed[name].text, failed=True)
                        order.done(name)
                    else:
                        running[pool.submit(by_name[name].make, voice)] = name
                if not running:
                    continue
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    name = running.pop(future)
                    try:
                        board.finish(name, future.result())
                    except PartError as exc:
                        failed[name] = exc
                        board.finish(name, exc.text, failed=True)
                    order.done(name)
        except BaseException:
            stop_all()
            raise
    return failed
