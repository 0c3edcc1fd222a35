"""The tree of one day: leaves of services below the roots of their agencies, and these below the day's root.

Under an agency's root stand its leaves by (day, service): those of the day itself, and those of earlier days whose rows
have become others since (restated). Rows of no service are the leaf of service "", rows of no agency that of agency "".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from monitors.core.seal_tree import inclusion_path, tree_root

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Leaf:
    """One service on one UTC day, as a seal covers it."""

    agency: str
    day: str                             # YYYY-MM-DD
    service: str
    digest: bytes                        # of its lines: ``seal_tree.leaf_digest``


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTree:
    """Agencies in order, with their roots; ``root`` is over these."""

    agencies: tuple[str, ...]
    roots: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """What a seal signs."""
        return tree_root(self.roots)

    def path_of(self, agency: str) -> tuple[int, tuple[bytes, ...]]:
        """Give an agency's place and the digests beside its way to the root. Raises ValueError where it has none."""
        place = self.agencies.index(agency)
        return place, inclusion_path(self.roots, place)


def day_tree(leaves: Iterable[Leaf]) -> DayTree:
    """Build the tree over all leaves of a seal, in whatever order they come."""
    roots = {
        agency: tree_root([leaf.digest for leaf in of_agency])
        for agency, of_agency in groupby(sorted(leaves), key=lambda leaf: leaf.agency)
    }
    return DayTree(agencies=tuple(roots), roots=tuple(roots.values()))
