"""Where results wait while the ledger cannot be written: packed in memory, and beyond a bound in a file without a name.

A nation's 13,000 services make 433 runs a second, 260,000 in ten minutes; as objects they would fill 300 MB, packed
some tens. The file is on a disk of the caller's choice and vanishes with the process: what waits was told to nobody.
Used by one thread.
"""

from __future__ import annotations

import pickle
import tempfile
import zlib
from collections import deque
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MEMORY_BYTES = 32 << 20
DISK_BYTES = 512 << 20


class Block(NamedTuple):
    """Some items, packed: ``data``, or where it is None ``size`` bytes at ``offset`` of the file."""

    items: int
    size: int
    data: bytes | None
    offset: int


class Spool:
    """Items in the order they came. ``folder`` None: in memory alone."""

    def __init__(self, folder: Path | None, *, memory_bytes: int = MEMORY_BYTES, disk_bytes: int = DISK_BYTES) -> None:
        self._folder, self._memory_bytes, self._disk_bytes = folder, memory_bytes, disk_bytes
        self._blocks: deque[Block] = deque()
        self._file: IO[bytes] | None = None
        self._end = 0                    # of what is in the file
        self._in_memory = 0

    def __len__(self) -> int:
        """How many items wait."""
        return sum(block.items for block in self._blocks)

    def put(self, items: Sequence[Any]) -> bool:
        """Take items behind all others; False where they fit nowhere, and then none was taken."""
        data = zlib.compress(pickle.dumps(items, protocol=5), 1)
        if self._in_memory + len(data) <= self._memory_bytes:
            self._blocks.append(Block(len(items), len(data), data, 0))
            self._in_memory += len(data)
            return True
        if self._folder is None or self._end + len(data) > self._disk_bytes:
            return False
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, prefix="spool-", buffering=0)  # noqa: SIM115
            self._file.seek(self._end)
            left = memoryview(data)
            while left:                  # a disk that fills up takes a part
                left = left[self._file.write(left):]
        except OSError:
            return False                 # the same disk may be full: what does not fit is counted by the caller
        self._blocks.append(Block(len(items), len(data), None, self._end))
        self._end += len(data)
        return True

    def take(self) -> list[Any]:
        """Give the oldest block's items, and let go of them; empty where nothing waits.

        Raises OSError where the file cannot be read; the block then stays.
        """
        if not self._blocks:
            return []
        block = self._blocks[0]
        data = block.data
        if data is None:
            data = self._read(block)
        else:
            self._in_memory -= block.size
        self._blocks.popleft()
        if self._file is not None and all(one.data is not None for one in self._blocks):
            self.close()                 # a nameless file gives its room back
        items = pickle.loads(zlib.decompress(data))  # noqa: S301 - of this process alone
        return list(items)

    def close(self) -> None:
        """Let the file go, with what is in it. A repeat is harmless."""
        if self._file is not None:
            self._file.close()
            self._file, self._end = None, 0

    def _read(self, block: Block) -> bytes:
        if self._file is None:
            raise OSError("the spool's file is gone")
        self._file.seek(block.offset)
        data = bytearray()
        while len(data) < block.size:
            part = self._file.read(block.size - len(data))
            if not part:
                raise OSError("the spool's file is shorter than what was written")
            data += part
        return bytes(data)
