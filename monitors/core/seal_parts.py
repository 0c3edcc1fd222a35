"""What an export holds of one service on one day, piece by piece, as bytes that were digested.

A ledger and an export both give these; a check needs no more than them, the seals and a public key.
"""

from __future__ import annotations

from dataclasses import dataclass

NO_LINE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPart:
    r"""Runs of one block: lines with "\n" after each, and the texts of their evidence in the same order.

    ``line``: which line of its leaf, from 0 (the head), is that of the block. NO_LINE: no block was made of these runs;
    ``said`` then says whose they are. ``gone``: how many runs of the block were let go, so that its digest cannot be
    made anew; ``runs`` are those that were kept.
    """

    line: int
    runs: bytes
    evidence: bytes = b""
    gone: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafPart:
    """A leaf below a seal. ``digest`` and ``marks`` are what was kept beside it and are to be compared with ``rows``.

    ``blocks``: those whose runs no earlier seal covers.
    """

    day: str                             # YYYY-MM-DD: the seal's, or an earlier one (restated)
    service: str                         # "": rows of no service
    digest: str                          # hexadecimal
    marks: bytes
    rows: bytes
    blocks: tuple[BlockPart, ...] = ()
