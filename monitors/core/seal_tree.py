"""A tree of digests (RFC 6962, section 2.1): one root for many lines, and short proofs that one part belongs to it.

A leaf is SHA-256 over 0x00 and its bytes, a node is SHA-256 over 0x01 and its two children, so that no node can be
shown as if it were a leaf. Of n parts the left child covers the largest power of two that is smaller than n.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEAF = b"\x00"
NODE = b"\x01"


def lines_digest(lines: Iterable[str]) -> bytes:
    r"""SHA-256 over the lines in the order given, "\n" after each. Raises ValueError for a line that holds a "\n"."""
    return hashlib.sha256(_joined(lines)).digest()


def leaf_digest(lines: Iterable[str]) -> bytes:
    """Give the leaf of lines, in the order given. Raises ValueError for a line that holds a line's end."""
    return hashlib.sha256(LEAF + _joined(lines)).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Give the root over leaves that are digests already. Of none it is SHA-256 over nothing, as RFC 6962 has it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _node(tree_root(leaves[:split]), tree_root(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the digests beside a leaf's way to the root, the lowest first. Raises IndexError where it is no leaf."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"leaf {index} of a tree of {len(leaves)}; the first is 0")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_path(leaves[:split], index), tree_root(leaves[split:]))
    return (*inclusion_path(leaves[split:], index - split), tree_root(leaves[:split]))


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Give the root that a leaf and its path lead to; None where a path of that length fits no such tree."""
    if not 0 <= index < size:
        return None
    if size == 1:
        return None if path else leaf
    if not path:
        return None
    split = _split(size)
    if index < split:
        below = root_of_path(leaf, index, split, path[:-1])
        return None if below is None else _node(below, path[-1])
    below = root_of_path(leaf, index - split, size - split, path[:-1])
    return None if below is None else _node(path[-1], below)


def _joined(lines: Iterable[str]) -> bytes:
    kept = list(lines)
    for number, line in enumerate(kept, 1):
        if "\n" in line:
            raise ValueError(f"line {number} holds a line's end; two lines would be digested as one")
    return "".join(f"{line}\n" for line in kept).encode()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)
