"""Which targets are in force: read, made ready to run, and read anew when their documents change or somebody asks."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError
from monitors.load import give_back_memory
from monitors.runner import Watched, watch
from monitors.targets_source import TargetsFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from monitors.core.model import Target
    from monitors.probes.base import Probe
    from monitors.targets_source import Signature


class TargetsInForce:
    """The targets that a life watches. Raises UsageError where they cannot be read at the beginning.

    ``on_note``: gets a sentence for the operator.
    """

    def __init__(self, paths: Sequence[Path], on_note: Callable[[str], None]) -> None:
        self._files, self._on_note = TargetsFiles(paths), on_note
        self._signature: Signature = self._files.signature()
        self.targets = self._files.read()
        self.watched: tuple[Watched, ...] = ()
        self._unready: tuple[str, ...] = ()
        self._warning = ""               # why the newest documents are not in force

    @property
    def warnings(self) -> list[str]:
        """Say what is not watched as its author wrote it."""
        return [*self._unready, *([self._warning] if self._warning else [])]

    def make_ready(self, probe: Probe) -> None:
        """Make all transactions ready; what cannot be run is told of."""
        self._take(self.targets, *_ready(probe, self.targets, ()))

    async def follow(
        self, probe: Probe, asked: asyncio.Event, *, every_s: float, on_change: Callable[[], None],
    ) -> None:
        """Read the targets anew when they changed or somebody asks, for ever; the old stay where the new are wrong."""
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), every_s)
            signature = await loop.run_in_executor(None, self._files.signature)
            if signature == self._signature and not asked.is_set():
                continue
            asked.clear()
            self._signature = signature
            try:
                targets, watched, unready = await loop.run_in_executor(None, self._read_anew, probe, self.watched)
            except (UsageError, OSError) as exc:
                self._warning = f"the targets changed and cannot be used; the old ones stay in force: {exc}"
                self._on_note(self._warning)
                continue
            self._warning = ""
            self._take(targets, watched, unready)
            on_change()
            del targets, watched, unready            # else they would live on beside the next
            give_back_memory()
            self._on_note(f"targets read anew: {len(self.targets)} services, {len(self.watched)} transactions")

    def _read_anew(
        self, probe: Probe, current: Sequence[Watched],
    ) -> tuple[tuple[Target, ...], list[Watched], list[str]]:
        targets = self._files.read()
        return targets, *_ready(probe, targets, current)

    def _take(self, targets: Sequence[Target], watched: Sequence[Watched], unready: Sequence[str]) -> None:
        self.targets, self.watched, self._unready = tuple(targets), tuple(watched), tuple(unready)
        for told in unready:
            self._on_note(told)


def _ready(
    probe: Probe, targets: Sequence[Target], current: Sequence[Watched],
) -> tuple[list[Watched], list[str]]:
    """Make all transactions ready, and tell of the targets that cannot be run. May run on another thread.

    One author's mistake must not leave the others unwatched: such a target stays in the ledger, as unknown. Of
    ``current`` those stay as they are whose target is the very same.
    """
    ready: list[Watched] = []
    unready: list[str] = []
    kept: dict[int, list[Watched]] = {}
    for one in current:
        kept.setdefault(id(one.target), []).append(one)
    for target in targets:
        same = kept.get(id(target), ())
        if len(same) == len(target.transactions):
            ready += same
            continue
        try:
            ready += watch(probe, target)
        except UsageError as exc:
            unready.append(f"not watched: {exc}")
    return ready, unready
