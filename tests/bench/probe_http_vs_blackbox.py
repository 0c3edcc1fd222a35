"""The probe layer beside the usual tool, plain."""

from __future__ import annotations

from tests.bench.base import RATIO, Figure, benchmark
from tests.bench.side_by_side import against_blackbox


@benchmark(unit=RATIO, target=">= 3")
def probe_http_vs_blackbox() -> Figure:
    """HTTP probes a CPU second of the saturated probe layer over those of Debian's blackbox exporter, same nginx."""
    return against_blackbox("http")
