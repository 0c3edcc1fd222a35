"""Running parts side by side, each as soon as the parts it needs are ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from tools.command import stop_all
from tools.part import Part, PartError
from tools.progress import Board


def run_parts(parts: Sequence[Part], needs: Mapping[str, Sequence[str]], board: Board) -> dict[str, PartError]:
    """Make every part ready and return the failures by part.

    ``needs``: part -> parts that must be ready before it; those that are not in ``parts`` count as ready. A part whose
    need failed is not begun; the others go on, because their work is kept for the next run.
    """
    waiting = {part.name: part for part in parts}
    running: dict[Future[str], str] = {}
    failed: dict[str, PartError] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(parts))) as pool:
        try:
            while waiting or running:
                for name, part in list(waiting.items()):
                    before = needs.get(name, ())
                    if lost := [need for need in before if need in failed]:
                        failed[name] = PartError(f"not begun, because {' and '.join(lost)} failed")
                        board.finish(name, failed[name].text, failed=True)
                        del waiting[name]
                    elif not any(need in waiting or need in running.values() for need in before):
                        running[pool.submit(part.make, board.begin(name))] = name
                        del waiting[name]
                if waiting and not running:
                    raise ValueError(f"parts that wait for each other: {', '.join(waiting)}")
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    name = running.pop(future)
                    try:
                        board.finish(name, future.result())
                    except PartError as exc:
                        failed[name] = exc
                        board.finish(name, exc.text, failed=True)
        except BaseException:
            stop_all()
            raise
    return failed
