"""Names of files that have another meaning in a workspace, and so are no agency's."""

from __future__ import annotations

RESERVED_CODES = frozenset({"siaga24", "roster"})
