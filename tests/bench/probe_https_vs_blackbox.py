"""The probe layer beside the usual tool, over TLS."""

from __future__ import annotations

from tests.bench.base import RATIO, Figure, benchmark
from tests.bench.side_by_side import against_blackbox


@benchmark(unit=RATIO, target=">= 1.1")
def probe_https_vs_blackbox() -> Figure:
    """HTTPS probes a CPU second of the saturated probe layer over those of Debian's blackbox exporter, same nginx."""
    return against_blackbox("https")
