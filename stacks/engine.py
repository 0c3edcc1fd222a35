"""One Docker engine: what the stack commands ask of it, over one connection.

It answers with plain values and acts on single things; what to conclude is its callers' business.
"""

from __future__ import annotations

from stacks.engine_storage import Storage


class Engine(Storage):
    """Containers, images, volumes, networks and files of one engine."""
